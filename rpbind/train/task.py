"""The work of one process: the runs of one arm, one seed after another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rpbind.data.splits import SplitSpec
from rpbind.ledger import Stage
from rpbind.parts import Part
from rpbind.recipe import Recipe


@dataclass(frozen=True)
class Job:
    """One run to train: an arm's recipe with a seed.

    Parameters
    ----------
    arm
        The arm's name, or the trial's.
    recipe
        All hyperparameters.
    seed
        The run's seed.
    folder
        Where the run's files are written.
    stage
        Which stage of the study the run belongs to.
    attempt
        0, or how many earlier attempts were lost or failed.
    metrics
        Metrics of the user's own.
    """

    arm: str
    recipe: Recipe
    seed: int
    folder: Path
    stage: Stage = "ablation"
    attempt: int = 0
    metrics: tuple[Part, ...] = ()

    @property
    def run(self) -> str:
        """The run's name in the ledger."""
        return f"{self.stage}-{self.arm}-{self.recipe.id}-s{self.seed}"


@dataclass(frozen=True)
class Task:
    """The runs of one arm that one process (or worker group) trains, one seed after another.

    Parameters
    ----------
    arm
        The arm's name, or the trial's.
    recipe
        All hyperparameters.
    seeds
        Pairs of (seed, attempt), one per run.
    data
        The dataset folder.
    split
        Which split of it.
    folder
        Where the runs' files are written.
    stage
        Which stage of the study the runs belong to.
    metrics
        Metrics of the user's own.
    """

    arm: str
    recipe: Recipe
    seeds: tuple[tuple[int, int], ...]
    data: Path
    split: SplitSpec
    folder: Path
    stage: Stage = "ablation"
    metrics: tuple[Part, ...] = ()

    @property
    def jobs(self) -> list[Job]:
        """One job per seed."""
        return [
            Job(self.arm, self.recipe, seed, self.folder, self.stage, attempt, self.metrics)
            for seed, attempt in self.seeds
        ]
