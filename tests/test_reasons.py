"""Why a run failed, in one line, wherever it is shown."""

import io
import re
import traceback
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rich.console import Console

from rpbind import errors
from rpbind.analysis.claims import control_note
from rpbind.ledger import ArmPlan, ContrastPlan, Ledger, Plan, Row
from rpbind.ledger.search_results import summarise_search
from rpbind.recipe import Recipe
from rpbind.report.build import build_report
from rpbind.run.progress import StudyProgress
from rpbind.run.watch import Watch
from rpbind.screens.terminal import verdict_table
from rpbind.statistics.coverage import coverage
from rpbind.study.status import status

WHY = "ValueError: the widths do not fit"


def raised() -> str:
    try:
        try:
            raise KeyError("width")
        except KeyError as error:
            raise ValueError("the widths do not fit") from error
    except ValueError:
        return traceback.format_exc()


RAYS = """the trial died: Failure # 1 (occurred at 2026-01-02_03-04-05)
\x1b[36mray::ImplicitFunc.train()\x1b[39m (pid=7, ip=10.0.0.1, actor_id=ab, repr=_trial)
  File "trainable.py", line 331, in train
    raise skipped from exception_cause(skipped)
ValueError: the widths do not fit
and a second line
"""
DEAD = """the trial died: Failure # 1 (occurred at 2026-01-02_03-04-05)
The actor died unexpectedly before finishing this task.
\tclass_name: ImplicitFunc
The actor is dead because its worker process has died. Worker exit type: SYSTEM_ERROR
"""


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (raised(), WHY),
        (RAYS, WHY),
        (DEAD, "The actor died unexpectedly before finishing this task."),
        ("loss is nan in epoch 3\nmore", "loss is nan in epoch 3"),
        (
            'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    f()\n'
            "RuntimeError: Error(s) in loading state_dict for Model:\n\tMissing key: a.weight\n",
            "RuntimeError: Error(s) in loading state_dict for Model: Missing key: a.weight",
        ),
        ("", ""),
        ("Traceback (most recent call last):", ""),
        (ValueError(), "ValueError"),
        (IsADirectoryError(21, "Is a directory", "here"), "Is a directory"),
    ],
)
def test_the_reason_is_the_line_with_the_exception(error: str | Exception, why: str) -> None:
    assert errors.reason(error) == why


def arm(name: str, lr: float) -> ArmPlan:
    recipe = Recipe().with_({"train.lr": lr})
    return ArmPlan(name=name, recipe=recipe.model_dump(mode="json"), recipe_id=recipe.id)


ARMS = (arm("old", 1e-3), arm("new", 1e-2))
PLAN = Plan(
    study="toy", question="?", prediction="None.", rule="None.", design="path", arms=ARMS,
    contrasts=(ContrastPlan(name="new", arm="new", reference="old"),), seeds=(0,),
    dataset="toy 1", split="cold-rna", created="2026-01-02T00:00:00+00:00",
)  # fmt: skip


def failed(planned: ArmPlan, **more: object) -> Row:
    failure = {"arm": planned.name, "seed": 0, "state": "failed", "error": raised()}
    made = {"recipe": planned.recipe, "recipe_id": planned.recipe_id}
    return Row.model_validate(failure | made | {"ended": "2026-01-02T00:00:01+00:00"} | more)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    ledger = Ledger(tmp_path)
    ledger.begin(PLAN)
    for planned in ARMS:
        ledger.append(failed(planned))
        ledger.append(failed(planned, stage="check"))
    ledger.append(failed(ARMS[0], arm="trial-0000", stage="search"))
    return tmp_path


def test_the_status_the_terminal_and_the_report_say_why_a_run_failed(study: Path) -> None:
    assert any(WHY in line for line in status(Ledger(study)).words())
    console = Console(file=io.StringIO(), width=200)
    console.print(verdict_table(study))
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().count(WHY) >= 2
    page = build_report(study).read_text()
    assert page.count(f">{WHY}<") >= 3  # of a run, of a check-up, of a trial
    assert ">Traceback" not in page.replace("<pre>Traceback", "")


def test_the_progress_line_the_tables_and_the_notes_say_why_a_run_failed() -> None:
    lines = io.StringIO()
    row = failed(ARMS[0])
    Watch(StudyProgress(1), Console(file=lines, width=200)).add_row(row)
    assert WHY in lines.getvalue()
    assert WHY in coverage([("old", 0)], {("old", 0): row})
    trial = failed(ARMS[0], arm="trial-0000", stage="search")
    assert summarise_search([trial]).trials[0].why == WHY
    assert control_note(row) == f"failed: {WHY}"


class Patch(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: Annotated[int, Field(ge=1)]
    names: tuple[str, ...]


@pytest.mark.parametrize(
    ("tree", "facts"),
    [
        ({"size": 0, "names": []}, ("size", "greater than or equal to 1", "found 0")),
        ({"size": 1}, ("names is missing",)),
        ({"size": 1, "names": [1]}, ("names.0", "string", "found 1")),
        ({"size": 1, "names": [], "sise": 2}, ("'sise' is not a known field",)),
        ({"size": "x" * 500, "names": []}, ("size", "integer", "...")),
        ([], ("it", "found []")),
    ],
)
def test_a_mistake_that_pydantic_finds_is_a_sentence_with_path_expected_and_found_value(
    tree: object, facts: tuple[str, ...]
) -> None:
    with pytest.raises(ValidationError) as refused:
        Patch.model_validate(tree)
    why = errors.reason(refused.value)
    assert all(fact in why for fact in facts), why
    assert "validation error" not in why
    assert len(why) < 160


def test_no_module_cuts_a_line_out_of_an_error_by_itself() -> None:
    root = Path(errors.__file__).parent
    taken = re.compile(r"str\(\w+\)(\.strip\(\))?\.(splitlines\(\)|split\(.\\n.\))\[|first_line")
    found = [file.name for file in root.rglob("*.py") if taken.search(file.read_text())]
    assert found == []
