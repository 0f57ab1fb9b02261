"""Two means of a part's AUROCs: over protein clusters (the headline), and over proteins.

In the headline, a cluster of several proteins (two cell lines of one protein, or homologues) has
the weight of one protein. So the two means differ if some clusters are large.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rpbind.ledger import ProteinScore, Row
from rpbind.ledger.scores import ProteinScores


@dataclass(frozen=True)
class Averages:
    """Both means, averaged over runs.

    Parameters
    ----------
    over_clusters
        Mean AUROC over protein clusters.
    over_proteins
        Mean AUROC over proteins.
    clusters
        Number of protein clusters.
    proteins
        Number of proteins.
    """

    over_clusters: float
    over_proteins: float
    clusters: int
    proteins: int

    @property
    def clusters_text(self) -> str:
        """The number of clusters in words: "14 protein clusters"."""
        return f"{self.clusters} protein cluster{'' if self.clusters == 1 else 's'}"

    @property
    def proteins_text(self) -> str:
        """The number of proteins in words: "31 proteins"."""
        return f"{self.proteins} protein{'' if self.proteins == 1 else 's'}"

    def words(self, digits: int = 3) -> str:
        """Return both means in words.

        Parameters
        ----------
        digits
            Decimal places.

        Returns
        -------
        str
            Such as "0.832, mean over 14 protein clusters (0.812 over 31 proteins)"; only the first
            part if every cluster is one protein.
        """
        return f"{self.over_clusters:.{digits}f}, {self.source_words(digits)}"

    def source_words(self, digits: int = 3) -> str:
        """Return over how many clusters the first mean is, and the second mean if it can differ."""
        if self.clusters == self.proteins:  # every cluster is one protein
            return f"mean over {self.clusters_text}"
        return (
            f"mean over {self.clusters_text} "
            f"({self.over_proteins:.{digits}f} over {self.proteins_text})"
        )


def averages(rows: Iterable[Row], part: str = "test") -> Averages | None:
    """Return both means of several runs.

    Parameters
    ----------
    rows
        Of the runs; runs without scores on the part are left out.
    part
        Such as "test".

    Returns
    -------
    Averages | None
        None if no run has scores on the part.
    """
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
    """Return both means of one run.

    Parameters
    ----------
    each
        Its scores; proteins without an AUROC are left out.
    part
        Such as "test".

    Returns
    -------
    Averages | None
        None if no protein has an AUROC on the part.
    """
    scores = ProteinScores.of(each)
    auroc_N = scores.auroc_N[scores.on(part) & np.isfinite(scores.auroc_N)]
    by_cluster = scores.cluster_auroc(part)
    if not len(auroc_N):
        return None
    headline = float(np.mean(list(by_cluster.values())))
    return Averages(headline, float(auroc_N.mean()), len(by_cluster), len(auroc_N))
