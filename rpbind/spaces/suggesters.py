"""What answers like an Optuna trial without being one, to a space that asks for its values."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any


class FixedSuggester:
    """Answers like an Optuna trial whose values are known."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.params = params

    def _known(self, name: str, *args: Any, **options: Any) -> Any:
        return self.params[name]

    suggest_float = suggest_int = suggest_categorical = _known


class RandomSuggester:
    """Answers like an Optuna trial, at random, without Optuna."""

    def __init__(self, seed: int) -> None:
        self.random, self.params = random.Random(seed), dict[str, Any]()

    def suggest_float(self, name: str, low: float, high: float, *, log: bool) -> float:
        share = self.random.random()
        value = low * (high / low) ** share if log else low + (high - low) * share
        self.params[name] = min(max(value, low), high)
        return self.params[name]

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        if log:
            share = self.random.random()
            self.params[name] = min(int(low * ((high + 1) / low) ** share), high)
        else:
            self.params[name] = self.random.randrange(low, high + 1, step)
        return self.params[name]

    def suggest_categorical(self, name: str, choices: list[str]) -> str:
        self.params[name] = self.random.choice(choices)
        return self.params[name]


class NameCollector:
    """Answers like an Optuna trial, with the largest value, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: dict[str, None] = {}

    def suggest_float(self, name: str, low: float, high: float, **options: Any) -> float:
        self.asked[name] = None
        return high

    def suggest_int(self, name: str, low: int, high: int, **options: Any) -> int:
        self.asked[name] = None
        return high

    def suggest_categorical(self, name: str, choices: list[str]) -> str:
        self.asked[name] = None
        return choices[-1]
