"""Ctrl-C and SIGTERM (Slurm, Kubernetes, `ray job stop`) end a study in every phase."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """The signal handlers of a study; `requested` says whether a signal has come.

    A signal raises `KeyboardInterrupt` at once, except in Tune's loop. There the first signal lets
    the step end, and running runs are recorded. A second Ctrl-C raises there too; a second SIGTERM
    is ignored, because some schedulers send it twice.
    """

    def __init__(self) -> None:
        self.requested = False
        self.in_loop = False

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Install our handlers for the block, and restore the old ones afterwards; safe to nest."""
        if not _is_main_thread():  # where Python allows no handlers, and signals do not arrive
            yield
            return
        before = {number: signal.getsignal(number) for number in SIGNALS}
        if self._handle not in before.values():
            self.requested = False
        self.install()
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def install(self) -> None:
        """Install our handlers, again after Ray has started and replaced them."""
        if _is_main_thread():
            for number in SIGNALS:
                signal.signal(number, self._handle)

    @contextlib.contextmanager
    def fitting(self) -> Iterator[None]:
        """Restore our handlers after Tuner.fit(), which leaves Tune's handlers installed."""
        if self.requested:
            raise KeyboardInterrupt
        before = signal.getsignal(signal.SIGUSR1)
        try:
            yield
        finally:
            self.in_loop = False
            if _is_main_thread():
                signal.signal(signal.SIGUSR1, before)
            self.install()

    def step(self) -> None:
        """Mark that Tune's loop runs; if a stop was requested, end the loop with Tune's SIGUSR1.

        Tune's SIGINT handler is switched off (`environment.py`), because it would bypass ours.
        """
        self.in_loop = True
        if self.requested:
            signal.raise_signal(signal.SIGUSR1)

    def _handle(self, number: int, frame: Any) -> None:
        again, self.requested = self.requested, True
        if (number == signal.SIGINT) if again else not self.in_loop:
            raise KeyboardInterrupt


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


STOP = Stop()
"""The one instance, because signals come to a process and not to a study."""
