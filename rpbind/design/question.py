"""The question of an experiment; this module imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """The question of an experiment, written down before it runs.

    Parameters
    ----------
    question
        What the experiment asks.
    prediction
        The expected answer.
    rule
        How the results decide it.
    """

    question: str
    prediction: str
    rule: str
