"""Every kind of study leaves a file that gives the same study: the same plan, at another place."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from rpbind.design.plan import make_plan
from rpbind.errors import UserError
from rpbind.ledger import Ledger, Plan
from rpbind.parts import contents
from rpbind.parts.contents import Content
from rpbind.recipe import Recipe
from rpbind.recipe.files import as_toml
from rpbind.recipe.presets import FIXED
from rpbind.study.resume import resumed
from rpbind.studyfile.given import spec_of
from rpbind.studyfile.read import read_study
from rpbind.studyfile.run import Call, request
from rpbind.studyfile.spec import StudySpec

SLOW: dict[str, Any] = {"slow": {"train.lr": 1e-4}, "conv": {"model.encoder": "conv"}}
NARROW = Recipe().with_({"model.classifier.hidden": [16], "train.epochs": 3})
SPACE = """
about = "Rates and widths."
[[dimension]]
path = "train.lr"
kind = "float"
low = 1e-4
high = 1e-2
[[dimension]]
path = "model.classifier.hidden"
kind = "choice"
values = [[64], [256, 128]]
"""
KINDS: dict[str, dict[str, Any]] = {
    "one-at-a-time": {"changes": SLOW},
    "path": {"changes": SLOW, "design": ["path", "path-reverse"], "ends": ("a", "b")},
    "factorial": {"changes": SLOW, "design": "factorial", "controls": "off"},
    "a recipe file": {"reference": "own.toml", "changes": SLOW},
    "a recipe object": {"reference": NARROW, "changes": SLOW, "delta": 0.02},
    "a value that is off": {"changes": {"no-block": {"model.feed_forward": None}}},
    "a reference without a part": {
        "reference": {"preset": "fixed", "model": {"feed_forward": None}}, "changes": SLOW,
    },
    "own arms": {
        "arms": [
            {"name": "a", "about": "nothing"},
            {"name": "b", "reference": "own.toml", "changes": {"train.mask": 0.1}},
        ],
        "contrasts": [{"name": "b-a", "arm": "b", "reference": "a"}],
        "design_name": "pair",
    },
    "a search": {
        "search": {
            "space": "space.toml", "trials": 3, "warm_start": ["fixed"], "base": "fixed",
            "objective": ["auroc", "loss"], "budget_minutes": 2.0,
        }
    },
    "a search before": {"changes": SLOW, "search": {"space": "original", "trials": 3}},
    "tuned arms": {"changes": SLOW, "search": {"tune_arms": 2, "searches": 2}},
    "predictions": {"changes": SLOW, "predict": [{"contrast": "conv", "expect": "better"}]},
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(tiny, folder / "data")
    (folder / "own.toml").write_text(as_toml(NARROW))
    (folder / "space.toml").write_text(SPACE)
    return folder


def planned(spec: StudySpec) -> tuple[Plan, str]:
    experiment, question, design, options = request(spec, Call())
    plan = make_plan(
        experiment, question, design, tuple(range(options.seeds)), options.source,
        sweep=options.sweep, control=options.control, delta=options.delta,
        predictions=options.predictions,
    )  # fmt: skip
    assert options.study_file is not None
    return plan, options.study_file(plan)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", [{}, {"smoke": True}], ids=["whole", "smoke"])
def test_the_file_of_a_study_gives_the_same_study_at_another_place(
    kind: str,
    options: dict[str, Any],
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(home)
    plan, text = planned(spec_of(KINDS[kind], {"data": "data", **options}))
    file = tmp_path / "study.toml"
    file.write_text(text)
    monkeypatch.chdir(tmp_path)
    hidden = {name: home / name for name in ("own.toml", "space.toml")}
    for path in hidden.values():
        os.rename(path, path.with_suffix(".away"))  # noqa: PTH104
    try:
        again, same = planned(read_study(file).spec)
    finally:
        for path in hidden.values():
            path.with_suffix(".away").rename(path)
    changing = {"created"}
    assert again.model_dump(exclude=changing) == plan.model_dump(exclude=changing)
    assert same == text


def test_a_password_of_a_database_is_not_written_into_the_file(home: Path) -> None:
    storage = "postgresql://me:secret@host/db"
    spec = spec_of({"search": {"trials": 2, "storage": storage}}, {"data": home / "data"})
    assert "secret" not in planned(spec)[1]
    assert planned(spec_of({"search": {"trials": 2, "storage": "sqlite:///s.db"}}, {}))


def test_where_ray_runs_is_not_written_into_the_file(home: Path) -> None:
    given = {"data": home / "data", "address": "ray-host:1", "workers": 2}
    text = planned(spec_of({"changes": SLOW}, given))[1]
    assert "ray-host" not in text
    assert "workers = 2" in text


def test_the_margin_is_part_of_the_study(home: Path) -> None:
    plans = [
        planned(spec_of({"changes": SLOW, "delta": delta}, {"data": home / "data"}))[0]
        for delta in (0.01, 0.02)
    ]
    assert [plan.delta for plan in plans] == [0.01, 0.02]
    assert plans[0].fingerprint != plans[1].fingerprint


def test_predictions_do_not_change_the_study(home: Path) -> None:
    plans = [
        planned(spec_of({"changes": SLOW, "predict": predict}, {"data": home / "data"}))[0]
        for predict in ([], [{"contrast": "slow", "expect": "worse"}])
    ]
    assert plans[0].fingerprint == plans[1].fingerprint
    assert [len(plan.predictions) for plan in plans] == [0, 1]


def test_a_study_without_a_reference_says_which_one_it_takes(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for reference in ({}, {"reference": "fixed"}):
        request(spec_of({"changes": SLOW} | reference, {"data": home / "data"}), Call())
        assert ("reference fixed" in capsys.readouterr().err) == (not reference)


def test_a_study_keeps_the_predictions_with_which_it_began(home: Path, tmp_path: Path) -> None:
    def asked(expect: str) -> tuple[Plan, str]:
        predict = [{"contrast": "slow", "expect": expect}]
        return planned(spec_of({"changes": SLOW, "predict": predict}, {"data": home / "data"}))

    Ledger(tmp_path).begin(asked("worse")[0])
    again = resumed(asked("better")[0], Ledger(tmp_path), 0)
    assert [each.expect for each in again.predictions] == ["worse"]
    _, _, _, options = request(
        spec_of({"changes": SLOW}, {"data": home / "data"}), Call(reports=tmp_path)
    )
    assert options.study_file is not None
    assert 'expect = "worse"' in options.study_file(again)


OWN = """
import torch.nn.functional as F
from torch import nn


