"""Whether a run was stopped while it still learnt, or went on long after: from its validation loss.

The validation loss chooses the epoch whose weights are kept, so it alone is looked at here. Shapes:
E epochs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.stats import linregress

from rpbind.ledger import Finding, Row

LINE_LEVEL = 0.01
"""One-sided level at which a line through the last epochs is told from their noise."""
FEWEST_POINTS = 4
"""Points of such a line: with 3 one degree of freedom is left."""

STILL_IMPROVING = Finding(
    name="still improving",
    severity="warning",
    measured=None,
    threshold=0.004,
    reason="nats of validation loss in the last third of the epochs: 0.005 of AUROC (where it is "
    "about 0.75), half of the delta below which a difference does not matter",
    advice="More epochs: training ended while validation still improved, and an arm that learns "
    "slower than another looks worse than it is.",
)
OVERFITTING = Finding(
    name="overfitting",
    severity="warning",
    measured=None,
    threshold=0.008,
    reason="nats of validation loss above the best epoch, which lies in the first half: 0.010 of "
    "AUROC (where it is about 0.75), the delta above which a difference matters",
    advice="Fewer epochs, or early stopping (train.stop_after): the best epoch is long past, and "
    "validation got worse since. Its weights were kept; the epochs after it were of no use.",
)


def trend(row: Row) -> Finding | None:
    """Return the finding on a finished run's curve; None where it ended about when it should."""
    if row.state != "done":
        return None
    told = [point.get("validation.loss", np.nan) for point in row.curve]
    loss_E = np.array([loss for loss in told if np.isfinite(loss)])
    if len(loss_E) < 2:
        return None
    if (gain := _recent_fall(loss_E)) > (STILL_IMPROVING.threshold or 0.0):
        return STILL_IMPROVING.model_copy(update={"measured": gain})
    rise = 0.0 if _has_stopped_early(row) else _rise_since_best(loss_E)
    if rise > (OVERFITTING.threshold or 0.0):
        return OVERFITTING.model_copy(update={"measured": rise})
    return None


def with_trend(row: Row) -> Row:
    """Return a row with the finding on its curve among its findings."""
    found = trend(row)
    return row.model_copy(update={"findings": (*row.findings, found)}) if found else row


def trials_with_trend(rows: Iterable[Row]) -> Iterator[Row]:
    """Return trials with their findings, under one name for all trials of a search."""
    for row in rows:
        search = row.arm.rpartition("trial-")[0]
        yield with_trend(row).model_copy(update={"arm": f"{search}trials"})


def _recent_fall(loss_E: NDArray[np.float64]) -> float:
    """How much the loss fell in the last third: where the last epoch is best, or a line says so."""
    third = max(1, len(loss_E) // 3)
    if int(np.argmin(loss_E)) == len(loss_E) - 1:
        return float(loss_E[:-third].min() - loss_E[-1])
    last = max(FEWEST_POINTS, third)
    return -_change_along_line(loss_E[-last:]) if len(loss_E) > last else 0.0


def _rise_since_best(loss_E: NDArray[np.float64]) -> float:
    """How far the loss lies above the best epoch's at last, where a line says that it rises."""
    best, half = int(np.argmin(loss_E)), len(loss_E) / 2
    after_E = loss_E[best + 1 :]
    if len(after_E) < max(FEWEST_POINTS, half) or _change_along_line(after_E) <= 0.0:
        return 0.0
    return float(after_E[-max(1, len(after_E) // 3) :].mean() - loss_E[best])


def _change_along_line(loss_E: NDArray[np.float64]) -> float:
    """The change along a line through these epochs; 0 where it is not told from their noise."""
    if np.ptp(loss_E) == 0.0:
        return 0.0
    line = linregress(np.arange(len(loss_E)), loss_E)
    return float(line.slope * (len(loss_E) - 1)) if line.pvalue < 2 * LINE_LEVEL else 0.0


def _has_stopped_early(row: Row) -> bool:
    """Whether early stopping has ended the run: it then did what the advice would be."""
    train = row.recipe.get("train", {})
    patience, planned = train.get("stop_after"), train.get("epochs")
    return patience is not None and planned is not None and len(row.curve) < planned
