import threading

import pytest

from rpbind.run import watchdog
from rpbind.run.watchdog import PATIENCE, Watchdog, watched


class Time:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_ray_is_gone_when_no_node_was_alive_for_so_long_and_not_before() -> None:
    clock, alive = Time(), [True]
    dog = Watchdog(lambda: alive[0], clock)
    clock.now += 10 * PATIENCE
    assert not dog.gone()
    alive[0] = False
    clock.now += PATIENCE - 1
    assert not dog.gone()
    clock.now += 1
    assert dog.gone()


def test_a_node_that_comes_back_in_time_starts_the_wait_anew() -> None:
    clock, alive = Time(), [False]
    dog = Watchdog(lambda: alive[0], clock)
    clock.now += PATIENCE - 1
    alive[0] = True
    assert not dog.gone()
    alive[0] = False
    clock.now += PATIENCE - 1
    assert not dog.gone()


def test_an_answer_that_fails_counts_as_no_node() -> None:
    clock = Time()

    def ask() -> bool:
        raise RuntimeError("GCS is gone")

    dog = Watchdog(ask, clock)
    clock.now += PATIENCE
    assert dog.gone()


def test_a_study_is_left_once_when_ray_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    left = threading.Event()
    monkeypatch.setattr(watchdog, "CHECK_EVERY", 0.001)
    monkeypatch.setattr(watchdog, "PATIENCE", 0.0)
    with watched(lambda: False, left.set):
        assert left.wait(60)


def test_the_watch_ends_with_the_study(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "CHECK_EVERY", 0.001)
    with watched(lambda: True, lambda: pytest.fail("Ray was alive")):
        assert "watchdog" in {thread.name for thread in threading.enumerate()}
    assert "watchdog" not in {thread.name for thread in threading.enumerate()}
