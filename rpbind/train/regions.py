"""Metrics of the windows of each region type (5'UTR, CDS, ...), where the dataset has them.

Shapes: N windows of a part.
"""

from __future__ import annotations

from rpbind.audit.regions import metric_of
from rpbind.data.coordinates import REGIONS
from rpbind.data.dataset import Protein
from rpbind.metrics import WindowScores, summarise

KEPT = "auroc_macro"


def by_region(scores: WindowScores, proteins: tuple[Protein, ...], part: str) -> dict[str, float]:
    """Return the AUROC of each region type: per protein, then the mean over protein clusters.

    Parameters
    ----------
    scores
        Logits, labels and region types of the part's windows.
    proteins
        The dataset's proteins, in the order of `scores.protein_N`.
    part
        The part's name.

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
        metrics, _ = summarise(windows, proteins, part)
        if (value := metrics.get(f"{part}.{KEPT}")) is not None:
            found[metric_of(part, region)] = value
    return found
