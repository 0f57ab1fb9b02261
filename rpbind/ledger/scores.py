"""Per-protein scores as arrays, because a ledger of many runs holds millions of them.

Shapes: N scores of one run, G protein clusters.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np
from numpy.typing import NDArray

from rpbind.ledger.records import ProteinScore

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ProteinScores(Sequence[ProteinScore]):
    """The scores of one run in columns; a sequence that creates `ProteinScore` objects on access.

    Parameters
    ----------
    parts
        Names of the scored parts.
    names
        Names of the proteins.
    part_N
        (N,) int64, indices into `parts`.
    protein_N
        (N,) int64, indices into `names`.
    cluster_N
        (N,) int64, protein clusters.
    windows_N
        (N,) int64, numbers of windows.
    positives_N
        (N,) int64, numbers of windows with label 1.
    auroc_N
        (N,) float64, AUROC; NaN if a class is absent.
    auprc_N
        (N,) float64, AUPRC; NaN if a class is absent.
    """

    parts: Sequence[str]
    names: Sequence[str]
    part_N: Ints
    protein_N: Ints
    cluster_N: Ints
    windows_N: Ints
    positives_N: Ints
    auroc_N: Floats
    auprc_N: Floats
    _by_part: dict[str, dict[int, float]] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, scores: Sequence[ProteinScore]) -> ProteinScores:
        """Return scores in columns.

        Parameters
        ----------
        scores
            The scores of one run.

        Returns
        -------
        ProteinScores
            `scores` itself if it is one already.
        """
        if isinstance(scores, ProteinScores):
            return scores
        parts, part_N = _indexed(score.part for score in scores)
        names, protein_N = _indexed(score.protein for score in scores)
        return cls(
            parts,
            names,
            part_N,
            protein_N,
            np.array([score.cluster for score in scores], dtype=np.int64),
            np.array([score.windows for score in scores], dtype=np.int64),
            np.array([score.positives for score in scores], dtype=np.int64),
            np.array([_number(score.auroc) for score in scores], dtype=np.float64),
            np.array([_number(score.auprc) for score in scores], dtype=np.float64),
        )

    def on(self, part: str) -> NDArray[np.bool_]:
        """Return which scores are those of a part.

        Parameters
        ----------
        part
            Such as "test".

        Returns
        -------
        NDArray[np.bool_]
            (N,) mask.
        """
        if part not in self.parts:
            return np.zeros(len(self), dtype=bool)
        return np.asarray(self.part_N == list(self.parts).index(part))

    def cluster_auroc(self, part: str) -> dict[int, float]:
        """Return the mean AUROC of each protein cluster on a part.

        Parameters
        ----------
        part
            Such as "test".

        Returns
        -------
        dict[int, float]
            {cluster: mean over its proteins with an AUROC}; clusters without one are left out.
        """
        # cached, because every contrast of a study reads it
        if part not in self._by_part:
            has_N = self.on(part) & np.isfinite(self.auroc_N)
            cluster_N = self.cluster_N[has_N]
            count_G = np.bincount(cluster_N)
            sum_G = np.bincount(cluster_N, weights=self.auroc_N[has_N])
            there = np.flatnonzero(count_G)
            mean_G = sum_G[there] / count_G[there]
            self._by_part[part] = dict(zip(there.tolist(), mean_G.tolist(), strict=True))
        return self._by_part[part]

    def __len__(self) -> int:
        return len(self.part_N)

    @overload
    def __getitem__(self, index: int) -> ProteinScore: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ProteinScore]: ...
    def __getitem__(self, index: int | slice) -> ProteinScore | Sequence[ProteinScore]:
        return tuple(self)[index]

    def __iter__(self) -> Iterator[ProteinScore]:
        numbers = (self.cluster_N, self.windows_N, self.positives_N, self.auroc_N, self.auprc_N)
        columns = (column.tolist() for column in (self.part_N, self.protein_N, *numbers))
        for part, protein, cluster, windows, positives, auroc, auprc in zip(*columns, strict=True):
            yield ProteinScore.model_construct(
                part=self.parts[part],
                protein=self.names[protein],
                cluster=cluster,
                windows=windows,
                positives=positives,
                auroc=None if math.isnan(auroc) else auroc,
                auprc=None if math.isnan(auprc) else auprc,
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # it equals a tuple, whose hash differs


def _indexed(words: Iterable[str]) -> tuple[list[str], Ints]:
    known: dict[str, int] = {}
    counted = [known.setdefault(word, len(known)) for word in words]
    return list(known), np.array(counted, dtype=np.int64)


def _number(value: float | None) -> float:
    return math.nan if value is None else value
