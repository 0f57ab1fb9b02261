"""Predictions and what became of them, as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rpbind.analysis.predictions import JudgedPrediction

OUTCOMES = ("held", "failed", "undecided")
UNCHECKED = "Not checked: the prediction is in words, and names no contrast and verdict"
"""What is said of a prediction that names no contrast."""
SIGNS = {"held": "✓", "failed": "✗", "undecided": "?"}


@dataclass(frozen=True)
class Outcome:
    """What became of some predictions: an outcome, how many have it, and each of them in words."""

    name: str
    count: int
    text: str

    @property
    def sign(self) -> str:
        """The sign of the outcome."""
        return SIGNS[self.name]


def by_outcome(predictions: Sequence[JudgedPrediction]) -> list[Outcome]:
    """Return the predictions by their outcome: those that held, that failed, and the others.

    Parameters
    ----------
    predictions
        The predictions of a study.

    Returns
    -------
    list of Outcome
        Their texts are such as "a (better); b, c (inert)" and "d (expected inert, found worse)".
    """
    named: dict[str, dict[str, list[str]]] = {outcome: {} for outcome in OUTCOMES}
    for each in predictions:
        what = each.expect if each.outcome == "held" else f"expected {each.expect}"
        if each.outcome != "held":
            what = f"{what}, found {_found(each)}" if each.found else f"{what}, {each.why}"
        named[each.outcome].setdefault(what, []).append(each.contrast)
    return [
        Outcome(outcome, sum(map(len, by.values())),
                "; ".join(f"{', '.join(names)} ({what})" for what, names in by.items()))
        for outcome, by in named.items() if by
    ]  # fmt: skip


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
    found = f", found {_found(prediction)}" if prediction.found else ""
    why = f" ({prediction.why})" if prediction.why else ""
    return f"{prediction.contrast}: expected {prediction.expect}{found}: {prediction.outcome}{why}"


def _found(prediction: JudgedPrediction) -> str:
    """Return what was found; "inert" means equal scores, and is refuted by any other verdict."""
    unequal = prediction.expect == "inert" and prediction.outcome == "failed"
    return f"unequal scores: {prediction.found}" if unequal else prediction.found
