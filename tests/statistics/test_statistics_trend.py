"""Curves with a known answer: training too short, too long, or neither."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from toy_ledger import plan, row

from rpbind.analysis.record import group_findings
from rpbind.ledger import Ledger, Row
from rpbind.report.build import build_report
from rpbind.screens.terminal import verdict_table
from rpbind.statistics.trend import OVERFITTING, STILL_IMPROVING, trend, trials_with_trend

STILL, OVER = STILL_IMPROVING.name, OVERFITTING.name
RNG = np.random.default_rng(4)
E = np.arange(30.0)


def with_stop(patience: int | None) -> dict[str, Any]:
    recipe = row("old", 0).recipe
    return recipe | {"train": recipe["train"] | {"stop_after": patience, "epochs": 100}}


def run(losses: list[float] | np.ndarray, **changes: object) -> Row:
    curve = tuple({"epoch": n + 1.0, "validation.loss": float(v)} for n, v in enumerate(losses))
    fields = {"recipe": with_stop(None), "curve": curve} | changes
    return row("old", 0, {"1_K562": 0.7}, **fields)


def name_of(losses: list[float] | np.ndarray) -> str | None:
    found = trend(run(losses))
    return found.name if found else None


CURVES = {
    "one epoch": ([0.6], None),
    "no epoch": ([], None),
    "two epochs, falling": ([0.65, 0.60], STILL),
    "three epochs, falling as in the issue": ([0.640, 0.628, 0.620], STILL),
    "two epochs, rising": ([0.60, 0.65], None),
    "constant": ([0.6] * 20, None),
    "NaN throughout": ([np.nan] * 10, None),
    "NaN but for one epoch": ([np.nan, 0.6, np.nan], None),
    "infinite at first, then falling": ([np.inf, 0.70, 0.65, 0.60], STILL),
    "settled long ago": (0.55 + 0.1 * np.exp(-E / 2), None),
    "still falling, the last epoch best": (0.7 - 0.004 * E, STILL),
    "still falling beyond its noise, the last epoch not best":
        ([*(0.7 - 0.004 * E), 0.7 - 0.004 * 29 + 0.001], STILL),
    "falling by less than matters": (0.6 - 1e-5 * E, None),
    "best at the fifth of 30 epochs, then rising": (0.55 + 0.002 * np.abs(E - 4), OVER),
    "rising since the best, but by less than matters": (0.55 + 1e-4 * np.abs(E - 4), None),
    "rising since the best, which is not long past": (0.55 + 0.002 * np.abs(E - 22), None),
    "noise around a level": (0.6 + 0.01 * np.sin(E * 7.3), None),
}  # fmt: skip


@pytest.mark.parametrize("curve", CURVES)
def test_the_finding_of_a_curve_with_a_known_answer(curve: str) -> None:
    losses, expected = CURVES[curve]
    assert name_of(losses) == expected


def test_noise_around_a_constant_is_rarely_called_a_trend() -> None:
    found = [name_of(0.6 + RNG.normal(0, 0.01, 30)) for _ in range(300)]
    assert found.count(STILL) / 300 <= 0.06  # the last epoch is the best in 1 of 30
    assert found.count(OVER) / 300 <= 0.02


def test_a_fall_and_a_rise_beyond_their_noise_are_found() -> None:
    falls = [name_of(0.7 - 0.003 * E + RNG.normal(0, 0.004, 30)) for _ in range(100)]
    rises = [name_of(0.55 + 0.003 * np.abs(E - 6) + RNG.normal(0, 0.004, 30)) for _ in range(100)]
    assert falls.count(STILL) >= 80
    assert rises.count(OVER) >= 95
    assert falls.count(OVER) == rises.count(STILL) == 0


def test_the_measured_value_is_the_fall_or_the_rise_of_the_loss() -> None:
    still, over = trend(run([0.70, 0.65, 0.60])), trend(run(0.55 + 0.002 * np.abs(E - 4)))
    assert still is not None
    assert over is not None
    assert still.measured == pytest.approx(0.05)
    # the mean of the last eight of the 25 epochs after the best: 21.5 steps of .002
    assert over.measured == pytest.approx(0.002 * 21.5)
    assert "ore epochs" in still.advice
    assert "early stopping" in over.advice


def test_a_run_that_early_stopping_ended_is_not_called_overfitting() -> None:
    losses = 0.55 + 0.002 * np.abs(E - 4)
    assert trend(run(losses, recipe=with_stop(25))) is None
    assert trend(run(losses)) is not None


@pytest.mark.parametrize("state", ["failed", "diverged", "stopped", "lost"])
def test_a_run_that_is_not_done_has_no_such_finding(state: str) -> None:
    assert trend(run([0.70, 0.65, 0.60], state=state)) is None


def test_the_trials_of_a_search_are_counted_under_one_name() -> None:
    curve = run([0.70, 0.65, 0.60]).curve
    trials = [row("old", seed, curve=curve, stage="search").model_copy(
        update={"arm": f"s0.trial-{seed:04d}"}) for seed in range(3)]  # fmt: skip
    (group,) = group_findings(trials_with_trend(trials))
    assert (group.finding.name, group.runs, group.arms) == (STILL, 3, ("s0.trials",))
    pruned = [trial.model_copy(update={"state": "stopped"}) for trial in trials]
    assert group_findings(trials_with_trend(pruned)) == []


def test_terminal_and_report_show_the_finding_with_its_runs_and_advice(tmp_path: Path) -> None:
    ledger, curve = Ledger(tmp_path), run([0.70, 0.65, 0.60]).curve
    ledger.begin(plan((0, 1)))
    for arm in ("old", "new"):
        for seed in (0, 1):
            cut = {"curve": curve} if arm == "new" else {}
            ledger.append(row(arm, seed, {"1_K562": 0.7, "2_K562": 0.8}, **cut))
    console = Console(width=300, record=True, file=io.StringIO())
    console.print(verdict_table(tmp_path))
    assert f"{STILL}: 2 runs (new). More epochs" in console.export_text()
    section = build_report(tmp_path).read_text().split('<section id="findings">')[1]
    assert STILL in section
    assert "2 runs: new" in section
    assert OVER not in section
