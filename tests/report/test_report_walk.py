"""The walk of a path and the map of a factorial show the numbers of their arms and effects."""

import itertools
from pathlib import Path

import pytest
from synthetic_study import done, plan

from rpbind.analysis.summary import Summary, read
from rpbind.design.design import Design, leave_one_out, path
from rpbind.design.factorial import factorial
from rpbind.figures import crossed, walk
from rpbind.figures.walk import Step
from rpbind.ledger import Ledger
from rpbind.recipe import Recipe
from rpbind.report.build import build_report
from rpbind.statistics.contrast import Interval

VALUES = {
    "residual": ("model.residual", True),
    "lr": ("train.lr", 0.5),
    "clip": ("train.clip_norm", 1.0),
    "mask": ("train.mask", 0.5),
    "shift": ("train.shift", 3),
    "temperature": ("model.attention.temperature", True),
}
EFFECTS = {"residual": 0.04, "lr": -0.03}
START = ("old", Recipe())


def ends(count: int) -> tuple[tuple[str, Recipe], dict[str, tuple[str, ...]]]:
    changes = dict(list(VALUES.items())[:count])
    return ("fixed", Recipe().with_(dict(changes.values()))), {
        name: (field,) for name, (field, _) in changes.items()
    }


def study(folder: Path, design: Design, *, lost: str = "", noise: bool = False) -> Summary:
    """A study of a design in which each change has the same effect in every run, and both more."""
    parts = {"arms": design.arms, "contrasts": design.contrasts, "design": design.name}
    parts |= {"factors": dict(design.factors), "controls": (), "seeds": (0, 1, 2)}
    study_plan = plan().model_copy(update=parts)
    ledger = Ledger(folder)
    ledger.begin(study_plan)
    for stream, arm in enumerate(study_plan.arms):
        recipe = Recipe.model_validate(arm.recipe).flat()
        has = [name for name in EFFECTS if recipe[VALUES[name][0]] == VALUES[name][1]]
        effect = sum(EFFECTS[name] for name in has) + 0.02 * (len(has) == 2)
        for seed in study_plan.seeds if arm.name != lost else ():
            ledger.append(done(arm, seed, effect, 1 + noise * stream, 24))
    return read(Ledger(folder))


def walks(summary: Summary) -> list[list[Step]]:
    return walk.walks(summary.plan.design, summary.contrasts, summary.arms)


def in_both_orders_and_without_one(folder: Path, *, lost: str = "") -> Summary:
    end, changes = ends(3)
    both = path(START, end, changes).then(path(START, end, changes, reverse=True))
    return study(folder, both.then(leave_one_out(START, end, changes)), lost=lost)


def test_a_path_is_walked_once_per_order_and_the_whole_path_is_no_step(tmp_path: Path) -> None:
    forward, back = walks(in_both_orders_and_without_one(tmp_path))
    assert [step.name for step in forward] == ["residual", "lr", "clip"]
    assert [step.name.split(" ")[0] for step in back] == ["clip", "lr", "residual"]
    assert {forward[-1].to, back[-1].to} == {"fixed"}


def test_each_step_goes_from_the_level_of_one_arm_to_that_of_the_next(tmp_path: Path) -> None:
    summary = in_both_orders_and_without_one(tmp_path)
    level = {arm.plan.name: arm.headline.mean for arm in summary.arms if arm.headline}
    for steps in walks(summary):
        assert steps[0].before == level["old"]
        assert steps[-1].after == level["fixed"]
        for one, two in itertools.pairwise(steps):
            assert one.after == two.before
        for step in steps:
            assert (step.after or 0) - (step.before or 0) == pytest.approx(
                step.contrast.verdict.mean
            )
        arrows = [t for t in walk.figure(steps).data if t.line.width == 5]
        assert [tuple(t.x) for t in arrows] == [(step.before, step.after) for step in steps]
        points = {"triangle-right": 1, "triangle-left": -1}
        for arrow in arrows:
            assert (arrow.x[1] - arrow.x[0]) * points[arrow.marker.symbol[1]] >= 0


def test_the_sentence_says_where_the_walk_begins_and_ends_and_its_largest_step(
    tmp_path: Path,
) -> None:
    forward, _ = walks(in_both_orders_and_without_one(tmp_path))
    said = walk.describe(forward)
    assert "3 steps from old (0.7" in said.summary
    assert "the largest is residual (+0.040)" in said.summary
    assert [row[0] for row in said.rows] == ["residual", "lr", "clip"]


def test_a_step_to_an_arm_without_runs_has_no_arrow_and_its_row_has_dashes(tmp_path: Path) -> None:
    summary = in_both_orders_and_without_one(tmp_path, lost="to-lr")
    forward, _ = walks(summary)
    assert len([t for t in walk.figure(forward).data if t.line.width == 5]) == 1
    assert walk.describe(forward).rows[1][3:6] == ["–", "–", "–"]
    assert 'id="figure-walk-1"' in build_report(tmp_path).read_text()


def test_only_a_path_is_walked(tmp_path: Path) -> None:
    end, changes = ends(3)
    assert walks(study(tmp_path, leave_one_out(START, end, changes))) == []
    assert 'id="walk"' not in build_report(tmp_path).read_text()


def test_the_map_of_a_factorial_has_main_effects_on_its_diagonal(tmp_path: Path) -> None:
    end, changes = ends(3)
    summary = study(tmp_path, factorial(end, START[1], changes))
    assert summary.factorial is not None
    found = crossed.cells(summary.factorial, summary.contrasts)
    assert len(found) == 9
    # with both changes there is 0.02 more, so each adds half of it on average
    assert found["residual", "residual"] == (pytest.approx(0.05, abs=1e-3), False)
    assert found["lr", "lr"][0] == pytest.approx(-0.02, abs=1e-3)
    assert found["residual", "lr"] == found["lr", "residual"]
    assert found["lr", "residual"][0] == pytest.approx(0.02, abs=1e-3)
    assert found["clip", "lr"][0] == pytest.approx(0.0, abs=1e-9)
    (drawn,) = crossed.figure(summary.factorial, summary.contrasts).data
    assert list(drawn.text[0]) == ["+0.050", "+0.020", "+0.000"]
    said = crossed.describe(summary.factorial, summary.contrasts).summary
    assert "the largest main effect is residual (+0.05" in said
    assert "the largest interaction of two is residual × lr (+0.02" in said
    assert 'id="figure-crossed"' in build_report(tmp_path).read_text()


def test_an_interaction_of_a_fraction_is_marked_as_shared_with_its_aliases(tmp_path: Path) -> None:
    end, changes = ends(6)
    summary = study(tmp_path, factorial(end, START[1], changes), noise=True)
    assert summary.factorial is not None
    assert not summary.factorial.full
    found = crossed.cells(summary.factorial, summary.contrasts)
    assert len(found) == 36
    assert all(aliased == (one != two) for (one, two), (_, aliased) in found.items())
    for each in summary.factorial.further:
        for other in each.aliases:
            if other.count("×") == 1:
                assert isinstance(each.result, Interval)
                sign = -1 if other.startswith("−") else 1
                one, two = other.removeprefix("−").split(" × ")
                assert found[one, two][0] == pytest.approx(sign * each.result.mean)
