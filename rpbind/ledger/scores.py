"""Per-protein scores in columns: a ledger of many runs holds millions of them.

One letter per axis: N scores of one run.
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
    """A run's scores: a sequence of `ProteinScore`, which are made when they are asked for.

    `parts` and `names` are the words that `part_N` and `protein_N` count in; an AUROC or AUPRC that
    is not there is NaN.
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
        """Return scores in columns; those that are already come back as they are."""
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
        """Return which of the N scores are of a part of the split."""
        if part not in self.parts:
            return np.zeros(len(self), dtype=bool)
        return np.asarray(self.part_N == list(self.parts).index(part))

    def cluster_auroc(self, part: str) -> dict[int, float]:
        """Return {protein cluster: mean AUROC of its proteins on a part}, without what has none.

        It is kept: every contrast of a study asks for it again.
        """
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

    __hash__ = None  # type: ignore[assignment]  # equal to a tuple, which hashes otherwise


def _indexed(words: Iterable[str]) -> tuple[list[str], Ints]:
    known: dict[str, int] = {}
    counted = [known.setdefault(word, len(known)) for word in words]
    return list(known), np.array(counted, dtype=np.int64)


def _number(value: float | None) -> float:
    return math.nan if value is None else value
