"""Contrasts as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from rpbind.analysis.contrasts import Contrast
    from rpbind.analysis.tuned import TunedContrast

COLUMNS = ("contrast", "arm", "reference", "difference", "low", "high", "p", "verdict", "n", "why")


def verdict_table(contrasts: Sequence[Contrast | TunedContrast]) -> pd.DataFrame:
    """Return contrasts with their verdicts.

    Parameters
    ----------
    contrasts
        Contrasts that were judged together.

    Returns
    -------
    pandas.DataFrame
        A row per contrast: `difference` of test AUROC (mean over protein clusters, arm minus
        reference), its Holm-adjusted interval from `low` to `high` and `p`, the `verdict`, the
        number `n` of pairs (of seeds, or of searches), and `why`, where the verdict has a reason.
        NaN where nothing could be tested.
    """
    import pandas as pd

    rows = []
    for each in contrasts:
        contrast, verdict = each.paired.contrast, each.verdict
        low, high = verdict.ci or (None, None)
        rows.append(
            {
                "contrast": contrast.name,
                "arm": contrast.arm,
                "reference": contrast.reference,
                "difference": verdict.mean,
                "low": low,
                "high": high,
                "p": verdict.p,
                "verdict": verdict.word,
                "n": each.paired.n,
                "why": verdict.reason,
            }
        )
    numbers = dict.fromkeys(("difference", "low", "high", "p"), float)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(numbers)
