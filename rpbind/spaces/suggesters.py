"""Objects with the `suggest_*` methods of an Optuna trial that need no Optuna study.

Optuna has a `FixedTrial` of its own, but importing Optuna takes a second, and this package is
imported at every start of an experiment.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any


class FixedSuggester:
    """Returns known values, as `optuna.trial.FixedTrial` does."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.params = params

    def _known(self, name: str, *args: Any, **options: Any) -> Any:
        return self.params[name]

    suggest_float = suggest_int = suggest_categorical = _known


class RandomSuggester:
    """Draws every value at random and independently; `params` holds what was drawn."""

    def __init__(self, seed: int) -> None:
        self.random, self.params = random.Random(seed), dict[str, Any]()

    def suggest_float(self, name: str, low: float, high: float, *, log: bool) -> float:
        """Draw a number from `low` to `high`, uniform or log-uniform."""
        share = self.random.random()
        value = low * (high / low) ** share if log else low + (high - low) * share
        self.params[name] = min(max(value, low), high)
        return self.params[name]

    def suggest_int(
        self, name: str, low: int, high: int, *, step: int = 1, log: bool = False
    ) -> int:
        """Draw a whole number from `low` to `high`, both included."""
        if log:
            share = self.random.random()
            self.params[name] = min(int(low * ((high + 1) / low) ** share), high)
        else:
            self.params[name] = self.random.randrange(low, high + 1, step)
        return self.params[name]

    def suggest_categorical(self, name: str, choices: list[str]) -> str:
        """Draw one of the choices."""
        self.params[name] = self.random.choice(choices)
        return self.params[name]


class NameCollector:
    """Returns the largest value of every parameter and collects the parameters' names.

    The largest value makes a `layers` dimension suggest all its widths.
    """

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        """The names in the order of the first suggestion (a dict as an ordered set)."""

    def suggest_float(self, name: str, low: float, high: float, **options: Any) -> float:
        """Return `high`.

        Parameters
        ----------
        name
            Name of the parameter.
        low, high
            Its range.
        options
            Ignored.

        Returns
        -------
        The upper end of the range.
        """
        self.names[name] = None
        return high

    def suggest_int(self, name: str, low: int, high: int, **options: Any) -> int:
        """Return `high`.

        Parameters
        ----------
        name
            Name of the parameter.
        low, high
            Its range, both ends included.
        options
            Ignored.

        Returns
        -------
        The upper end of the range.
        """
        self.names[name] = None
        return high

    def suggest_categorical(self, name: str, choices: list[str]) -> str:
        """Return the last choice.

        Parameters
        ----------
        name
            Name of the parameter.
        choices
            Its values.

        Returns
        -------
        The last of them.
        """
        self.names[name] = None
        return choices[-1]
