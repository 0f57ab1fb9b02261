"""The device and workers of a run, and the error of a run whose numbers are no longer finite."""

from __future__ import annotations

from dataclasses import dataclass


class DivergedError(Exception):
    """The training loss, a gradient or a score is NaN or infinite."""


@dataclass(frozen=True)
class Machine:
    """The device of a run, and this process's place among its workers.

    Parameters
    ----------
    device
        A torch device: `cpu` or `cuda`.
    threads
        CPU threads of torch.
    rank
        This worker's number, from 0.
    world
        Number of workers that train the run together.
    """

    device: str = "cpu"
    threads: int = 1
    rank: int = 0
    world: int = 1


ONE_CPU = Machine()
