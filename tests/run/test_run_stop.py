"""Ctrl-C and SIGTERM: a study ends in every phase, whole, and says how it goes on."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from toy_search import BASE, SPACE

from rpbind import experiment as page
from rpbind.data.splits import SplitSpec
from rpbind.design.design import Design
from rpbind.design.plan import Question
from rpbind.design.source import DataSource
from rpbind.ledger import Ledger
from rpbind.run import ray_tune as run
from rpbind.run import sweep
from rpbind.run.progress import StudyProgress
from rpbind.run.resources import Resources
from rpbind.run.stop import SIGNALS, STOP, Stop
from rpbind.search.config import SearchConfig
from rpbind.search.search import Sweep
from rpbind.study import launch as launching
from rpbind.train.opened import OpenData
from rpbind.train.task import Task

Patch = pytest.MonkeyPatch
TASK = Task("tuned", BASE, ((0, 0),), Path("data"), SplitSpec(), Path("runs"))


@pytest.fixture
def stop() -> Iterator[Stop]:
    """A stop that hears the signals of this process."""
    one = Stop()
    with one.installed():
        yield one


@pytest.fixture
def tune(stop: Stop) -> Iterator[list[int]]:
    """Tune in its loop, as it leaves the signals; what it was told."""
    received: list[int] = []
    with stop.fitting():
        signal.signal(signal.SIGUSR1, lambda number, frame: received.append(number))
        stop.step()
        yield received


def handlers() -> list[Any]:
    return [signal.getsignal(number) for number in (*SIGNALS, signal.SIGUSR1)]


@pytest.mark.parametrize("number", SIGNALS)
def test_outside_tunes_loop_a_signal_ends_the_study_at_once(
    number: signal.Signals, stop: Stop
) -> None:
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
    assert stop.requested


@pytest.mark.parametrize("number", SIGNALS)
def test_in_tunes_loop_a_signal_lets_the_step_end_and_then_tune(
    number: signal.Signals, stop: Stop, tune: list[int]
) -> None:
    signal.raise_signal(number)
    assert tune == []
    stop.step()
    assert tune == [signal.SIGUSR1]


def test_a_second_ctrl_c_does_not_wait_for_tune(stop: Stop, tune: list[int]) -> None:
    signal.raise_signal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_second_sigterm_is_ignored(stop: Stop, tune: list[int]) -> None:
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)
    assert stop.requested


def test_our_signal_handlers_are_restored_after_a_fit(stop: Stop) -> None:
    mine = handlers()
    with stop.fitting():
        for number in (*SIGNALS, signal.SIGUSR1):
            signal.signal(number, lambda number, frame: None)
        stop.step()
    assert handlers() == mine
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_no_fit_begins_after_the_study_was_stopped(stop: Stop) -> None:
    stop.requested = True
    with pytest.raises(KeyboardInterrupt), stop.fitting():
        pytest.fail("a fit began")


def test_the_earlier_signal_handlers_are_restored_after_the_study() -> None:
    mine, stop = handlers(), Stop()
    with stop.installed():
        with stop.installed():
            assert handlers() != mine
        assert handlers() != mine
    assert handlers() == mine


def test_an_earlier_studys_stop_does_not_stop_the_next_and_nested_blocks_share_one_stop() -> None:
    stop = Stop()
    stop.requested = True
    with stop.installed():
        assert not stop.requested
        stop.requested = True
        with stop.installed():
            assert stop.requested


def test_a_stopped_search_is_not_finished_even_if_its_budget_is_spent(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    searches = Sweep.of(BASE, SPACE, 9, SearchConfig(sampler="random", train_seconds=1.0))

    def spend_and_stop(
        where: Resources, space: None, config: Any, record: run.LedgerCallback
    ) -> None:
        config.search_alg.suggest("one")
        config.search_alg.budget.trained = 2.0
        STOP.requested = True

    monkeypatch.setattr(STOP, "requested", False)
    monkeypatch.setattr(run, "at_once", lambda where: 2)
    monkeypatch.setattr(run, "fit", spend_and_stop)
    monkeypatch.setattr(sweep, "_progress", lambda *counted: StudyProgress(9))
    assert not sweep.run_searches(TASK, searches, Ledger(tmp_path), Resources())


def test_a_stopped_study_does_not_begin_lost_runs_again(tmp_path: Path, monkeypatch: Patch) -> None:
    fits = []

    def lose_and_stop(
        where: Resources, space: Any, config: Any, record: run.LedgerCallback
    ) -> None:
        fits.append(space)
        record.lost, record.ended, STOP.requested = [TASK], 1, True

    monkeypatch.setattr(STOP, "requested", False)
    monkeypatch.setattr(run, "at_once", lambda where: 2)
    monkeypatch.setattr(run, "fit", lose_and_stop)
    monkeypatch.setattr(StudyProgress, "of", lambda *counted: StudyProgress(1))
    run.run_grid([TASK], Ledger(tmp_path), Resources())
    assert len(fits) == 1


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    "step", ["repair_study", "examine_arms", "score_baselines", "with_winners"]
)
def test_a_signal_outside_a_fit_ends_a_study_with_the_command_that_continues_it(
    step: str,
    number: signal.Signals,
    tiny: Path,
    tmp_path: Path,
    monkeypatch: Patch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(STOP, "requested", False)
    monkeypatch.setattr("sys.argv", ["tune.py", "--name", "a b"])
    monkeypatch.setattr(run, "_start", lambda where: None)
    monkeypatch.setattr(run, "at_once", lambda where: 2)
    monkeypatch.setattr(run, "check_storage", lambda *ignored: "")
    monkeypatch.setattr(run, "run_grid", lambda *ignored: pytest.fail("a fit began"))
    monkeypatch.setattr(sweep, "run_searches", lambda *ignored: True)
    for each in ("examine_arms", "score_baselines"):
        monkeypatch.setattr(launching, each, lambda *ignored: None)
    monkeypatch.setattr(launching, step, lambda *ignored: signal.raise_signal(number))
    has_begun = step != "repair_study"
    with pytest.raises(typer.Exit if has_begun else KeyboardInterrupt) as ended:
        page.conduct(
            "toy",
            Question("Is it whole?", "Yes.", "Counting."),
            Design("search", (), ()),
            page.RunOptions(
                source=DataSource(OpenData(tiny), SplitSpec("cold-rna", (50, 25, 25))),
                seeds=1,
                resources=Resources(),
                reports=tmp_path,
                sweep=Sweep.of(BASE, SPACE, 2),
            ),
        )
    errors = capsys.readouterr().err
    if not has_begun:  # no ledger has anything that could be continued
        assert errors.endswith("Stopped before the study began; nothing was recorded.\n")
        return
    assert getattr(ended.value, "exit_code", None) == page.UNFINISHED
    assert "Stopped. The ledger is intact." in errors
    assert errors.endswith("python tune.py --name 'a b'\n")


def test_a_study_in_another_thread_leaves_the_handlers_of_the_process_alone() -> None:
    """Python allows handlers in the main thread only; Ctrl-C then goes to that thread."""
    before, ended = handlers(), []

    def study() -> None:
        one = Stop()
        with one.installed(), one.fitting():
            one.step()
            ended.append(handlers())

    thread = threading.Thread(target=study)
    thread.start()
    thread.join()
    assert ended == [before]
