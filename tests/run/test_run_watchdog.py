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


def test_ray_counts_as_dead_only_after_no_node_was_alive_for_the_patience() -> None:
    clock, alive = Time(), [True]
    dog = Watchdog(lambda: alive[0], clock)
    clock.now += 10 * PATIENCE
    assert not dog.is_ray_dead()
    alive[0] = False
    clock.now += PATIENCE - 1
    assert not dog.is_ray_dead()
    clock.now += 1
    assert dog.is_ray_dead()


def test_a_node_that_comes_back_in_time_restarts_the_wait() -> None:
    clock, alive = Time(), [False]
    dog = Watchdog(lambda: alive[0], clock)
    clock.now += PATIENCE - 1
    alive[0] = True
    assert not dog.is_ray_dead()
    alive[0] = False
    clock.now += PATIENCE - 1
    assert not dog.is_ray_dead()


def test_a_check_that_fails_counts_as_no_node() -> None:
    clock = Time()

    def ask() -> bool:
        raise RuntimeError("GCS is gone")

    dog = Watchdog(ask, clock)
    clock.now += PATIENCE
    assert dog.is_ray_dead()


def test_a_study_is_ended_once_when_ray_has_died(monkeypatch: pytest.MonkeyPatch) -> None:
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
