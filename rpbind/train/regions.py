"""Metrics of the windows of each region type (5'UTR, CDS, ...), where the dataset has them.

Shapes: N windows of the test part.
"""

from __future__ import annotations

from rpbind.audit.regions import metric_of
from rpbind.data.coordinates import REGIONS
from rpbind.data.dataset import Protein
from rpbind.metrics import WindowScores, summarise

PART, KEPT = "test", "auroc_macro"


def by_region(scores: WindowScores, proteins: tuple[Protein, ...]) -> dict[str, float]:
    """Return the AUROC of each region type: per protein, then the mean over protein clusters.

    Parameters
    ----------
    scores
        Logits, labels and region types of the test windows.
    proteins
        The dataset's proteins, in the order of `scores.protein_N`.

    Returns
    -------
    dict[str, float]
        {metric: value}, without region types in which no protein has both labels; empty without
        genome coordinates.
    """
    found: dict[str, float] = {}
    if scores.region_N is None:
        return found
    for number, region in enumerate(REGIONS):
        mine_N = scores.region_N == number
        if not mine_N.any():
            continue
        windows = WindowScores(
            scores.logit_N[mine_N], scores.label_N[mine_N], scores.protein_N[mine_N]
        )
        metrics, _ = summarise(windows, proteins, PART)
        if (value := metrics.get(f"{PART}.{KEPT}")) is not None:
            found[metric_of(PART, region)] = value
    return found
