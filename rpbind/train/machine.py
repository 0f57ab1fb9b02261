"""Where a run runs, and how it ends where its numbers are no numbers any more."""

from __future__ import annotations

from dataclasses import dataclass


class DivergedError(Exception):
    """The training loss, a gradient or a score is NaN or infinite."""


@dataclass(frozen=True)
class Machine:
    """Where a run runs: a device, CPU threads, and its rank among `world` workers."""

    device: str = "cpu"
    threads: int = 1
    rank: int = 0
    world: int = 1


ONE_CPU = Machine()
