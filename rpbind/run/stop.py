"""Ctrl-C and SIGTERM (Slurm, Kubernetes, `ray job stop`): one flag, heeded in every phase."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from typing import Any

HEEDED = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether the study is to end.

    A signal raises `KeyboardInterrupt` at once; but in Tune's loop the first one lets the step end,
    after which what was under way is recorded. A second Ctrl-C raises there too; a second SIGTERM
    does nothing: some send it twice.
    """

    def __init__(self) -> None:
        self.asked = False
        self.in_loop = False

    @contextlib.contextmanager
    def heeded(self) -> Iterator[None]:
        """Hear the signals while the block runs; a block within it puts nothing back but these."""
        before = {number: signal.getsignal(number) for number in HEEDED}
        if self._hear not in before.values():
            self.asked = False
        self.heed()
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def heed(self) -> None:
        """Hear the signals (again): Ray puts its own answers in when it starts."""
        for number in HEEDED:
            signal.signal(number, self._hear)

    @contextlib.contextmanager
    def fitting(self) -> Iterator[None]:
        """Put the handlers back after a fit: Tune leaves its own, and the next signal to nobody."""
        if self.asked:
            raise KeyboardInterrupt
        before = signal.getsignal(signal.SIGUSR1)
        try:
            yield
        finally:
            self.in_loop = False
            signal.signal(signal.SIGUSR1, before)
            self.heed()

    def step(self) -> None:
        """Hear that Tune is in its loop, and end that where it was asked: by SIGUSR1, Tune's own.

        Tune's SIGINT is switched off (`environment.py`): it would set no flag of ours.
        """
        self.in_loop = True
        if self.asked:
            signal.raise_signal(signal.SIGUSR1)

    def _hear(self, number: int, frame: Any) -> None:
        again, self.asked = self.asked, True
        if (number == signal.SIGINT) if again else not self.in_loop:
            raise KeyboardInterrupt


STOP = Stop()
"""The stop of this process: signals come to a process, not to a study."""
