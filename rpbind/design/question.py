"""What an experiment asks, said before it runs; importing it costs nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """What an experiment asks, what it expects, and how it will decide: said before it runs."""

    question: str
    prediction: str
    rule: str
