"""Predictions and what became of them, as text."""

from __future__ import annotations

from collections.abc import Sequence

from rpbind.analysis.predictions import JudgedPrediction

OUTCOMES = ("held", "failed", "undecided")


def count(predictions: Sequence[JudgedPrediction]) -> str:
    """Return how many predictions held, failed and are undecided.

    Parameters
    ----------
    predictions
        The predictions of a study.

    Returns
    -------
    str
        "Of 3 predictions: 2 held (a; b), 1 failed (c)"; "" without predictions.
    """
    named = {
        outcome: [each.contrast for each in predictions if each.outcome == outcome]
        for outcome in OUTCOMES
    }
    parts = [f"{len(names)} {o} ({'; '.join(names)})" for o, names in named.items() if names]
    if not parts:
        return ""
    of = f"Of {len(predictions)} predictions" if len(predictions) > 1 else "Of 1 prediction"
    return f"{of}: {', '.join(parts)}"


def line(prediction: JudgedPrediction) -> str:
    """Return one prediction with its outcome: "a: expected inert, found worse: failed".

    Parameters
    ----------
    prediction
        The prediction.

    Returns
    -------
    str
        One line.
    """
    found = f", found {prediction.found}" if prediction.found else ""
    why = f" ({prediction.why})" if prediction.why else ""
    return f"{prediction.contrast}: expected {prediction.expect}{found}: {prediction.outcome}{why}"
