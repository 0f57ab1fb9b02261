"""The searches of a study. A study with tuned arms has one or more searches for each arm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rpbind.analysis.winners import SEARCH, TUNED
from rpbind.errors import UserError
from rpbind.ledger import ContrastPlan
from rpbind.recipe import Recipe
from rpbind.search.config import DEFAULT_CONFIG, SearchConfig
from rpbind.spaces.numbers import FloatDimension, IntDimension
from rpbind.spaces.points import grid_size, size
from rpbind.spaces.space import Space, check_space

SEARCH_SEED = 1000
"""Trials train with seeds from here on. Runs that confirm a winner have fresh seeds, from 0."""

MANY_TRIALS = 100_000
"""Distance between the first draws of two seeds' shared configurations, so that none coincide."""


@dataclass(frozen=True)
class Search:
    """One search: one Optuna study around one recipe.

    Parameters
    ----------
    name
        Its name, such as `fixed.s0`.
    prefix
        What its trials' names begin with.
    base
        Recipe that its configurations change.
    number
        Its number among the searches of its arm, from 0.
    """

    name: str
    prefix: str
    base: Recipe
    number: int = 0

    def trial(self, number: int) -> str:
        """Return the name of a trial, which is the arm of its rows."""
        return f"{self.prefix}trial-{number:04d}"


