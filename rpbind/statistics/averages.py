"""Means of a part's AUROCs: macro over protein clusters (the headline), plain, cluster-weighted.

In the headline, a cluster of several proteins (two cell lines of one protein, or homologues) has
the weight of one protein, and in the plain mean over proteins that of all its proteins. In the
cluster-weighted AUROC, a locus that many windows cover counts like one that a single window covers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from rpbind.ledger import ProteinScore, Row
from rpbind.ledger.scores import ProteinScores


@dataclass(frozen=True)
class Averages:
    """The means, averaged over runs.

    Parameters
    ----------
    over_clusters
        Mean AUROC over protein clusters.
    over_proteins
        Plain mean AUROC over proteins.
    clusters
        Number of protein clusters.
    proteins
        Number of proteins.
    weighted
        Cluster-weighted AUROC, mean over protein clusters; None for rows of earlier versions.
    """

    over_clusters: float
    over_proteins: float
    clusters: int
    proteins: int
    weighted: float | None = None

    @property
    def clusters_text(self) -> str:
        """The number of clusters in words: "14 protein clusters"."""
        return f"{self.clusters} protein cluster{'' if self.clusters == 1 else 's'}"

    @property
    def proteins_text(self) -> str:
        """The number of proteins in words: "31 proteins"."""
        return f"{self.proteins} protein{'' if self.proteins == 1 else 's'}"

    @property
    def macro_text(self) -> str:
        """The name of the headline: "macro over 14 protein clusters"."""
        return f"macro over {self.clusters_text}"

    @property
    def plain_text(self) -> str:
        """The name of the other mean: "plain mean over 31 proteins"."""
        return f"plain mean over {self.proteins_text}"

    def words(self, digits: int = 3) -> str:
        """Return the means in words.

        Parameters
        ----------
        digits
            Decimal places.

        Returns
        -------
        str
            Such as "0.832, macro over 14 protein clusters (plain mean over 31 proteins 0.812,
            cluster-weighted 0.801)".
        """
        return f"{self.over_clusters:.{digits}f}, {self.source_words(digits)}"

    def source_words(self, digits: int = 3) -> str:
        """Return the name of the headline, and the other means with their names."""
        weighted = "–" if self.weighted is None else f"{self.weighted:.{digits}f}"
        return (
            f"{self.macro_text} ({self.plain_text} {self.over_proteins:.{digits}f}, "
            f"cluster-weighted {weighted})"
        )


def averages(rows: Iterable[Row], part: str = "test") -> Averages | None:
    """Return the means of several runs.

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
    key = f"{part}.auroc_weighted"
    each = (averages_of_scores(row.proteins, part, row.metrics.get(key)) for row in rows)
    found = [one for one in each if one is not None]
    if not found:
        return None
    weighted = [a.weighted for a in found if a.weighted is not None]
    return Averages(
        float(np.mean([a.over_clusters for a in found])),
        float(np.mean([a.over_proteins for a in found])),
        max(a.clusters for a in found),
        max(a.proteins for a in found),
        float(np.mean(weighted)) if len(weighted) == len(found) else None,
    )


def averages_of_scores(
    each: Sequence[ProteinScore], part: str, weighted: float | None = None
) -> Averages | None:
    """Return the means of one run.

    Parameters
    ----------
    each
        Its scores; proteins without an AUROC are left out.
    part
        Such as "test".
    weighted
        The run's cluster-weighted AUROC on the part, which its scores per protein do not give.

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
    return Averages(headline, float(auroc_N.mean()), len(by_cluster), len(auroc_N), weighted)
