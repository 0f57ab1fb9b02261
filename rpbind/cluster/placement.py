"""Would a run ever fit? Checked before it is queued: to Ray, what cannot be met is a long wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rpbind.errors import UserError

SLOT = "trial_slot"
"""A resource without substance for trials that only drive a worker group."""

DRIVER = 0.01
"""CPU that such a trial takes on a cluster without slots."""

LEAST_FREE = 2**28
"""Bytes below which a study is not begun: checkpoints and models of a few runs."""


@dataclass(frozen=True)
class Node:
    """A machine of a cluster: Ray's id of it, its address, and what it has in all."""

    id: str
    address: str
    has: dict[str, float]

    def room(self, each: dict[str, float]) -> int:
        """Return how many shares of `each` fit here; a part of a GPU comes from one GPU."""
        fits = []
        for name, amount in each.items():
            there = self.has.get(name, 0.0)
            if name == "GPU" and amount < 1:
                fits.append(int(there) * int(1 / amount + 1e-9))
            else:
                fits.append(int(there / amount + 1e-9))
        return min(fits)

    def words(self, each: dict[str, float]) -> str:
        """Say what it has of what is asked."""
        return f"{self.address} with " + ", ".join(f"{self.has.get(n, 0.0):g} {n}" for n in each)


def at_once(
    there: Sequence[Node], each: dict[str, float], workers: int, *, driven: bool = False
) -> int:
    """Return how many runs of `workers` shares `each` fit at the same time.

    A share must fit on one node. A `driven` run is a worker group that a trial drives: where no
    node has slots for those, any node may have to give a trial its hundredth of a CPU.
    Raises `UserError`, which names what is there, where not even one run ever fits.
    """
    gpus = each.get("GPU", 0.0)
    if gpus > 1 and gpus != int(gpus):
        raise UserError(
            f"A worker takes whole GPUs or a part of one; its share would be {gpus:g}. Give "
            "--gpus-per-run and --workers so that it is at most 1 or a whole number."
        )
    drivers = driven and not any(SLOT in node.has for node in there)
    free = [_without_driver(node) for node in there] if drivers else there
    if (room := sum(node.room(each) for node in free)) >= workers:
        return room // workers
    share = " and ".join(f"{amount:g} {name}" for name, amount in each.items())
    raise UserError(
        f"One run needs {share} on one node{f', {workers} times' if workers > 1 else ''}; there is "
        f"room for {room}"
        + (f" beside a trial that drives it and takes {DRIVER} CPU" if drivers else "")
        + f". Ray has {'; '.join(node.words(each) for node in there) or 'no node'}. Ask for less, "
        "or join a larger cluster with --address."
    )


def check_free(place: str, free: int) -> None:
    """Raise `UserError` where a place has too few bytes left for a study."""
    if free < LEAST_FREE:
        raise UserError(
            f"{place} has {free / 2**20:.0f} MB left, and a study is not begun below "
            f"{LEAST_FREE / 2**20:.0f} MB. Make room, or name another --reports."
        )


def _without_driver(node: Node) -> Node:
    return replace(node, has=node.has | {"CPU": max(0.0, node.has.get("CPU", 0.0) - DRIVER)})
