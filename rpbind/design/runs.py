"""How many runs a study has, how many windows each reads, and how long that takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from rpbind.errors import UserError

MANY = 10_000
"""A study with more runs needs --yes."""


class _Config(Protocol):
    @property
    def seeds_per_trial(self) -> int: ...


class Searched(Protocol):
    """What the number of runs depends on in a study's searches."""

    @property
    def searches(self) -> Sequence[object]:
        """All searches."""
        ...

    @property
    def max_trained(self) -> int:
        """Most trials of a search that are trained."""
        ...

    @property
    def config(self) -> _Config:
        """How trials are run."""
        ...


@dataclass(frozen=True)
class Timing:
    """Seconds of one run, and in words how they were measured."""

    seconds: float
    basis: str


@dataclass(frozen=True)
class Parts:
    """How many windows each part of a split has.

    Parameters
    ----------
    train, validation, test
        Windows.
    """

    train: int
    validation: int
    test: int

    def trained(self, epochs: int) -> int:
        """Return how many windows a run is trained with, each counted once per epoch."""
        return epochs * self.train

    def scored(self, epochs: int) -> int:
        """Return how many windows a run scores: validation each epoch, and both at the end."""
        return epochs * self.validation + self.validation + self.test

    def seconds(self, epochs: int, step: float, score: float) -> float:
        """Return the seconds of a run without early stopping.

        Parameters
        ----------
        epochs
            Epochs.
        step, score
            Seconds of a window in training and in scoring.

        Returns
        -------
        float
            Seconds.
        """
        return self.trained(epochs) * step + self.scored(epochs) * score


@dataclass(frozen=True)
class Runs:
    """The numbers of runs, contrasts and trials of a study.

    Parameters
    ----------
    arms
        Arms, trained controls and winners of searches.
    seeds
        Seeds per arm.
    contrasts
        Contrasts that are judged together.
    trials
        Runs of search trials.
    """

    arms: int
    seeds: int
    contrasts: int
    trials: int = 0

    @classmethod
    def of(
        cls, trained: int, seeds: int, contrasts: int, sweep: Searched | None, frozen: bool = False
    ) -> Self:
        """Count the runs of a study; winners of searches count as arms, and a trial per seed.

        Parameters
        ----------
        trained
            Arms and trained controls.
        seeds, contrasts
            Seeds per arm, and contrasts.
        sweep
            The searches, if there are any.
        frozen
            Whether the winners are among `trained` already.

        Returns
        -------
        Runs
            The numbers.
        """
        if sweep is None:
            return cls(trained, seeds, contrasts)
        searches = len(sweep.searches)
        trials = searches * sweep.max_trained * sweep.config.seeds_per_trial
        return cls(trained + (0 if frozen else searches), seeds, contrasts, trials)

    @property
    def runs(self) -> int:
        """All runs, including those of trials."""
        return self.arms * self.seeds + self.trials

    def time(self, one: Timing, at_once: int, done: int = 0) -> str:
        """Return a sentence about the time of the remaining runs.

        Parameters
        ----------
        one
            The time of one run.
        at_once
            How many runs are trained at the same time.
        done
            How many runs are done already.

        Returns
        -------
        str
            Time in all, runs that are left, time per run, and how it was measured.
        """
        left = max(self.runs - done, 0)
        text = f", {done} of {self.runs} runs are done" if done else ""
        return (
            f"about {span(self.seconds(one, at_once, done))}: {left} x {span(one.seconds)}, "
            f"{at_once} at once{text}; {one.basis}"
        )

    def seconds(self, one: Timing, at_once: int, done: int = 0) -> float:
        """Return the seconds of the remaining runs; the parameters are those of `time`.

        More runs at once than there are runs do not make one of them shorter.
        """
        left = max(self.runs - done, 0)
        return left * one.seconds / min(at_once, max(left, 1))


def at_once(devices: float, each: float) -> int:
    """Return how many runs so many CPU cores or GPUs train at the same time, at least 1."""
    return max(int(devices / each), 1)


def check_size(price: Runs, yes: bool) -> None:
    """Check that a study is not large by mistake.

    Parameters
    ----------
    price
        The numbers of its runs.
    yes
        Whether the user allows more than 10,000 runs.

    Raises
    ------
    UserError
        On more than 10,000 runs without `yes`.
    """
    if price.runs > MANY and not yes:
        raise UserError(
            f"This design takes {price.runs:,} runs ({price.arms} arms x {price.seeds} seeds and "
            f"{price.trials:,} trials), more than {MANY:,}. Use fewer seeds, arms or trials, or "
            "add --yes to allow it."
        )


def span(seconds: float) -> str:
    """Return a time with its unit: "40 s", "3.5 min", "2.0 h"."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
