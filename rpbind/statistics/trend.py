"""Whether a run's training was too short or too long, from the curve of its validation loss.

The weights of the epoch with the lowest validation loss are kept, so only this loss is used.
Shapes: E epochs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.stats import linregress

from rpbind.ledger import Finding, Row

LINE_LEVEL = 0.01
"""One-sided level at which a line through the last epochs counts as rising or falling."""
FEWEST_POINTS = 4
"""Fewest points of such a line; 3 points leave only one degree of freedom."""

STILL_IMPROVING = Finding(
    name="still improving",
    severity="warning",
    measured=None,
    threshold=0.004,
    reason="nats of validation loss in the last third of the epochs: 0.005 of AUROC (where it is "
    "about 0.75), half of the delta below which a difference does not matter",
    advice="More epochs: training ended while the validation loss still fell, and an arm that "
    "learns more slowly than another looks worse than it is.",
)
OVERFITTING = Finding(
    name="overfitting",
    severity="warning",
    measured=None,
    threshold=0.008,
    reason="nats of validation loss above the best epoch, which lies in the first half: 0.010 of "
    "AUROC (where it is about 0.75), the delta above which a difference matters",
    advice="Fewer epochs, or early stopping (train.stop_after): the validation loss has risen "
    "since the best epoch. The weights of that epoch were kept, so the later epochs had no use.",
)


def trend(row: Row) -> Finding | None:
    """Return the finding on a run's curve.

    Parameters
    ----------
    row
        The run's row.

    Returns
    -------
    Finding | None
        `STILL_IMPROVING` or `OVERFITTING`; None if neither holds or the run is not done.
    """
    if row.state != "done":
        return None
    losses = [point.get("validation.loss", np.nan) for point in row.curve]
    loss_E = np.array([loss for loss in losses if np.isfinite(loss)])
    if len(loss_E) < 2:
        return None
    if (gain := _recent_fall(loss_E)) > (STILL_IMPROVING.threshold or 0.0):
        return STILL_IMPROVING.model_copy(update={"measured": gain})
    rise = 0.0 if _has_stopped_early(row) else _rise_since_best(loss_E)
    if rise > (OVERFITTING.threshold or 0.0):
        return OVERFITTING.model_copy(update={"measured": rise})
    return None


def with_trend(row: Row) -> Row:
    """Return a row with the finding on its curve added to its findings.

    Parameters
    ----------
    row
        The run's row.

    Returns
    -------
    Row
        `row` itself if there is no such finding.
    """
    found = trend(row)
    return row.model_copy(update={"findings": (*row.findings, found)}) if found else row


def trials_with_trend(rows: Iterable[Row]) -> Iterator[Row]:
    """Return the rows of trials with the findings on their curves.

    Parameters
    ----------
    rows
        Of trials.

    Returns
    -------
    Iterator[Row]
        With one arm name for all trials of a search, such as `old.s0.trials`.
    """
    for row in rows:
        search = row.arm.rpartition("trial-")[0]
        yield with_trend(row).model_copy(update={"arm": f"{search}trials"})


def _recent_fall(loss_E: NDArray[np.float64]) -> float:
    """How much the loss (E,) fell in the last third of the epochs.

    0 unless the last epoch is the best, or a line through them has a slope beyond noise.
    """
    third = max(1, len(loss_E) // 3)
    if int(np.argmin(loss_E)) == len(loss_E) - 1:
        return float(loss_E[:-third].min() - loss_E[-1])
    last = max(FEWEST_POINTS, third)
    return -_change_along_line(loss_E[-last:]) if len(loss_E) > last else 0.0


def _rise_since_best(loss_E: NDArray[np.float64]) -> float:
    """How far the last losses (E,) lie above the best one, if they rise beyond noise; else 0."""
    best, half = int(np.argmin(loss_E)), len(loss_E) / 2
    after_E = loss_E[best + 1 :]
    if len(after_E) < max(FEWEST_POINTS, half) or _change_along_line(after_E) <= 0.0:
        return 0.0
    return float(after_E[-max(1, len(after_E) // 3) :].mean() - loss_E[best])


def _change_along_line(loss_E: NDArray[np.float64]) -> float:
    """The change along a line through these losses (E,); 0 if its slope is within noise."""
    if np.ptp(loss_E) == 0.0:
        return 0.0
    line = linregress(np.arange(len(loss_E)), loss_E)
    return float(line.slope * (len(loss_E) - 1)) if line.pvalue < 2 * LINE_LEVEL else 0.0


def _has_stopped_early(row: Row) -> bool:
    """Whether early stopping ended the run; it then followed the advice already."""
    train = row.recipe.get("train", {})
    patience, planned = train.get("stop_after"), train.get("epochs")
    return patience is not None and planned is not None and len(row.curve) < planned