@dataclass(frozen=True)
class Sweep:
    """All searches of a study.

    Parameters
    ----------
    arms
        {name of an arm: its recipe, around which is searched}.
    space
        The search space of all arms.
    trials
        Trials of each search.
    config
        Sampler, scheduler, objectives and budgets.
    seed
        Random number of the searches' draws.
    searches_per_arm
        Number of searches of each arm.
    shared
        Whether all arms get the same random configurations, which pair their trials.
    contrasts
        Comparisons of tuned arms.
    warm_start
        Optuna parameters of the configurations with which each search begins.
    """

    arms: Mapping[str, Recipe]
    space: Space
    trials: int
    config: SearchConfig = DEFAULT_CONFIG
    seed: int = 0
    searches_per_arm: int = 1
    shared: bool = False
    contrasts: tuple[ContrastPlan, ...] = ()
    warm_start: tuple[dict[str, Any], ...] = ()

    def __post_init__(self) -> None:
        for recipe in self.arms.values():
            check_space(self.space, recipe)
        if self.trials < 1 or self.searches_per_arm < 1:
            raise UserError("--trials and --searches are 1 or more.")
        if self.shared and self.searches_per_arm > 1:
            raise UserError("--shared-configs makes one search per arm: leave --searches out.")
        if self.tunes_arms and self.config.limited:
            raise UserError("Tuned arms need equal budgets: limit them by trials, not by time.")
        if self.warm_start and self.config.sampler == "grid":
            raise UserError(
                "--sampler grid tries only the points of the grid: leave --warm-start out, or take "
                "another sampler."
            )
        if len(self.warm_start) > self.trials:
            raise UserError(
                f"--warm-start has {len(self.warm_start)} configurations, more than --trials "
                f"{self.trials}."
            )
        if self.config.sampler == "grid" and (points := grid_size(self.space)) > self.trials:
            raise UserError(
                f"The grid has {points:,} points, more than --trials {self.trials}. Take --trials "
                f"{points}, or a smaller space."
            )
        numbers = [d for d in self.space.dimension if isinstance(d, FloatDimension | IntDimension)]
        if self.config.sampler == "cmaes" and sum(d.when is None for d in numbers) < 2:
            raise UserError(
                "--sampler cmaes needs two or more numbers without a condition; take --sampler tpe."
            )

    @classmethod
    def of(
        cls,
        base: Recipe,
        space: Space,
        trials: int,
        config: SearchConfig = DEFAULT_CONFIG,
        **more: Any,
    ) -> Sweep:
        """Make a study's only search; its winner joins the study as the arm `tuned`.

        Parameters
        ----------
        base
            Recipe around which is searched.
        space
            The search space.
        trials
            Number of trials.
        config
            Sampler, scheduler, objectives and budgets.
        more
            Further fields of `Sweep`.

        Returns
        -------
        A sweep with one search.
        """
        return cls({TUNED: base}, space, trials, config, **more)

    @property
    def tunes_arms(self) -> bool:
        """Whether the arms of a comparison are tuned, each by its own searches."""
        return tuple(self.arms) != (TUNED,)

    @property
    def searches(self) -> list[Search]:
        """All searches of the study, arm after arm."""
        if not self.tunes_arms:
            return [Search(SEARCH, "", self.arms[TUNED])]
        return [
            Search(f"{arm}.s{number}", f"{arm}.s{number}.", base, number)
            for arm, base in self.arms.items()
            for number in range(self.searches_per_arm)
        ]

    @property
    def protein_encoders(self) -> set[str]:
        """The protein encoders whose vectors its trials may read: of the arms, and searched."""
        searched = [d.extremes for d in self.space.dimension if d.path == "proteins"]
        return {recipe.proteins for recipe in self.arms.values()}.union(*searched)

    @property
    def points(self) -> list[dict[str, Any]]:
        """Optuna parameters of the configurations that are queued: grid, shared, or warm start."""
        if self.config.sampler == "grid":
            return self.space.grid()
        if self.shared:
            return [self.space.draw(self.seed * MANY_TRIALS + i) for i in range(self.trials)]
        return list(self.warm_start)

    @property
    def size(self) -> int | None:
        """Number of configurations; None if infinite, or shared (each with seeds of its own)."""
        return None if self.shared else size(self.space)

    @property
    def max_trained(self) -> int:
        """Largest number of trials of a search that are trained; repeats are not."""
        return self.total if self.size is None else min(self.total, self.size)

    @property
    def total(self) -> int:
        """Number of trials of each search."""
        return len(self.points) if self.config.sampler == "grid" else self.trials

    def seeds(self, search: Search, number: int) -> list[int]:
        """Give the random seeds of a trial's runs.

        They are the same for all arms, and differ between the searches of an arm. Shared
        configurations have one set of seeds each, so that their pairs of runs are independent.

        Parameters
        ----------
        search
            The search.
        number
            Number of the trial, from 0.

        Returns
        -------
        `seeds_per_trial` seeds.
        """
        place = number if self.shared else search.number
        each = self.config.seeds_per_trial
        return [SEARCH_SEED + place * each + i for i in range(each)]

    def plan_entry(self) -> dict[str, Any]:
        """Describe the searches for the plan.

        Returns
        -------
        Everything that the trials depend on, as JSON values.
        """
        config = self.config
        entry: dict[str, Any] = {
            "about": self.space.about,
            "dimensions": [dim.model_dump(mode="json") for dim in self.space.dimension],
            "arms": {name: recipe.model_dump(mode="json") for name, recipe in self.arms.items()},
            "trials": self.total,
            "sampler": "shared" if self.shared else config.sampler,
            "scheduler": config.scheduler,
            "objectives": list(config.objectives),
            "seeds_per_trial": config.seeds_per_trial,
            "metric": f"{config.first.key} of the epoch with the lowest validation loss, mean over "
            f"{config.seeds_per_trial} seed(s) from {SEARCH_SEED}",
            "seed": self.seed,
        }
        if self.size is not None:
            entry["configurations"] = self.size
        if config.repeats != "reuse":
            entry["repeats"] = config.repeats
        if self.warm_start:
            entry["warm"] = [dict(point) for point in self.warm_start]
        if config.limited:
            entry["budget"] = {"minutes": config.minutes, "train_seconds": config.train_seconds}
        if self.tunes_arms:
            entry |= {
                "searches": self.searches_per_arm,
                "shared": self.shared,
                "contrasts": [contrast.model_dump(mode="json") for contrast in self.contrasts],
            }
        return entry
