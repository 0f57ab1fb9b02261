"""The arithmetic of what is shown while a study runs: runs that are made, time left, the best."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
import rich.progress
import typer
from rich.console import Console
from toy_finished import row as made
from toy_search import BASE, toy_sweep

from rpbind import experiment as page
from rpbind.baselines import score
from rpbind.cluster import start
from rpbind.data.splits import SplitSpec
from rpbind.design.design import Design, arm
from rpbind.design.question import Question
from rpbind.design.source import DataSource
from rpbind.ledger import ArmPlan, ControlPlan, Ledger, Plan, Row, Stage
from rpbind.run import ray_tune as run
from rpbind.run import sweep as searching
from rpbind.run.best import best_so_far
from rpbind.run.progress import StudyProgress
from rpbind.run.resources import Resources
from rpbind.run.watch import Watch
from rpbind.study import launch as launching
from rpbind.study.status import status
from rpbind.train.opened import OpenData


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def ended(name: str, seed: int = 0, auroc: float = 0.7, stage: Stage = "ablation") -> Row:
    row = made(name, seed, "done", BASE, stage)
    return row.model_copy(update={"metrics": {"validation.auroc_macro": auroc}})


@pytest.mark.parametrize("slots", [1, 2, 3, 4])
@pytest.mark.parametrize("runs", [1, 2, 5, 7])
def test_the_estimated_time_of_runs_of_equal_length_is_the_time_that_they_take(
    slots: int, runs: int, clock: Clock
) -> None:
    """Runs of 60 s in so many slots; once one has ended, every estimate is exact."""
    progress = StudyProgress(runs + slots, slots=slots, clock=clock)
    for first in range(slots):
        progress.start_trial(f"t{first}", "old", [first], 7)
    assert progress.seconds_left() is None
    clock.now += 60
    for first in range(slots):
        progress.add_row(ended("old", first))
        progress.end_trial(f"t{first}")
    rounds = -(-runs // slots)
    for done in range(0, runs, slots):
        now = range(slots + done, slots + min(runs, done + slots))
        for seed in now:
            progress.start_trial(f"t{seed}", "old", [seed], 7)
        for passed in (0, 10, 50):
            clock.now += passed
            assert progress.seconds_left() == pytest.approx(60 * rounds - passed)
            clock.now -= passed
        clock.now += 60
        for seed in now:
            progress.add_row(ended("old", seed))
            progress.end_trial(f"t{seed}")
        rounds -= 1
    assert progress.seconds_left() == 0
    assert progress.ended == progress.total


def test_the_estimate_of_one_last_run_uses_its_own_epochs(clock: Clock) -> None:
    """Issue 13: what is left is the slowest chain, not the rest at the rate of all."""
    progress = StudyProgress(23, slots=2, clock=clock)
    for seed in range(22):
        progress.start_trial("t", "old", [seed], 7)
        clock.now += 4
        progress.add_row(ended("old", seed))
        progress.end_trial("t")
    progress.start_trial("t", "context-residue", [0], 8)
    clock.now += 12  # a start of 4 s, and the first epoch
    progress.end_epoch("t", 0, 1)
    clock.now += 8
    progress.end_epoch("t", 0, 2)
    assert progress.seconds_left() == pytest.approx(6 * 8)
    clock.now += 8
    assert progress.seconds_left() == pytest.approx(5 * 8)


def test_the_seeds_of_a_worker_group_run_one_after_another(clock: Clock) -> None:
    progress = StudyProgress(3, slots=4, clock=clock)
    progress.start_trial("t", "old", [0, 1, 2], 7)
    clock.now += 10
    progress.add_row(ended("old", 0))
    assert progress.seconds_left() == pytest.approx(20)
    clock.now += 10
    progress.add_row(ended("old", 1))
    assert progress.seconds_left() == pytest.approx(10)


def test_the_next_run_of_an_arm_is_estimated_from_its_own_runs(clock: Clock) -> None:
    progress = StudyProgress(4, slots=1, clock=clock)
    for name, seconds in (("fast", 2), ("slow", 50)):
        progress.start_trial(name, name, [0], 7)
        clock.now += seconds
        progress.add_row(ended(name))
        progress.end_trial(name)
    progress.start_trial("again", "fast", [1], 7)
    assert progress.seconds_left() == pytest.approx(2 + 26)


def test_a_run_has_its_seed_in_its_name_before_its_first_epoch(clock: Clock) -> None:
    progress = StudyProgress(4, slots=2, clock=clock)
    progress.start_trial("a", "old", [0], 7)
    progress.start_trial("b", "old", [1, 2], 7)
    assert "old seed 0; old seed 1" in progress.lines()[0]
    progress.end_epoch("b", 1, 1)
    progress.add_row(ended("old", 1))
    assert "old seed 0; old seed 2" in progress.lines()[0]


def plan(controls: int = 0, arms: int = 12, **more: Any) -> Plan:
    recipe: dict[str, Any] = {"recipe": BASE.model_dump(mode="json"), "recipe_id": BASE.id}
    return Plan(
        study="x", question="?", prediction="!", rule=".", design="path", contrasts=(),
        arms=tuple(ArmPlan(name=f"a{n}", **recipe) for n in range(arms)),
        controls=tuple(ControlPlan(name=f"a0+c{n}", of="a0", **recipe) for n in range(controls)),
        seeds=(0, 1), dataset="", split="", created="", **more,
    )  # fmt: skip


def test_the_total_counts_runs_of_arms_controls_and_trials(tmp_path: Path) -> None:
    """Issue 13: 24/24 stood where 28 runs were made."""
    ledger = Ledger(tmp_path)
    ledger.begin(plan(controls=2))
    assert StudyProgress.of(ledger, 0, 28, 1).total == 28
    ledger.append(made("a0", 0, "done", BASE))
    left = StudyProgress.of(ledger, 0, 27, 1)
    assert (left.ended, left.total) == (1, 28)
    stands = status(ledger)
    assert sum(stands.states.values()) + sum(stands.controls.values()) == left.total


def test_the_total_of_a_search_counts_its_winner_and_the_controls(tmp_path: Path) -> None:
    """Five trials of one seed, then base and tuned with two seeds each, and two controls."""
    sweep = toy_sweep(5)
    ledger = Ledger(tmp_path)
    ledger.begin(plan(controls=2, arms=1, search=sweep.plan_entry()))
    progress = searching._progress(sweep, ledger, (0, 5), 2)
    assert (progress.ended, progress.total) == (0, 5 + 2 * 2 + 2 * 2)
    assert searching._progress(sweep, ledger, (2, 3), 2).ended == 2


@pytest.mark.parametrize("trials", [False, True])
def test_the_best_is_no_control_and_equals_that_of_status(trials: bool, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.begin(plan(controls=1, arms=2, search=toy_sweep(2).plan_entry() if trials else None))
    rows = [ended("a0", 0, 0.6), ended("a0+c0", 0, 0.9, "control"), ended("a1", 0, 0.8)]
    if trials:
        rows.insert(2, ended("trial-0000", 1000, 0.7, "search"))
    live = StudyProgress(9, best=best_so_far(ledger.plan, ledger))
    for row in rows:
        ledger.append(row)
        live.add_row(row)
        assert live.best.words() == status(ledger).best == best_so_far(ledger.plan, ledger).words()
    assert live.best.words().startswith("trial-0000:" if trials else "a1 seed 0:")


def test_earlier_runs_are_shown_as_done_and_may_be_the_best(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.begin(plan(arms=2))
    ledger.append(ended("a0", 0, 0.9))
    watch = Watch(StudyProgress.of(ledger, 0, 3, 1), Console(quiet=True))
    assert (watch.bar.tasks[0].completed, watch.bar.tasks[0].total) == (1, 4)
    watch.add_row(ended("a1", 0, 0.5))
    assert watch.bar.tasks[0].completed == 2
    assert "best so far a0 seed 0" in watch.words()


def test_a_lost_run_and_its_next_attempt_count_once(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.begin(plan(arms=1))
    ledger.append(made("a0", 0, "done", BASE))
    ledger.append(made("a0", 1, "failed", BASE))
    again = StudyProgress.of(ledger, 0, 1, 1)
    assert (again.ended, again.total) == (1, 2)
    again.add_row(made("a0", 1, "done", BASE))
    assert again.ended == again.total


@pytest.fixture
def alive(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Make a stand-in for a slow step that takes note whether something moves on the terminal."""
    moving: list[object] = []
    moved_during: dict[str, bool] = {}
    start, stop = rich.progress.Progress.start, rich.progress.Progress.stop

    def started(bar: rich.progress.Progress) -> None:
        moving.append(bar)
        assert bar.live.refresh_per_second * 2 >= 1  # a sign of life every 2 s
        assert bar.live.auto_refresh
        start(bar)

    def stopped(bar: rich.progress.Progress) -> None:
        with contextlib.suppress(ValueError):
            moving.remove(bar)
        stop(bar)

    def step(name: str, gives: object = None) -> Any:
        def call(*ignored: object, **more: object) -> object:
            moved_during[name] = bool(moving) and moved_during.get(name, True)
            return gives

        return call

    monkeypatch.setattr(rich.progress.Progress, "start", started)
    monkeypatch.setattr(rich.progress.Progress, "stop", stopped)
    yield step
    assert moved_during
    assert all(moved_during.values()), (
        f"silent: {[name for name, moved in moved_during.items() if not moved]}"
    )


