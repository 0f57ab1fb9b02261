"""Priors: scores of windows that read no sequence motif, only counts and shares.

What they rank, a dataset gives away: by how its windows were chosen, not by binding. Shapes: N
windows of a dataset, L letters per window, T asked windows, G groups.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import LETTERS
from rpbind.data.distinct import first_equal
from rpbind.statistics.density import own_rows_in_cluster

_ROWS = 65_536


@dataclass(frozen=True, eq=False)
class Asked:
    """The windows that are scored, among all windows of a dataset.

    Parameters
    ----------
    rna_NL
        (N, L) uint8, tokens of `rpbind.data.alphabet`.
    label_N, protein_N, cluster_N
        (N,) label, protein and overlap cluster of each window.
    asked_T
        (T,) indices of the windows that are scored, such as those of the test part.
    train_N
        Indices of the training windows; only the degree priors read them, and their labels.
    """

    rna_NL: NDArray[np.uint8]
    label_N: NDArray[np.uint8]
    protein_N: NDArray[np.int32]
    cluster_N: NDArray[np.int32]
    asked_T: NDArray[np.int64]
    train_N: NDArray[np.int64]

    @cached_property
    def first_N(self) -> NDArray[np.int64]:
        """(N,) the first window with the same letters, see `first_equal`."""
        return first_equal(self.rna_NL)

    @cached_property
    def counts_TK(self) -> NDArray[np.int32]:
        """(T, K) how often an asked window has each of the K tokens."""
        found = np.empty((len(self.asked_T), len(LETTERS)), dtype=np.int32)
        for start in range(0, len(self.asked_T), _ROWS):
            rows = slice(start, start + _ROWS)
            rna_RL = self.rna_NL[self.asked_T[rows]]
            for token in range(len(LETTERS)):
                found[rows, token] = (rna_RL == token).sum(axis=1)
        return found

    @property
    def base(self) -> float:
        """The share of bound training windows; 0.5 if there are none."""
        return float(self.label_N[self.train_N].mean()) if len(self.train_N) else 0.5


Prior = Callable[[Asked], NDArray[np.float64]]
"""Returns (T,) scores of the asked windows."""


def density(asked: Asked) -> NDArray[np.float64]:
    """Return the log count of the same protein's asked windows in each window's cluster."""
    cluster_T, protein_T = asked.cluster_N[asked.asked_T], asked.protein_N[asked.asked_T]
    return np.log(own_rows_in_cluster(cluster_T, protein_T))


def cluster_size(asked: Asked) -> NDArray[np.float64]:
    """Return the log count of asked windows, of all proteins, in each window's cluster."""
    cluster_T = asked.cluster_N[asked.asked_T]
    return np.log(own_rows_in_cluster(cluster_T, np.zeros_like(cluster_T)))


def length(asked: Asked) -> NDArray[np.float64]:
    """Return each window's number of letters."""
    return asked.counts_TK.sum(axis=1).astype(np.float64)


def gc(asked: Asked) -> NDArray[np.float64]:
    """Return each window's share of G and C among its known letters; 0.5 if none is known."""
    known_T = asked.counts_TK.sum(axis=1) - _counts(asked, "N")
    gc_T = _counts(asked, "G") + _counts(asked, "C")
    return np.where(known_T > 0, gc_T / np.maximum(known_T, 1), 0.5)


def n_share(asked: Asked) -> NDArray[np.float64]:
    """Return each window's share of N."""
    return _counts(asked, "N") / np.maximum(asked.counts_TK.sum(axis=1), 1)


def protein_degree(asked: Asked) -> NDArray[np.float64]:
    """Return the share of bound windows among the training windows of each window's protein.

    A protein without training windows gets the share of all training windows.
    """
    return _shares(asked, asked.protein_N, asked.base)[asked.protein_N[asked.asked_T]]


def rna_degree(asked: Asked) -> NDArray[np.float64]:
    """Return how often the RNA of each window was bound in training, by any protein.

    A window that is not in training gets the share of its overlap cluster. If the cluster is new
    too, it gets the share of all training windows; on a cold-rna split these are all windows.
    """
    share_C = _shares(asked, asked.cluster_N, asked.base)
    first_N = asked.first_N
    share_K = _shares(asked, first_N, share_C[asked.cluster_N[: first_N.max() + 1]])
    return share_K[first_N[asked.asked_T]]


PRIORS: dict[str, Prior] = {
    "density": density,
    "cluster-size": cluster_size,
    "length": length,
    "gc": gc,
    "n-share": n_share,
    "protein-degree": protein_degree,
    "rna-degree": rna_degree,
}
"""The priors by their names in audits and reports."""

OF_TRAINING = ("protein-degree", "rna-degree")
"""Priors that count labels of training windows: without a split there are none."""


def _counts(asked: Asked, letter: str) -> NDArray[np.int32]:
    return asked.counts_TK[:, LETTERS.index(letter)]


def _shares(
    asked: Asked, group_N: NDArray[np.integer], prior: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return each group's share of bound training windows; the prior counts as one window."""
    groups, train_N = int(group_N.max()) + 1, asked.train_N
    windows_G = np.bincount(group_N[train_N], minlength=groups)
    bound_G = np.bincount(group_N[train_N], asked.label_N[train_N], minlength=groups)
    return (bound_G + prior) / (windows_G + 1)
