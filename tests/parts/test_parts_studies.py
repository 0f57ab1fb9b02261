"""Studies and models with the user's own classes: what is kept, trusted, resumed and refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from toy_parts import FILE, SMALL, custom, recipes, write

from rpbind.api.model import load_model
from rpbind.api.study import Study
from rpbind.data.splits import SplitSpec
from rpbind.design.design import Design, arm, words
from rpbind.design.plan import make_plan
from rpbind.design.question import Question
from rpbind.design.source import DataSource
from rpbind.errors import UserError
from rpbind.ledger import Ledger, Plan
from rpbind.recipe import Recipe
from rpbind.search.search import Sweep
from rpbind.spaces.space import load_space
from rpbind.study.custom import check_custom_classes, keep_custom_classes, parts_of
from rpbind.study.resume import resumed
from rpbind.studyfile.build import build
from rpbind.studyfile.read import read_study
from rpbind.studyfile.run import Call, options_of
from rpbind.train.inputs import Inputs
from rpbind.train.machine import Machine
from rpbind.train.opened import OpenData
from rpbind.train.run import train_run
from rpbind.train.task import Job
from rpbind.use.trained import TrainedModel

SPLIT = SplitSpec("cold-rna", (50, 25, 25))


def another_process(patch: pytest.MonkeyPatch) -> None:
    """Forget the custom files that this process has read and run."""
    patch.setattr("rpbind.parts.contents._known", {})
    patch.setattr("rpbind.parts.contents._folders", {})
    patch.setattr("rpbind.parts.loading._modules", {})


def planned(tiny: Path, arms: dict[str, Recipe]) -> Plan:
    source = DataSource(OpenData(tiny), SPLIT)
    first, *others = (arm(name, recipe, "") for name, recipe in arms.items())
    return make_plan(
        "own", Question("?", "!", "."), Design("own", (first, *others), ()), (0,), source
    )


@pytest.fixture
def model(inputs: Inputs, tmp_path: Path) -> Path:
    """The folder of a trained whole model, on another machine than the user's file."""
    recipe = recipes(write(tmp_path))["model"]
    job = Job("whole", recipe, 0, tmp_path / "study" / "runs")
    row = train_run(job, inputs, Machine(), "here", lambda point: None)
    assert row.state == "done", row.error
    shutil.move(job.folder / job.run, tmp_path / "model")
    shutil.rmtree(tmp_path / "study")
    (tmp_path / "my_parts.py").unlink()
    return tmp_path / "model"