def test_every_slow_step_of_a_study_shows_a_moving_bar(
    alive: Callable[..., Any], tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray, the check-up and the baselines are stand-ins; between them nothing takes long."""
    monkeypatch.setattr(launching, "repair_study", alive("repair", []))
    monkeypatch.setattr(run, "_start", alive("start"))
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(start.CONNECTION, "ours", True)
    monkeypatch.setattr(ray, "shutdown", alive("shutdown"))
    monkeypatch.setattr(run, "at_once", lambda where: 2)
    monkeypatch.setattr(run, "check_storage", alive("storage", "here"))
    monkeypatch.setattr(run, "watched", lambda *ignored: contextlib.nullcontext())
    monkeypatch.setattr("rpbind.study.checkup._examined", alive("check-up", ended("x")))
    monkeypatch.setattr(score, "baseline_rows", alive("baselines", []))
    monkeypatch.setattr(score.BaselineData, "from_dataset", alive("windows"))
    monkeypatch.setattr(run.tune.Tuner, "__init__", lambda *ignored, **more: None)
    monkeypatch.setattr(run.tune.Tuner, "fit", alive("runs"))
    monkeypatch.setattr(run, "_placement", lambda where: {"CPU": 1.0})
    monkeypatch.setattr(page, "publish", alive("report", tmp_path))
    monkeypatch.setattr(page, "last_screen", alive("table", ""))
    recipe = BASE.with_({"train.epochs": 1})
    options = page.RunOptions(
        source=DataSource(OpenData(tiny), SplitSpec("cold-rna", (50, 25, 25))),
        seeds=1, resources=Resources(), reports=tmp_path, name="toy",
    )  # fmt: skip
    with pytest.raises(typer.Exit):  # nothing was really made
        page.conduct(
            "toy", Question("?", "!", "."), Design("one", (arm("a", recipe, "-"),), ()), options
        )
