"""Ends a study whose Ray has died; without a live node, Tune would wait forever."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import NoReturn

from rpbind.exits import EXIT_AGAIN

PATIENCE = 30.0
"""Seconds without a live node after which Ray counts as dead."""
BEFORE_LEAVING: list[Callable[[], None]] = []
"""Called before the process ends because Ray has died."""
CHECK_EVERY = 5.0
"""Seconds between two checks."""


class Watchdog:
    """Remembers when a node was last alive; `alive` checks that, `clock` returns seconds."""

    def __init__(self, alive: Callable[[], bool], clock: Callable[[], float] = time.monotonic):
        self.alive, self.clock = alive, clock
        self.last = clock()

    def is_ray_dead(self) -> bool:
        """Check once; True if no node has been alive for `PATIENCE` seconds."""
        with contextlib.suppress(Exception):  # Ray raises if its head is dead
            if self.alive():
                self.last = self.clock()
        return self.clock() - self.last >= PATIENCE


@contextlib.contextmanager
def watched(alive: Callable[[], bool], leave: Callable[[], None]) -> Iterator[None]:
    """Check every few seconds while the block runs, and call `leave` when Ray has died."""
    over = threading.Event()
    dog = Watchdog(alive)

    def watch() -> None:
        while not over.wait(CHECK_EVERY):
            if dog.is_ray_dead():
                leave()
                return

    thread = threading.Thread(target=watch, daemon=True, name="watchdog")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=CHECK_EVERY)


def leave_at_once() -> NoReturn:
    """End the process at once, because Tune's loop does not react while Ray is dead."""
    print(
        "No Ray node is alive any more, so the study ends here. The ledger is intact. Run the "
        "command again; it continues with what is missing.",
        file=sys.stderr,
        flush=True,
    )
    for last in BEFORE_LEAVING:
        with contextlib.suppress(Exception):
            last()
    os._exit(EXIT_AGAIN)
