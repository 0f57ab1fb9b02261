"""How well priors rank the asked windows. Shapes: T asked windows, G proteins with both labels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import stdtrit

from rpbind.audit.record import PriorScore
from rpbind.data.priors import OF_TRAINING, PRIORS, Asked
from rpbind.statistics.ranking import rank_by_group


def prior_scores(asked: Asked) -> Iterator[PriorScore]:
    """Yield the AUROCs of every prior; degree priors only if there are training windows.

    Parameters
    ----------
    asked
        The windows.

    Yields
    ------
    PriorScore
        Per protein, with the interval of the mean over proteins, and overall.
    """
    label_T = asked.label_N[asked.asked_T]
    protein_T = asked.protein_N[asked.asked_T].astype(np.int64)
    for name, prior in PRIORS.items():
        if name in OF_TRAINING and not len(asked.train_N):
            continue
        score_T = prior(asked)
        ranked = rank_by_group(label_T, score_T, protein_T).values()
        auroc_G = np.array([one.auroc for one in ranked if one.auroc is not None])
        (overall,) = rank_by_group(label_T, score_T, np.zeros_like(protein_T)).values()
        low, high = _interval(auroc_G)
        yield PriorScore(
            name=name,
            proteins=len(auroc_G),
            per_protein=float(auroc_G.mean()) if len(auroc_G) else None,
            low=low,
            high=high,
            overall=overall.auroc,
        )


def _interval(auroc_G: np.ndarray) -> tuple[float | None, float | None]:
    """Return the 95 % t interval of the mean, cut at 0 and 1; None with fewer than two proteins."""
    proteins = len(auroc_G)
    if proteins < 2:
        return None, None
    half = float(stdtrit(proteins - 1, 0.975) * auroc_G.std(ddof=1) / proteins**0.5)
    mean = float(auroc_G.mean())
    return max(mean - half, 0.0), min(mean + half, 1.0)