def test_a_model_with_own_code_runs_it_only_if_it_is_trusted(
    model: Path, inputs: Inputs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trained = TrainedModel.open(model)  # this process has run its code already
    expected = trained.model.state_dict()
    another_process(monkeypatch)
    with pytest.raises(UserError, match=r"my_parts\.py:Whole.*--trust"):
        TrainedModel.open(model)
    again = load_model(model, trust=True)
    assert "my_parts.py:Whole" in capsys.readouterr().err
    assert {*again.trained.model.state_dict()} == {*expected}
    assert "not applicable" in again.explain("A" * 31, inputs.proteins[0].id).sentences[-1]


def test_the_card_of_a_model_with_own_code_names_it_and_says_how_to_run_it(model: Path) -> None:
    card = (model / "card.md").read_text()
    (command,) = [line for line in card.splitlines() if line.startswith("rpbind predict")]
    assert command.endswith(" --trust --out scores.csv")
    assert "- It has code of its author, my_parts.py:Whole" in card


def test_a_study_opens_a_model_with_own_code_only_if_it_is_trusted(
    tiny: Path, inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(tiny, {"whole": recipes(write(tmp_path))["model"]})
    ledger = Ledger(tmp_path / "study")
    ledger.begin(plan)
    recipe = Recipe.model_validate(plan.arms[0].recipe)
    ledger.append(
        train_run(
            Job("whole", recipe, 0, ledger.runs), inputs, Machine(), "here", lambda point: None
        )
    )
    another_process(monkeypatch)
    study = Study(tmp_path / "study")
    with pytest.raises(UserError, match="trust=True"):
        study.model("whole")
    assert study.model("whole", trust=True).recipe == recipe


def test_a_model_whose_code_was_changed_is_refused_also_if_trusted(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    another_process(monkeypatch)
    (copy,) = (model / "parts").iterdir()
    copy.write_text(f"{copy.read_text()}\nprint('evil')\n")
    with pytest.raises(UserError, match="has changed"):
        TrainedModel.open(model, trust=True)


def test_a_custom_file_that_changed_since_the_study_began_is_named(
    tiny: Path, tmp_path: Path
) -> None:
    file, study = write(tmp_path), tmp_path / "study"
    begun = planned(tiny, {"ours": SMALL, "gru": recipes(file)["encoder"]})
    keep_custom_classes(begun, None, study)
    Ledger(study).begin(begun)
    assert resumed(begun, Ledger(study), 0).fingerprint == begun.fingerprint
    write(tmp_path, FILE + "\n# changed\n")
    now = planned(tiny, {"ours": SMALL, "gru": recipes(file)["encoder"]})
    assert now.fingerprint != begun.fingerprint
    with pytest.raises(UserError, match=r"my_parts\.py has changed") as error:
        resumed(now, Ledger(study), 0)
    (copy,) = (study / "parts").iterdir()
    assert str(copy) in str(error.value)
    shutil.copy(copy, file)
    again = planned(tiny, {"ours": SMALL, "gru": recipes(file)["encoder"]})
    assert resumed(again, Ledger(study), 0).fingerprint == begun.fingerprint


def test_a_class_that_breaks_its_contract_stops_the_study_and_names_the_arm(
    tiny: Path, tmp_path: Path
) -> None:
    source = DataSource(OpenData(tiny), SPLIT)
    bad = write(tmp_path, FILE.replace("self.dim = dim", "self.dim = dim + 1"))
    plan = planned(tiny, {"ours": SMALL, "gru": recipes(bad)["encoder"]})
    with pytest.raises(UserError, match=r"arm 'gru'.*model\.encoder"):
        check_custom_classes(plan, None, source)


def test_a_description_names_another_class_as_one_change(tmp_path: Path) -> None:
    made = recipes(write(tmp_path))
    said = words(arm("ours", SMALL, ""), made["model"])
    assert said.startswith("model: its slots → my_parts.py:Whole(")
    assert "model.encoder" not in said
    wider = made["encoder"].with_({"model.encoder.options.dim": 16})
    assert words(arm("gru", made["encoder"], ""), wider) == "model.encoder.options.dim: 8 → 16"


SPACE = """
about = "Two encoders of one's own."

[[dimension]]
path = "model.encoder"
kind = "choice"
values = ["conv", {{ kind = "custom", class = "{file}:GRUEncoder" }},
          {{ kind = "custom", class = "{file}:GRUEncoder", options = {{ layers = 2 }} }}]

[[dimension]]
path = "model.encoder.options.dim"
kind = "int"
low = 4
high = 12
step = 2
when = {{ path = "model.encoder", values = [{{ kind = "custom", class = "{file}:GRUEncoder" }}] }}
"""


def test_a_search_space_reaches_into_options_and_records_the_content(
    tiny: Path, tmp_path: Path
) -> None:
    write(tmp_path)
    (tmp_path / "space.toml").write_text(SPACE.format(file="my_parts.py"))
    space = load_space(tmp_path / "space.toml", SMALL)
    base = SMALL.with_({"model.encoder": custom(tmp_path / "my_parts.py", "GRUEncoder", dim=10)})
    assert space.draw(0).keys() <= {*space.find(base), "model.encoder"}
    two = base.with_({"model.encoder.options": {"dim": 8, "layers": 2}})
    for recipe in (base, two):
        found = space.find(recipe)
        assert "custom" in found["model.encoder"]
    sweep = Sweep.of(SMALL, space, 3)
    (kept,) = parts_of(planned(tiny, {"ours": SMALL}), sweep)
    assert kept == base.model.encoder.part
    check_custom_classes(planned(tiny, {"ours": SMALL}), sweep, DataSource(OpenData(tiny), SPLIT))
    first = sweep.plan_entry()
    write(tmp_path, FILE + "\n# changed\n")
    changed = load_space(tmp_path / "space.toml", SMALL)
    assert Sweep.of(SMALL, changed, 3).plan_entry() != first


STUDY = """
data = "{data}"
reference = "conv-residue"
epochs = 1

[changes.gru."model.encoder"]
kind = "custom"
class = "my_parts.py:GRUEncoder"

[changes.whole]
model = {{ kind = "custom", class = "my_parts.py:Whole", options = {{ hidden = 8 }} }}
"""


def test_a_study_file_names_classes_relative_to_itself_and_a_study_keeps_them(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project").mkdir()
    write(tmp_path / "project")
    (tmp_path / "project" / "study.toml").write_text(STUDY.format(data=tiny))

    def arms() -> list[str]:
        spec = read_study(tmp_path / "project" / "study.toml").spec
        return [each.recipe_id for each in build(spec, options_of(spec, Call())).design.arms]

    first = arms()
    assert len({*first}) == 3
    another_process(monkeypatch)
    write(tmp_path / "project", FILE + "\n# changed\n")
    assert arms()[0] == first[0]
    assert {*arms()[1:]}.isdisjoint(first[1:])
