"""Where nothing came out, the page begins with what happened, why and what to run."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from synthetic_study import HOSTILE, plan, trials, write

from rpbind.ledger import Ledger, Plan, Row
from rpbind.recipe import Recipe
from rpbind.report.build import build_report
from rpbind.screens.screen import last_screen
from rpbind.screens.terminal import verdict_table

COMMAND = "python experiments/ablate.py --data data/synthetic --seeds 5"
ALERT = re.compile(r'<p class="banner alert" role="alert">(.*?)</p>')
EMPTY = {"forest", "runs", "proteins", "map", "search", "slices", "best_of", "front"}


def ended(arm: str, seed: int, recipe: dict[str, Any], state: Any, **more: Any) -> Row:
    return Row(arm=arm, seed=seed, state=state, recipe=recipe, ended="2026-01-02",
               recipe_id=Recipe.model_validate(recipe).id, **more)  # fmt: skip


def all_runs(folder: Path, state: str, error: str) -> Path:
    study_plan, ledger = plan(4, 3), Ledger(folder)
    ledger.begin(study_plan)
    for arm in study_plan.arms:
        for seed in study_plan.seeds:
            ledger.append(ended(arm.name, seed, arm.recipe, state, error=error))
    return folder


def all_trials(folder: Path, state: str, searched: Plan | None = None) -> Path:
    """Four trials of a search that all ended in `state`."""
    ledger = Ledger(folder)
    ledger.begin(searched or plan(1, 2, contrasts=(), controls=(), search={"trials": 4}))
    for n in range(4):
        recipe = Recipe().with_({"train.lr": 10.0 + n}).model_dump(mode="json")
        error = f"loss is nan in epoch {n + 1}"
        ledger.append(ended(f"trial-{n:04d}", 0, recipe, state, error=error, stage="search"))
    return folder


def alerts(folder: Path) -> list[str]:
    return ALERT.findall(build_report(folder).read_text())


def figures(folder: Path) -> set[str]:
    return set(re.findall(r'id="figure-([a-z_]+)', (folder / "index.html").read_text()))


def terminals(folder: Path) -> list[str]:
    texts = []
    for screen in (verdict_table(folder), last_screen(folder)):
        console = Console(width=2000, record=True, file=io.StringIO())
        console.print(screen)
        texts.append(console.export_text())
    return texts


@pytest.mark.parametrize("state", ["failed", "diverged", "lost"])
def test_a_study_without_a_finished_run_says_so_first_with_reason_and_command(
    state: str, tmp_path: Path
) -> None:
    (alert,) = alerts(all_runs(tmp_path, state, "CUDA out of memory"))
    assert f"none of the 12 planned runs is done (12 {state})" in alert
    assert "CUDA out of memory" in alert
    assert COMMAND in alert
    page = (tmp_path / "index.html").read_text()
    assert page.index('role="alert"') < page.index('<section id="answer"')
    assert not figures(tmp_path) & EMPTY
    assert all("none of the 12 planned runs is done" in text for text in terminals(tmp_path))


@pytest.mark.parametrize("state", ["failed", "diverged"])
def test_a_search_without_a_complete_trial_has_a_red_banner_and_no_empty_plot(
    state: str, tmp_path: Path
) -> None:
    (alert,) = alerts(all_trials(tmp_path, state))
    assert f"no complete trial, and so no winner (4 {state} of 4)" in alert
    assert "trial-0000: loss is nan in epoch 1" in alert
    assert COMMAND in alert
    assert not figures(tmp_path) & EMPTY
    page = (tmp_path / "index.html").read_text()
    assert "best trial –" not in page
    assert "There is no answer" in page.partition('<section id="answer"')[2]
    assert all("4 " + state in text and "no winner" in text for text in terminals(tmp_path))


def test_only_runs_that_diverged_are_told_to_change_the_recipe(tmp_path: Path) -> None:
    (diverged,) = alerts(all_runs(tmp_path / "diverged", "diverged", "loss is nan"))
    (failed,) = alerts(all_runs(tmp_path / "failed", "failed", "no memory"))
    assert "lower train.lr" in diverged
    assert "Remove the cause" in failed


def test_a_reason_is_escaped_in_the_banner(tmp_path: Path) -> None:
    (alert,) = alerts(all_runs(tmp_path, "failed", HOSTILE))
    assert HOSTILE not in alert


@pytest.mark.parametrize("state", ["failed", "diverged"])
def test_under_a_red_banner_no_verdict_is_counted_and_nothing_is_called_screening(
    state: str, tmp_path: Path
) -> None:
    all_runs(tmp_path, state, "CUDA out of memory")
    page = build_report(tmp_path).read_text().partition("<main>")[2].partition('id="reading"')[0]
    for text in (page, *terminals(tmp_path)):
        assert "There is no answer: no run has a result." in text
        assert "inconclusive" not in text.lower()
        assert "screening" not in text.lower()
        assert COMMAND in text


def test_some_missing_runs_are_a_red_banner_with_reason_and_command(tmp_path: Path) -> None:
    write(tmp_path)
    (alert,) = alerts(tmp_path)
    assert "3 of 60 planned runs are missing (1 diverged, 1 failed, 1 not begun)" in alert
    assert "encoder=token with seed 1, diverged: loss is nan in epoch 3" in alert
    assert COMMAND in alert


def test_a_command_that_extended_a_study_continues_it_without_a_second_extension(
    tmp_path: Path,
) -> None:
    write(tmp_path, plan(command=f"{COMMAND} --add-seeds 2"))
    (alert,) = alerts(tmp_path)
    assert COMMAND in alert
    assert "--add-seeds" not in alert


def test_one_finished_run_or_trial_is_a_result_and_nothing_begun_is_no_failure(
    tmp_path: Path,
) -> None:
    write(tmp_path / "some", lost=False)
    trials(tmp_path / "some")  # one trial of twelve failed
    Ledger(tmp_path / "none").begin(plan(2, 2))
    assert alerts(tmp_path / "some") == alerts(tmp_path / "none") == []
    assert {"forest", "runs", "search", "slices"} <= figures(tmp_path / "some")
