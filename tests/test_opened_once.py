"""A command opens and hashes a dataset, its split and each embedding store once."""

import contextlib
import pickle
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest
import typer
from openings import counted, once
from test_pages import page
from typer.testing import CliRunner

import rpbind.run.sweep  # noqa: F401 - before its neighbour is replaced
from rpbind import run as ray_room
from rpbind.cli import app
from rpbind.data.splits import SplitSpec
from rpbind.design.design import Design, arm
from rpbind.design.plan import Question, make_plan
from rpbind.design.source import DataSource
from rpbind.errors import UserError
from rpbind.experiment import UNFINISHED
from rpbind.ledger import Ledger
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE
from rpbind.train.machine import Machine
from rpbind.train.opened import OpenData
from rpbind.train.run import train_run
from rpbind.train.task import Job

RECIPE = narrowed(CONV_RESIDUE, 16).with_({"train.epochs": 1})
DRY = {
    "ablate": "--design factorial --changes residual,lr",
    "tune": "--trials 3",
}
CONTROLS = ("random", "constant")


@pytest.fixture
def data(tiny: Path, tmp_path: Path) -> Path:
    """A copy of the world without frozen splits and without the controls' embedding stores."""
    ours = Path(shutil.copytree(tiny, tmp_path / "world"))
    shutil.rmtree(ours / "splits", ignore_errors=True)
    for encoder in CONTROLS:
        shutil.rmtree(ours / "embeddings" / encoder, ignore_errors=True)
    return ours


def run(name: str, *command: object) -> int:
    main = typer.Typer()
    main.command()(page(name).main)
    result = CliRunner().invoke(main, list(map(str, command)))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code


@pytest.mark.parametrize("name", DRY)
def test_a_dry_run_opens_what_it_reads_once(
    name: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = (
        *DRY[name].split(),
        "--data",
        data,
        "--reports",
        tmp_path,
        "--smoke",
        "--narrower",
        16,
        "--dry-run",
    )
    for _ in range(2):  # the second run finds the split frozen and the stores built
        seen = counted(monkeypatch)
        assert run(name, *options) == 0
        once(seen, "physchem", *CONTROLS)
        monkeypatch.undo()


def test_a_run_opens_what_its_driver_reads_once(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_ray = ModuleType("rpbind.run.ray_tune")
    without_ray.ready = lambda *args: contextlib.nullcontext(1)  # type: ignore[attr-defined]
    without_ray.run_grid = lambda *args: None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rpbind.run.ray_tune", without_ray)
    monkeypatch.setattr(ray_room, "ray_tune", without_ray, raising=False)
    seen = counted(monkeypatch)
    options = (*DRY["ablate"].split(), "--data", data, "--reports", tmp_path, "--smoke")
    assert run("ablate", *options, "--narrower", 16, "--name", "study") == UNFINISHED
    once(seen, "physchem", *CONTROLS)
    ledger = Ledger(tmp_path / "study")
    assert {row.state for row in ledger.rows("check")} == {"done"}
    assert any(row.state == "done" for row in ledger.rows("control"))


def test_the_doctor_and_an_evaluation_open_what_they_read_once(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = DataSource(OpenData(data), SplitSpec())
    design = Design("one", (arm("model", RECIPE, ""),), ())
    plan = make_plan("toy", Question("?", "!", "."), design, (0, 1), source)
    Ledger(tmp_path / "study").begin(plan)
    for seed in plan.seeds:
        job = Job("model", RECIPE, seed, tmp_path / "study" / "runs")
        row = train_run(job, source.inputs("physchem"), Machine(), "test", lambda point: None)
        assert row.state == "done", row.error
    model, file = tmp_path / "study" / "runs" / job.run, tmp_path / "recipe.json"
    file.write_text(RECIPE.model_dump_json())
    for command in (
        ("doctor", file),
        ("doctor", model),
        ("doctor", tmp_path / "study"),  # two models
        ("evaluate", model),
        ("evaluate", model, "--part", "validation"),
    ):
        seen = counted(monkeypatch)
        result = CliRunner().invoke(app, [*map(str, command), "--data", str(data)])
        assert result.exit_code in (0, 4), result.output
        once(seen, "physchem")
        monkeypatch.undo()
    seen = counted(monkeypatch)
    other = ("--split", "random", "--other-data", "--data", str(data))
    assert CliRunner().invoke(app, ["evaluate", str(model), *other]).exit_code == 0
    assert seen["dataset opened: world"] == seen["vectors opened: physchem"] == 1
    splits = {name: times for name, times in seen.items() if name.startswith("split read")}
    assert len(splits) == 2  # the model's own split, and the one that it is scored on
    assert set(splits.values()) == {1}


def test_the_baselines_open_what_they_read_once(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = counted(monkeypatch)
    assert CliRunner().invoke(app, ["baselines", str(data)]).exit_code == 0
    once(seen, "physchem")


@pytest.mark.parametrize(
    "part", ["arrays/rna.npy", "embeddings/physchem/residues-*.npy", "splits/*/*.npy"]
)
def test_every_command_refuses_a_changed_file(part: str, data: Path, tmp_path: Path) -> None:
    opened = OpenData(data)
    opened.inputs(SplitSpec(), "physchem")  # freezes the split
    (changed,) = data.glob(part)
    *rest, last = changed.read_bytes()
    changed.write_bytes(bytes([*rest, last ^ 1]))
    file = tmp_path / "recipe.json"
    file.write_text(RECIPE.model_dump_json())
    for command in (["baselines", data], ["doctor", file, "--data", data]):
        result = CliRunner().invoke(app, list(map(str, command)))
        assert isinstance(result.exception, UserError), command
        assert "change" in str(result.exception)
    with pytest.raises(UserError, match="change"):
        run("tune", "--data", data, "--reports", tmp_path, "--smoke", "--dry-run")
    with pytest.raises(UserError, match="change"):  # another process opens it for itself
        pickle.loads(pickle.dumps(opened)).inputs(SplitSpec(), "physchem")
