"""A configuration that was tried before with the same seeds is not trained again."""

from collections import Counter
from pathlib import Path

import optuna
import pytest
from toy_repeats import FOUR, MANY, SAMPLERS, finite_sweep, rows, score, trained
from toy_search import BASE, EPOCHS, drive, make, opened, row

from rpbind.ledger import Ledger
from rpbind.ledger.trials import was_reused
from rpbind.recipe import Recipe
from rpbind.recipe.presets import OLD
from rpbind.search.search import Sweep
from rpbind.spaces.space import Space

optuna.logging.set_verbosity(optuna.logging.ERROR)
BOTH = [*((sampler, "none") for sampler in SAMPLERS), ("random", "asha")]


@pytest.mark.parametrize(("sampler", "scheduler"), BOTH)
def test_no_configuration_is_trained_twice_and_a_repeat_copies_the_first_rows(
    sampler: str, scheduler: str, tmp_path: Path
) -> None:
    sweep = finite_sweep(20, MANY, sampler=sampler, scheduler=scheduler)
    (loop,) = opened(sweep, tmp_path)
    drive(loop, tmp_path, score)
    assert len(rows(tmp_path)) == 20
    made = Counter(row.recipe_id for row in trained(tmp_path))
    assert max(made.values()) == 1
    assert len(made) < 20  # 20 draws among 36 configurations almost surely repeat one
    by_name = {row.arm: row for row in rows(tmp_path)}
    for row_ in rows(tmp_path):
        if was_reused(row_):
            first = by_name[row_.provenance["reused"]]
            assert not was_reused(first)
            assert first.arm < row_.arm
            same = ("recipe", "seed", "state", "metrics", "cost", "curve")
            assert [getattr(row_, key) for key in same] == [getattr(first, key) for key in same]
    reported = {t.user_attrs["arm"]: t for t in loop.study.get_trials(deepcopy=False)}
    assert {t.state.name for t in reported.values()} <= {"COMPLETE", "PRUNED"}
    for name, found in by_name.items():
        if found.state == "done":
            assert reported[name].value == pytest.approx(found.metrics["validation.auroc_macro"])


@pytest.mark.parametrize("repeats", ["reuse", "redraw"])
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_search_ends_when_all_configurations_are_tried(
    sampler: str, repeats: str, tmp_path: Path
) -> None:
    (loop,) = opened(finite_sweep(200, sampler=sampler, repeats=repeats), tmp_path)
    drive(loop, tmp_path, score)
    assert len(trained(tmp_path)) == 4
    assert len(rows(tmp_path)) < 50
    assert loop.finished
    (loop,) = opened(finite_sweep(200, sampler=sampler, repeats=repeats), tmp_path)
    assert loop.finished
    assert loop.ask() is None


@pytest.mark.parametrize(("sampler", "scheduler"), BOTH)
def test_with_redraw_as_many_different_configurations_as_trials_are_tried(
    sampler: str, scheduler: str, tmp_path: Path
) -> None:
    sweep = finite_sweep(20, MANY, sampler=sampler, scheduler=scheduler, repeats="redraw")
    (loop,) = opened(sweep, tmp_path)
    drive(loop, tmp_path, score)
    assert len({row.recipe_id for row in rows(tmp_path)}) == len(trained(tmp_path)) == 20
    assert len(rows(tmp_path)) > 20
    assert loop.made == 20


@pytest.mark.parametrize("repeats", ["reuse", "redraw"])
def test_two_points_of_the_same_recipe_are_one_configuration(repeats: str, tmp_path: Path) -> None:
    """A space of three points and two recipes: the search must still end."""
    eight = {"kind": "segment", "segments": 8}
    memory = {"path": "model.memory", "kind": "choice", "values": ["segment", eight]}
    segments = {
        "path": "model.memory.segments", "kind": "int", "low": 8, "high": 9,
        "when": {"path": "model.memory", "values": ["segment"]},
    }  # fmt: skip
    space = Space.model_validate({"about": "Two names.", "dimension": [memory, segments]})
    (loop,) = opened(finite_sweep(30, space, sampler="random", repeats=repeats), tmp_path)
    drive(loop, tmp_path, score)
    assert loop.finished
    assert len(trained(tmp_path)) == 2


