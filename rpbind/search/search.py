"""What a search is: a space around recipes, how it is sampled and pruned, and on which budget.

A study may hold several searches (lanes): one per arm and repetition where arms are tuned.
"""

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
"""Searches train with seeds from here on; what confirms their best counts from zero: it is fresh.
"""

MANY_TRIALS = 100_000
"""Shared configurations of one seed; that of a number is the same however many are drawn."""


@dataclass(frozen=True)
class Search:
    """One search: around `base`, the `number`-th (from 0) of its arm."""

    name: str
    prefix: str
    base: Recipe
    number: int = 0

    def trial(self, number: int) -> str:
        """The name of a trial, which its rows have as their arm."""
        return f"{self.prefix}trial-{number:04d}"


@dataclass(frozen=True)
class Sweep:
    """The searches of a study: `trials` of `space` around each arm's recipe, `searches` times.

    With `shared`, every arm is given the same configurations at random, to be paired by them.
    `warm` are configurations (as Optuna is told them) with which every search begins.
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
            raise UserError("A search needs one trial or more, and an arm one search or more.")
        if self.shared and self.searches_per_arm > 1:
            raise UserError("--shared-configs is one search per arm; leave --searches out.")
        if self.tunes_arms and self.config.limited:
            raise UserError("Tuned arms are given trials, all as many: no other budget.")
        if self.warm_start and self.config.sampler == "grid":
            raise UserError(
                "--sampler grid tries the grid's points and no others: leave --warm-start out, or "
                "take another sampler."
            )
        if len(self.warm_start) > self.trials:
            raise UserError(
                f"--warm-start has {len(self.warm_start)} configurations, more than --trials "
                f"{self.trials}."
            )
        if self.config.sampler == "grid" and (points := grid_size(self.space)) > self.trials:
            raise UserError(
                f"The grid has {points:,} points, and --trials {self.trials} would leave some out. "
                f"Ask for --trials {points}, or for a smaller space."
            )
        numbers = [d for d in self.space.dimension if isinstance(d, FloatDimension | IntDimension)]
        if self.config.sampler == "cmaes" and sum(d.when is None for d in numbers) < 2:
            raise UserError("cmaes moves two or more numbers that are always asked; take tpe.")

    @classmethod
    def of(
        cls,
        base: Recipe,
        space: Space,
        trials: int,
        config: SearchConfig = DEFAULT_CONFIG,
        **more: Any,
    ) -> Sweep:
        """Return one search around one recipe, whose best joins the study as the arm `tuned`."""
        return cls({TUNED: base}, space, trials, config, **more)

    @property
    def tunes_arms(self) -> bool:
        """Whether the arms of a comparison are tuned, each by searches of its own."""
        return tuple(self.arms) != (TUNED,)

    @property
    def searches(self) -> list[Search]:
        """Every search of the study."""
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
        """The configurations that are made whatever the sampler: of the grid, shared, or warm."""
        if self.config.sampler == "grid":
            return self.space.grid()
        if self.shared:
            return [self.space.draw(self.seed * MANY_TRIALS + i) for i in range(self.trials)]
        return list(self.warm_start)

    @property
    def size(self) -> int | None:
        """Configurations of the space; None where they never run out, or differ in seed too."""
        return None if self.shared else size(self.space)

    @property
    def max_trained(self) -> int:
        """Trials of each search that are trained, at most: a repeat is not."""
        return self.total if self.size is None else min(self.total, self.size)

    @property
    def total(self) -> int:
        """Trials of each search."""
        return len(self.points) if self.config.sampler == "grid" else self.trials

    def seeds(self, search: Search, number: int) -> list[int]:
        """The seeds with which a trial trains: the same for all arms, others for every search.

        Shared configurations differ in seed too, so that pairs of runs are independent.
        """
        place = number if self.shared else search.number
        each = self.config.seeds_per_trial
        return [SEARCH_SEED + place * each + i for i in range(each)]

    def plan_entry(self) -> dict[str, Any]:
        """Return what a plan says of the search: all that its trials depend on."""
        config = self.config
        said: dict[str, Any] = {
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
            said["configurations"] = self.size
        if config.repeats != "reuse":
            said["repeats"] = config.repeats
        if self.warm_start:
            said["warm"] = [dict(point) for point in self.warm_start]
        if config.limited:
            said["budget"] = {"minutes": config.minutes, "train_seconds": config.train_seconds}
        if self.tunes_arms:
            said |= {
                "searches": self.searches_per_arm,
                "shared": self.shared,
                "contrasts": [contrast.model_dump(mode="json") for contrast in self.contrasts],
            }
        return said
