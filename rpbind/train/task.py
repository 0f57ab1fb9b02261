"""What a process is asked to make: the runs of one arm, one seed after another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rpbind.data.splits import SplitSpec
from rpbind.ledger import Stage
from rpbind.recipe import Recipe


@dataclass(frozen=True)
class Job:
    """One run to be made: an arm's recipe with a seed. `folder` is where its files go."""

    arm: str
    recipe: Recipe
    seed: int
    folder: Path
    stage: Stage = "ablation"
    attempt: int = 0

    @property
    def run(self) -> str:
        """The run's name, as the ledger writes it."""
        return f"{self.stage}-{self.arm}-{self.recipe.id}-s{self.seed}"


@dataclass(frozen=True)
class Task:
    """The runs of one arm that one process (or worker group) makes, one seed after another."""

    arm: str
    recipe: Recipe
    seeds: tuple[tuple[int, int], ...]
    """Pairs of (seed, attempt)."""
    data: Path
    split: SplitSpec
    folder: Path
    stage: Stage = "ablation"

    @property
    def jobs(self) -> list[Job]:
        """One job per seed."""
        return [
            Job(self.arm, self.recipe, seed, self.folder, self.stage, attempt)
            for seed, attempt in self.seeds
        ]
