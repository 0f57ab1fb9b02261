"""A search without a whole trial has no winner; its arm's runs are counted as never made."""

import io
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console
from toy_finished import WHY, ended, experiment, finished, row
from toy_search import BASE, SPACE, toy_sweep
from typer.testing import CliRunner

from rpbind import experiment as conducting
from rpbind.analysis.summary import read
from rpbind.analysis.winners import required_runs, winner_arms
from rpbind.ledger import Ledger, Plan
from rpbind.recipe.presets import OLD
from rpbind.report.build import build_report
from rpbind.screens.terminal import verdict_table
from rpbind.search.search import Sweep
from rpbind.study.resume import is_resumable, not_done
from rpbind.study.status import status
from rpbind.wording.banners import banners


def on_terminal(folder: Path) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(verdict_table(folder))
    return console.export_text()


def test_the_runs_of_an_arm_without_a_winner_count_as_missing_in_status_report_and_terminal(
    tmp_path: Path,
) -> None:
    plan = finished(tmp_path, toy_sweep(3))
    ledger = Ledger(tmp_path)
    assert required_runs(plan) == [(arm, seed) for arm in ("base", "tuned") for seed in (0, 1)]
    why = f"no trial of its search is complete (3 diverged): {WHY}"
    assert not_done(plan, ledger) == [f"the arm tuned was never made, because {why}"]
    assert not is_resumable(plan, ledger)
    assert status(ledger).states == {"done": 2, "never made": 2}
    assert f"the arm tuned was never made: {why}" in status(ledger).words()
    seen = read(ledger)
    assert (seen.done, seen.planned) == (2, 4)
    assert seen.coverage == f"2 of 4: 2 never made ({why})"
    assert any("2 of 4 planned runs are not done" in banner for banner in banners(seen))
    shown = on_terminal(tmp_path)
    assert shown.count(f"tuned: never made: {why}") == 1
    page = build_report(tmp_path).read_text()
    assert "2 of 4 planned runs are not done" in page
    assert WHY in page


def test_only_the_tuned_arms_without_a_whole_trial_are_missing(
    tmp_path: Path,
) -> None:
    sweep = Sweep({"old": OLD, "fixed": BASE}, SPACE, 2, searches_per_arm=2)
    plan = finished(tmp_path, sweep, whole=("old.s0", "fixed.s0", "fixed.s1"))
    assert [arm.name for arm in plan.arms] == ["old.s0", "fixed.s0", "fixed.s1"]
    (only,) = not_done(plan, Ledger(tmp_path))
    assert "the arm old.s1 was never made" in only
    assert status(Ledger(tmp_path)).states == {"done": 6, "never made": 2}
    assert read(Ledger(tmp_path)).coverage.startswith("6 of 8: 2 never made")


def test_a_report_without_any_arm_says_so(tmp_path: Path) -> None:
    sweep = Sweep({"old": OLD, "fixed": BASE}, SPACE, 2)
    finished(tmp_path, sweep)
    assert read(Ledger(tmp_path)).coverage.startswith("0 of 4: 4 never made")
    assert "0 of 4: 4 never made" in build_report(tmp_path).read_text()
    assert "old.s0: never made" in on_terminal(tmp_path)


def test_a_search_with_some_failed_trials_has_a_winner_and_shows_the_first_reason(
    tmp_path: Path,
) -> None:
    sweep = toy_sweep(2)
    plan = finished(tmp_path, sweep, whole=("search",))
    bad = BASE.with_({"train.lr": 0.09})
    Ledger(tmp_path).append(row("trial-0002", 1000, "diverged", bad, "search"))
    assert not_done(plan, Ledger(tmp_path)) == []
    assert f"first incomplete trial: {WHY}" in on_terminal(tmp_path)


def test_a_plan_has_one_arm_for_each_search() -> None:
    for sweep in (
        toy_sweep(2),
        Sweep({"old": OLD}, SPACE, 2, searches_per_arm=3),
        Sweep({"a": OLD, "b": BASE}, SPACE, 2, shared=True),
    ):
        names = [search.name for search in sweep.searches]
        assert list(winner_arms(sweep.plan_entry())) == names


def test_the_best_configuration_is_shown_with_its_values(tmp_path: Path) -> None:
    finished(tmp_path, toy_sweep(2), whole=("search",))
    values = "train.lr = 0.001, train.weight_decay = 1e-05"
    assert f"values of the best trial: {values}" in on_terminal(tmp_path)
    assert f"  with {values}" in status(Ledger(tmp_path)).words()
    assert values in build_report(tmp_path).read_text()


@pytest.mark.parametrize(
    ("name", "options", "whole", "code"),
    [
        ("tune", "--trials 2", (), 3),
        ("tune", "--trials 2", ("search",), 0),
        ("ablate", "--trials 2", (), 3),
        ("ablate", "--trials 2", ("search",), 0),
        ("ablate", "--tune-arms 2", (), 3),
        ("ablate", "--tune-arms 2 --design add-one-in", ("old.s0",), 3),
    ],
)
def test_the_exit_code_is_3_if_an_arm_was_never_made(
    name: str,
    options: str,
    whole: tuple[str, ...],
    code: int,
    tiny: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def launched(plan: Plan, *given: Any, **more: Any) -> Plan:
        return ended(plan, given[2], given[3], whole)

    monkeypatch.setattr(conducting, "launch", launched)
    data = Path(shutil.copytree(tiny, tmp_path / "world"))
    app = typer.Typer()
    app.command()(experiment(name).main)
    words = ["--data", str(data), "--reports", str(tmp_path / "reports"), *options.split()]
    result = CliRunner().invoke(app, [*words, "--narrower", "8", "--seeds", "1"])
    assert result.exit_code == code, result.output
    assert ("never made" in result.output) == (code == 3)
