"""Check that the cluster can ever run a trial; Ray would queue an impossible one for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rpbind.errors import UserError

SLOT = "trial_slot"
"""Name of a custom Ray resource for trials that only drive a worker group."""

DRIVER_CPU = 0.01
"""CPUs that such a trial reserves on a cluster without that resource."""

LEAST_FREE = 2**28
"""Free bytes that a study needs to begin: enough for checkpoints and models of a few runs."""


@dataclass(frozen=True)
class Node:
    """A machine of a cluster.

    Parameters
    ----------
    id
        Ray's id of the node.
    address
        Its network address.
    has
        Its resources in total, used or not, such as {"CPU": 8.0, "GPU": 1.0}.
    """

    id: str
    address: str
    has: dict[str, float]

    def fits(self, share: dict[str, float]) -> int:
        """Return how many workers fit on this node; a fraction of a GPU comes from one GPU.

        Parameters
        ----------
        share
            Resources of one worker.

        Returns
        -------
        int
            The number of workers.
        """
        fits = []
        for name, amount in share.items():
            available = self.has.get(name, 0.0)
            if name == "GPU" and amount < 1:
                fits.append(int(available) * int(1 / amount + 1e-9))
            else:
                fits.append(int(available / amount + 1e-9))
        return min(fits)

    def describe(self, share: dict[str, float]) -> str:
        """Describe the node by its address and the resources named in `share`.

        Parameters
        ----------
        share
            Resources of one worker.

        Returns
        -------
        str
            Such as "10.0.0.1 with 8 CPU, 0 GPU".
        """
        return f"{self.address} with " + ", ".join(f"{self.has.get(n, 0.0):g} {n}" for n in share)


def parallel_runs(
    nodes: Sequence[Node], share: dict[str, float], workers: int, *, driven: bool = False
) -> int:
    """Return how many runs fit on the nodes at the same time.

    Parameters
    ----------
    nodes
        Nodes of the cluster.
    share
        Resources of one worker; they must fit on one node.
    workers
        Workers per run.
    driven
        Whether a run is a worker group driven by a trial. If no node has `SLOT` resources for such
        trials, every node may have to reserve `DRIVER_CPU` for one.

    Returns
    -------
    int
        The number of runs, at least 1.

    Raises
    ------
    UserError
        If not even one run can ever fit; the message lists the nodes' resources.
    """
    gpus = share.get("GPU", 0.0)
    if gpus > 1 and gpus != int(gpus):
        raise UserError(
            f"A worker takes whole GPUs or a part of one; its share would be {gpus:g}. Choose "
            "--gpus-per-run and --workers so that the share is at most 1 or a whole number."
        )
    drivers = driven and not any(SLOT in node.has for node in nodes)
    free = [_without_driver(node) for node in nodes] if drivers else nodes
    if (fits := sum(node.fits(share) for node in free)) >= workers:
        return fits // workers
    needs = " and ".join(f"{amount:g} {name}" for name, amount in share.items())
    raise UserError(
        f"One run needs {needs} on one node{f', {workers} times' if workers > 1 else ''}; there is "
        f"room for {fits}"
        + (f" beside a trial that drives it and takes {DRIVER_CPU} CPU" if drivers else "")
        + f". Ray has {'; '.join(node.describe(share) for node in nodes) or 'no node'}. Ask for "
        "less, or join a larger cluster with --address."
    )


def check_free(place: str, free: int) -> None:
    """Check that a disk has enough space for a study.

    Parameters
    ----------
    place
        Folder, for the message.
    free
        Free bytes there.

    Raises
    ------
    UserError
        If there are fewer than `LEAST_FREE`.
    """
    if free < LEAST_FREE:
        raise UserError(
            f"{place} has {free / 2**20:.0f} MB of free space, and a study needs at least "
            f"{LEAST_FREE / 2**20:.0f} MB to begin. Free some space, or name another --reports."
        )


def _without_driver(node: Node) -> Node:
    return replace(node, has=node.has | {"CPU": max(0.0, node.has.get("CPU", 0.0) - DRIVER_CPU)})
