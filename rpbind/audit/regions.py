"""Names of the metrics that rows have for each region type (5'UTR, CDS, ...)."""

from __future__ import annotations

from collections.abc import Mapping


def metric_of(part: str, region: str) -> str:
    """Return the name of the AUROC of a region type, without signs that trackers refuse.

    Parameters
    ----------
    part
        The part of the split.
    region
        The region type.

    Returns
    -------
    str
        Such as "test.region.3UTR.auroc_macro".
    """
    return f"{part}.region.{region.replace(chr(39), '')}.auroc_macro"


def regions_in(metrics: Mapping[str, float], part: str = "test") -> dict[str, float]:
    """Return the AUROCs of region types among the metrics of a row.

    Parameters
    ----------
    metrics
        {metric: value}.
    part
        The part of the split.

    Returns
    -------
    dict[str, float]
        {region type: AUROC}; empty for data without region types.
    """
    begin, end = f"{part}.region.", ".auroc_macro"
    return {
        name.removeprefix(begin).removesuffix(end).replace("UTR", "'UTR"): value
        for name, value in metrics.items()
        if name.startswith(begin) and name.endswith(end)
    }