class Letters(nn.Module):
    def __init__(self, dim: int = 4):
        super().__init__()
        self.layer = nn.Linear(5, dim)
        self.dim = dim

    def forward(self, rna):
        return self.layer(F.one_hot(rna, 5).float())
"""
CUSTOM = """
data = "{data}"
reference = "fixed"
[changes.own]
model.encoder = {{ kind = "custom", class = "{file}:Letters", options = {{ dim = 8 }} }}
"""


def test_a_class_of_the_users_own_is_found_beside_the_file_and_recorded(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "own.py").write_text(OWN)
    (folder / "study.toml").write_text(CUSTOM.format(file="own.py", data=home / "data"))
    monkeypatch.chdir(home)
    plan, text = planned(read_study(folder / "study.toml").spec)
    (folder / "own.py").write_text(OWN.replace("nn.Linear(5, dim)", "nn.Linear(5, dim, False)"))
    study = tmp_path / "study"  # as a study leaves it: the file, and the content beside it
    (study / "parts").mkdir(parents=True)
    content = Content("own.py", OWN.encode(), "")
    (study / "parts" / content.copy_name).write_text(OWN)
    monkeypatch.setattr(contents, "_known", {})
    (study / "study.toml").write_text(text)
    again, same = planned(read_study(study / "study.toml").spec)
    assert (again.fingerprint, same) == (plan.fingerprint, text)
    other, _ = planned(read_study(folder / "study.toml").spec)
    assert other.fingerprint != plan.fingerprint


def test_a_metric_of_the_users_own_is_found_beside_the_file(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metric = "def half(label_N, score_N):\n    return 0.5\n"
    (tmp_path / "mine.py").write_text(metric)
    text = f'data = "{home / "data"}"\nmetrics = ["mine.py:half"]\n'
    (tmp_path / "study.toml").write_text(text + "[changes]\na = { train.lr = 0.1 }\n")
    monkeypatch.chdir(home)
    read = read_study(tmp_path / "study.toml")
    _, _, _, options = request(read.spec, Call(), place=read.source.place)
    (found,) = options.metrics
    assert found.reference == "mine.py:half"
    assert found.sha256 == Content("mine.py", metric.encode(), "").sha256


def test_a_class_that_is_not_there_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "study.toml").write_text(CUSTOM.format(file="onw.py", data="."))
    with pytest.raises(UserError, match=r"study\.toml, line 4: .*no file onw\.py"):
        read_study(tmp_path / "study.toml")


def test_the_presets_of_a_file_stay_names(home: Path) -> None:
    text = planned(spec_of({"changes": SLOW}, {"data": home / "data"}))[1]
    assert 'reference = "fixed"' in text
    assert FIXED.id not in text
