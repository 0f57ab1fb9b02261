"""Counts of trials, of repeats and of configurations are distinguished everywhere."""

import io
from pathlib import Path

import optuna
import pytest
from rich.console import Console
from toy_repeats import FILM, FOUR, MANY, SHIFT, finite_sweep, plan, rows, score, trained
from toy_search import BASE, EPOCHS, drive, opened, toy_sweep

from rpbind.analysis.record import cost
from rpbind.analysis.summary import summarise
from rpbind.errors import UserError
from rpbind.ledger import Ledger, Row
from rpbind.ledger.search_results import summarise_search
from rpbind.ledger.trials import was_reused
from rpbind.recipe.presets import OLD
from rpbind.run.progress import StudyProgress
from rpbind.run.watch import Watch
from rpbind.search.ask_tell import AskTellLoop
from rpbind.search.config import SearchConfig
from rpbind.search.repeats import Write
from rpbind.search.search import Sweep
from rpbind.search.winners import with_winners
from rpbind.spaces.space import Space
from rpbind.spaces.warm_start import warm_start
from rpbind.study.announce import _searched, price_of
from rpbind.study.status import status
from rpbind.wording.search_words import winner_lines

optuna.logging.set_verbosity(optuna.logging.ERROR)


def test_report_terminal_and_status_distinguish_trials_from_configurations(
    tmp_path: Path,
) -> None:
    sweep = finite_sweep(14, MANY, sampler="random")
    (loop,) = opened(sweep, tmp_path)
    drive(loop, tmp_path, score)
    different = len(trained(tmp_path))
    assert different < 14
    found = summarise_search(rows(tmp_path))
    assert (len(found.trials), len(found.distinct)) == (14, different)
    assert found.counts == {"done": different, "repeated": 14 - different}
    summary = summarise(plan(sweep), [], rows(tmp_path))
    assert summary.tuned is not None
    assert f"14 trials of {different} configurations" in winner_lines(summary.tuned.winners[0])[0]
    (best_of,) = summary.tuned.expected.values()
    assert len(best_of) == different
    assert cost(rows(tmp_path)).training == pytest.approx(2.0 * different)
    Ledger(tmp_path).begin(plan(sweep))
    assert status(Ledger(tmp_path)).trials == found.counts
    (arm,) = with_winners(plan(sweep), sweep, rows(tmp_path)).arms
    assert f"best of {different} whole trials" in arm.change
    assert len(warm_start([str(tmp_path)], MANY, BASE)) == 5


def test_importance_is_computed_over_configurations_without_repeats(tmp_path: Path) -> None:
    """Four configurations are too few, however many trials repeat them."""
    space = Space.model_validate({"about": "", "dimension": [FILM, SHIFT | {"high": 1}]})
    names = [(f"trial-{n:04d}", bool(n % 2), n // 2 % 2) for n in range(20)]
    made = []
    for name, film, shift in names:
        recipe = BASE.with_({"model.film": film, "train.shift": shift})
        made.append(
            Row(
                arm=name, seed=1000, state="done", stage="search", recipe_id=recipe.id,
                recipe=recipe.model_dump(mode="json"), ended="2026-11-25T09:00:00+00:00",
                metrics={"validation.auroc_macro": score(recipe)},
            )
        )  # fmt: skip
    sweep = finite_sweep(20, space)
    summary = summarise(plan(sweep), [], made)
    assert summary.search is not None
    assert len(summary.search.distinct) == 4
    assert summary.importances == ()


def test_tuned_arms_that_have_tried_all_configurations_had_equal_budgets(tmp_path: Path) -> None:
    arms = {"old": OLD.with_({"train.epochs": EPOCHS}), "fixed": BASE}
    sweep = Sweep(arms, FOUR, 60)
    for loop in opened(sweep, tmp_path):
        drive(loop, tmp_path, score)
    named = with_winners(plan(sweep), sweep, rows(tmp_path))
    assert [arm.name for arm in named.arms] == ["old.s0", "fixed.s0"]
    missed = trained(tmp_path)[0].recipe_id
    short = [row for row in rows(tmp_path) if row.recipe_id != missed]
    with pytest.raises(UserError, match="60 trials"):
        with_winners(plan(sweep), sweep, short)


def test_a_finite_space_says_how_many_configurations_it_has() -> None:
    assert finite_sweep(10, MANY).plan_entry()["configurations"] == 36
    assert finite_sweep(10, MANY).max_trained == 10
    assert finite_sweep(100, MANY).max_trained == 36
    assert "configurations" not in toy_sweep(10).plan_entry()


def test_an_unknown_value_of_repeats_is_refused() -> None:
    with pytest.raises(UserError, match=r"--repeats is one of reuse, redraw.*'redraw'"):
        SearchConfig(repeats="re-draw")


def test_the_number_of_configurations_is_announced_before_a_search() -> None:
    few, many = (
        finite_sweep(10, FOUR).plan_entry(),
        finite_sweep(10, MANY, repeats="redraw").plan_entry(),
    )
    assert "the space has 4 configurations" in " ".join(_searched(few, 1))
    assert "36 configurations" in " ".join(_searched(many, 1))
    assert "configurations" not in " ".join(_searched(toy_sweep(10).plan_entry(), 1))
    assert price_of(plan(finite_sweep(10, FOUR)), finite_sweep(10, FOUR)).trials == 4


def test_the_live_view_names_the_trial_that_a_repeat_repeats(tmp_path: Path) -> None:
    (loop,) = opened(finite_sweep(12, sampler="random"), tmp_path)
    drive(loop, tmp_path, score)
    shown = io.StringIO()
    watch = Watch(StudyProgress(12), Console(file=shown, width=160))
    for each in rows(tmp_path):
        watch.add_row(each)
    repeats = [row for row in rows(tmp_path) if was_reused(row)]
    for each in repeats:
        assert f"{each.arm} seed 1000: repeated" in shown.getvalue()
        assert each.provenance["reused"] in shown.getvalue()
    assert watch.progress.states["repeated"] == len(repeats) > 0


@pytest.mark.parametrize("repeats", ["reuse", "redraw"])
@pytest.mark.parametrize(("space", "trials"), [(FOUR, 10), (FOUR, 40), (MANY, 20), (MANY, 60)])
def test_the_expected_number_of_rows_is_right_at_the_end(
    space: Space, trials: int, repeats: str, tmp_path: Path
) -> None:
    """The live view's total is right, also if a new process continues the search."""
    sweep = finite_sweep(trials, space, sampler="random", repeats=repeats)
    for stop in (4, None):
        (loop,) = opened(sweep, tmp_path, width=1)
        total, append = loop.ended + loop.left, loop.write_row

        def write(row: Row, loop: AskTellLoop = loop, append: Write = append) -> None:
            nonlocal total
            total += loop.pending[row.arm].is_extra
            append(row)

        loop.write_row = write
        drive(loop, tmp_path, score, stop)
    assert len(rows(tmp_path)) == total