def test_an_equal_configuration_with_other_seeds_is_trained(tmp_path: Path) -> None:
    """Shared configurations differ in seed, so that pairs of runs are independent."""
    shared = Sweep({"old": OLD.with_({"train.epochs": EPOCHS}), "fixed": BASE}, FOUR, 8,
                   shared=True)  # fmt: skip
    for loop in opened(shared, tmp_path):
        drive(loop, tmp_path, lambda recipe: 0.5)
    assert len(trained(tmp_path)) == len(rows(tmp_path)) == 16


def test_a_repeat_of_a_running_trial_waits_for_its_rows(tmp_path: Path) -> None:
    (loop,) = opened(finite_sweep(12, sampler="random"), tmp_path, width=4)
    tasks = [task for _ in range(4) if (task := loop.ask()) is not None]
    assert len({task.recipe.id for task in tasks}) == len(tasks)
    waiting = [each for each in loop.pending.values() if each.repeats is not None]
    assert waiting
    assert not rows(tmp_path)
    for task in reversed(tasks):
        make(loop, task, tmp_path, score)
        loop.finish(task.arm)
    drive(loop, tmp_path, score)
    for each in waiting:
        (mine,) = [row for row in rows(tmp_path) if row.arm == each.task.arm]
        assert mine.metrics["validation.auroc_macro"] == pytest.approx(score(each.task.recipe))


def test_a_repeat_keeps_waiting_when_the_trial_it_repeats_is_lost(tmp_path: Path) -> None:
    (loop,) = opened(finite_sweep(12, sampler="random"), tmp_path, width=4)
    tasks = [task for _ in range(4) if (task := loop.ask()) is not None]
    waiting = {each.repeats for each in loop.pending.values() if each.repeats is not None}
    lost = next(task for task in tasks if task.arm in waiting)
    loop.retry_lost(lost.arm)
    for task in tasks:
        if task.arm != lost.arm:
            make(loop, task, tmp_path, score)
            loop.finish(task.arm)
    again = loop.ask()
    assert again is not None
    assert (again.arm, again.recipe) == (lost.arm, lost.recipe)
    make(loop, again, tmp_path, score)
    loop.finish(again.arm)
    drive(loop, tmp_path, score)
    assert max(Counter(row.recipe_id for row in trained(tmp_path)).values()) == 1
    assert {row.state for row in rows(tmp_path)} == {"done"}


def test_the_repeat_of_a_failed_trial_has_failed_too(tmp_path: Path) -> None:
    (loop,) = opened(finite_sweep(12, sampler="random"), tmp_path)
    while not loop.finished or loop.running:
        while (task := loop.ask()) is not None:
            if task.recipe.model.film:
                kept = row(task, 1000, 0.0, "diverged")
                loop.add_row(kept)
                Ledger(tmp_path).append(kept)
            else:
                make(loop, task, tmp_path, score)
            loop.finish(task.arm)
    for each in rows(tmp_path):
        film = Recipe.model_validate(each.recipe).model.film
        assert each.state == ("diverged" if film else "done")
    states = Counter(t.state.name for t in loop.study.get_trials(deepcopy=False))
    assert states["FAIL"] == sum(row.state == "diverged" for row in rows(tmp_path)) > 0


def test_the_repeat_of_a_trial_without_rows_has_failed_and_names_it(tmp_path: Path) -> None:
    (loop,) = opened(finite_sweep(30, sampler="random"), tmp_path, width=1)
    first = loop.ask()
    assert first is not None
    loop.finish(first.arm)  # its process died: the callback of the study writes its row
    drive(loop, tmp_path, score)
    repeats = [row for row in rows(tmp_path) if row.provenance.get("reused") == first.arm]
    assert repeats
    assert {row.state for row in repeats} == {"failed"}
    assert all(first.arm in row.error for row in repeats)
