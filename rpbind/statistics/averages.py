"""Two means of the AUROCs of a part: over protein clusters (the headline), and over proteins.

A cluster (two cell lines of one protein, or homologues) weighs like a protein without relatives, so
the two differ where some clusters are large.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rpbind.ledger import ProteinScore, Row
from rpbind.ledger.scores import ProteinScores


@dataclass(frozen=True)
class Averages:
    """Both means, over runs, and of how many protein clusters and proteins they are."""

    over_clusters: float
    over_proteins: float
    clusters: int
    proteins: int

    @property
    def clusters_text(self) -> str:
        """What the headline is a mean of: "14 protein clusters"."""
        return f"{self.clusters} protein cluster{'' if self.clusters == 1 else 's'}"

    @property
    def proteins_text(self) -> str:
        """What the plain mean is of: "31 proteins"."""
        return f"{self.proteins} protein{'' if self.proteins == 1 else 's'}"

    def words(self, digits: int = 3) -> str:
        """Both, the headline first: "0.832, mean over 14 protein clusters (0.812 over ...)"."""
        return (
            f"{self.over_clusters:.{digits}f}, mean over {self.clusters_text} "
            f"({self.over_proteins:.{digits}f} over {self.proteins_text})"
        )


def averages(rows: Iterable[Row], part: str = "test") -> Averages | None:
    """Return both means of the runs that were scored on a part; None where none was."""
    found = [a for row in rows if (a := averages_of_scores(row.proteins, part)) is not None]
    if not found:
        return None
    return Averages(
        float(np.mean([a.over_clusters for a in found])),
        float(np.mean([a.over_proteins for a in found])),
        max(a.clusters for a in found),
        max(a.proteins for a in found),
    )


def averages_of_scores(each: Sequence[ProteinScore], part: str) -> Averages | None:
    """Return both means of one run; proteins without an AUROC do not count."""
    scores = ProteinScores.of(each)
    auroc_N = scores.auroc_N[scores.on(part) & np.isfinite(scores.auroc_N)]
    by_cluster = scores.cluster_auroc(part)
    if not len(auroc_N):
        return None
    headline = float(np.mean(list(by_cluster.values())))
    return Averages(headline, float(auroc_N.mean()), len(by_cluster), len(auroc_N))
