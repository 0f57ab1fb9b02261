"""The device and workers of a run, and the error of a run whose numbers are no longer finite."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

MALLOPT = {
    "M_MMAP_MAX": (-4, 0),
    "M_TRIM_THRESHOLD": (-1, 2**31 - 1),
    "M_TOP_PAD": (-2, 64 * 2**20),
}
"""Settings of glibc's allocator, as (parameter, value) of `mallopt`, see malloc.h."""


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


def keep_freed_memory() -> None:
    """Let this process keep the memory that it frees, instead of returning it to the kernel.

    Every step of training allocates and frees the same large blocks. By default glibc returns them
    at once, and the kernel clears them again for the next step. This does not change the peak, and
    does nothing where the C library is not glibc.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for parameter, value in MALLOPT.values():
            mallopt(parameter, value)
