"""The no-op guard compares an arm with its reference before training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rpbind.analysis.summary import read
from rpbind.data.splits import SplitSpec
from rpbind.design.changes import ORIGINAL_CHANGES
from rpbind.design.design import Design, arm, path
from rpbind.design.factorial import factorial
from rpbind.design.plan import Question, make_plan
from rpbind.design.source import DataSource
from rpbind.doctor.guard import NoOpCheck, compare_arms, guard
from rpbind.errors import UserError
from rpbind.ledger import ContrastPlan, Ledger, Plan
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE, FIXED, OLD
from rpbind.search.tuning import bases, emptied, tuned
from rpbind.spaces.space import load_space
from rpbind.study.checkup import examine_arms
from rpbind.train.opened import OpenData

NUISANCE = Path(__file__).parents[2] / "search_spaces" / "nuisance.toml"
SMALL_OLD, SMALL_FIXED, RESIDUE = (narrowed(r, 8) for r in (OLD, FIXED, CONV_RESIDUE))


@pytest.fixture(scope="module")
def source(tiny: Path) -> DataSource:
    return DataSource(OpenData(tiny), SplitSpec("cold-rna", (50, 25, 25)))


def compared(
    source: DataSource, reference: Recipe, changes: dict[str, Any], *fields: str
) -> NoOpCheck:
    contrast = ContrastPlan(name="change", arm="arm", reference="reference", fields=fields)
    return compare_arms(contrast, reference.with_(changes), reference, source.inputs)


def names(one: NoOpCheck) -> list[str]:
    return [finding.name for finding in one.findings]


def plan_of(source: DataSource, design: Design) -> Plan:
    return make_plan("toy", Question("?", "!", "."), design, (0,), source)


def test_expanding_the_memory_is_found_inert_though_it_adds_parameters(source: DataSource) -> None:
    seen = compared(source, SMALL_OLD, {"model.memory": "expanded"}, "model.memory")
    assert names(seen) == ["inert: same function"]
    assert seen.only_arm == ("memory.position",)
    assert seen.parameters[0] - seen.parameters[1] == 31 * SMALL_OLD.model.attention.dim


def test_a_temperature_is_inert_over_equal_values_and_not_over_residues(source: DataSource) -> None:
    warmer = {"model.attention.temperature": True}
    assert names(compared(source, SMALL_OLD, warmer)) == ["inert: same function"]
    cold = RESIDUE.with_({"model.attention.temperature": False})
    seen = compared(source, cold, warmer)
    assert seen.gap is not None
    assert seen.gap > 1e-6
    assert names(seen) == []


def test_a_residual_is_another_function(source: DataSource) -> None:
    seen = compared(source, SMALL_OLD, {"model.residual": True}, "model.residual")
    assert names(seen) == []
    assert seen.only_arm == ("bypass.weight", "bypass.bias")


def test_vectors_of_experiments_are_inert_where_their_names_say_nothing(source: DataSource) -> None:
    by_name = compared(source, RESIDUE, {"model.experiment": "name"}, "model.experiment")
    assert names(by_name) == []
    assert by_name.only_arm == ("experiment.vector.weight",)
    by_parts = compared(source, RESIDUE, {"model.experiment": "parts"}, "model.experiment")
    assert names(by_parts) == ["inert: same function"]


@pytest.mark.parametrize(
    "change", [{"train.lr": 0.5}, {"model.init": "xavier"}, {"model.attention.dropout": 0.3}]
)
def test_a_change_of_training_alone_is_the_same_function_and_not_inert(
    source: DataSource, change: dict[str, Any]
) -> None:
    seen = compared(source, SMALL_OLD, change)
    assert seen.gap is None
    assert names(seen) == []
    assert "same function by construction" in seen.words()


def test_an_arm_that_is_its_reference_is_an_error(source: DataSource) -> None:
    seen = compared(source, SMALL_OLD, {})
    assert names(seen) == ["identical to the reference"]
    assert seen.findings[0].severity == "error"


def test_a_change_of_more_fields_than_it_names_is_an_error_that_names_them(
    source: DataSource,
) -> None:
    both = {"model.residual": True, "train.lr": 0.5}
    seen = compared(source, SMALL_OLD, both, "model.residual")
    assert names(seen) == ["changes more than it names"]
    assert "not named: train.lr" in seen.findings[0].advice
    assert names(compared(source, SMALL_OLD, both, "model.residual", "train")) == []


def test_a_misspelt_field_is_an_error_with_the_nearest_right_name() -> None:
    with pytest.raises(UserError, match=r"Did you mean 'model\.residual'\?"):
        SMALL_OLD.with_({"model.residul": True})
    with pytest.raises(UserError, match=r"Did you mean 'model\.memory"):
        path(("old", OLD), ("fixed", FIXED), {"memory": ("model.memry",)})


def test_two_changes_from_old_to_fixed_are_found_inert_before_training(
    source: DataSource,
) -> None:
    plan = plan_of(source, path(("old", SMALL_OLD), ("fixed", SMALL_FIXED), ORIGINAL_CHANGES))
    found = {one.contrast.name: names(one) for one in guard(plan, source.inputs)}
    inert = [name for name, findings in found.items() if findings == ["inert: same function"]]
    assert inert == ["expand-memory", "temperature"]
    assert all(findings == [] for name, findings in found.items() if name not in inert)


def test_every_arm_has_one_check_up_in_the_ledger_and_is_not_examined_twice(
    source: DataSource, tmp_path: Path
) -> None:
    changes = {"residual": ("model.residual",)}
    plan = plan_of(
        source,
        path(("old", SMALL_OLD), ("new", SMALL_OLD.with_({"model.residual": True})), changes),
    )
    ledger = Ledger(tmp_path)
    ledger.begin(plan)
    examine_arms(plan, source, ledger)
    examine_arms(plan, source, ledger)
    rows = {row.arm: row for row in ledger.attempts()}
    assert len(ledger.attempts()) == len(plan.arms) == 2
    assert {row.stage for row in rows.values()} == {"check"}
    old = {finding.name: finding for finding in rows["old"].findings}
    assert old["RNA ignored"].severity == "error"
    assert old["RNA ignored"].reason
    assert (
        rows["old"].metrics["probe.rna-swapped"] <= 1e-5 < rows["new"].metrics["probe.rna-swapped"]
    )
    assert "RNA ignored" not in {finding.name for finding in rows["new"].findings}


def test_an_arm_that_cannot_be_examined_is_a_failed_check_up_and_stops_nothing(
    source: DataSource, tmp_path: Path
) -> None:
    plan = plan_of(source, Design("one", (arm("old", SMALL_OLD, ""),), ()))
    arms = (arm("old", SMALL_OLD.with_({"proteins": "not-embedded"}), ""),)
    ledger = Ledger(tmp_path)
    examine_arms(plan.model_copy(update={"arms": arms}), source, ledger)
    (row,) = ledger.rows("check")
    assert row.state == "failed"
    assert [finding.name for finding in row.findings] == ["does not run"]
    assert "rpbind embed" in row.error


def test_each_arm_of_a_factorial_is_compared_with_those_that_lack_one_change(
    source: DataSource, tmp_path: Path
) -> None:
    changes = {name: ORIGINAL_CHANGES[name] for name in ("expand-memory", "residual")}
    plan = plan_of(source, factorial(("fixed", SMALL_FIXED), SMALL_OLD, changes))
    seen = {
        (one.contrast.arm, one.contrast.reference): names(one) for one in guard(plan, source.inputs)
    }
    inert = [findings for pair, findings in seen.items() if "expand" in changed(plan, pair)]
    assert len(seen) == 4  # two changes, each with and without the other
    assert inert == [["inert: same function"]] * 2
    assert sum(findings == [] for findings in seen.values()) == 2
    ledger = Ledger(tmp_path)
    ledger.begin(plan)
    examine_arms(plan, source, ledger)
    found = {row.arm: [f.name for f in row.findings] for row in ledger.rows("check")}
    assert sum("inert: same function" in findings for findings in found.values()) == 2


def changed(plan: Plan, pair: tuple[str, str]) -> str:
    """Return the change that one arm of a factorial has and the other has not."""
    return " ".join(f for f, had in plan.factors.items() if (pair[0] in had) != (pair[1] in had))


def test_the_starting_recipes_of_tuned_arms_are_examined_before_their_searches(
    source: DataSource, tmp_path: Path
) -> None:
    changes = {name: ORIGINAL_CHANGES[name] for name in ("expand-memory", "residual")}
    asked = path(
        ("old", SMALL_OLD),
        ("end", SMALL_OLD.with_({"model.memory": "expanded", "model.residual": True})),
        changes,
    )
    sweep = tuned(asked, load_space(NUISANCE, SMALL_OLD), 3)
    plan = make_plan("toy", Question("?", "!", "."), emptied(asked), (0,), source, sweep=sweep)
    ledger = Ledger(tmp_path)
    ledger.begin(plan)
    examine_arms(bases(plan, sweep), source, ledger)
    seen = read(ledger).checks
    assert list(seen.rows) == list(sweep.arms)
    assert "RNA ignored" in [f.name for f in seen.findings("old")]
    assert sum("inert: same function" in [f.name for f in seen.findings(a)] for a in seen.rows) == 1
    assert bases(plan, None) is plan
