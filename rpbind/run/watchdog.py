"""Ends a study whose Ray is gone: without a living node, Tune waits for ever."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import NoReturn

from rpbind.terminal import EXIT_AGAIN

PATIENCE = 30.0
LOOK_EVERY = 5.0


class Watchdog:
    """Remembers since when no node has been alive; `clock` and `alive` are passed in."""

    def __init__(self, alive: Callable[[], bool], clock: Callable[[], float] = time.monotonic):
        self.alive, self.clock = alive, clock
        self.last = clock()

    def gone(self) -> bool:
        """Look once; True where no node has been seen alive for `PATIENCE` seconds."""
        with contextlib.suppress(Exception):  # Ray raises when what it asks is gone as well
            if self.alive():
                self.last = self.clock()
        return self.clock() - self.last >= PATIENCE


@contextlib.contextmanager
def watched(alive: Callable[[], bool], leave: Callable[[], None]) -> Iterator[None]:
    """Look every few seconds while the block runs, and call `leave` when Ray is gone."""
    over = threading.Event()
    dog = Watchdog(alive)

    def watch() -> None:
        while not over.wait(LOOK_EVERY):
            if dog.gone():
                leave()
                return

    thread = threading.Thread(target=watch, daemon=True, name="watchdog")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=LOOK_EVERY)


def leave_at_once() -> NoReturn:
    """End the process as it stands: Tune's loop cannot be asked to stop."""
    print(
        "No Ray node is alive any more, so the study ends here. What the ledger holds is whole, "
        "and the same command goes on with what is missing.",
        file=sys.stderr,
        flush=True,
    )
    os._exit(EXIT_AGAIN)
