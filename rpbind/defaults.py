"""What an experiment takes where an option is not given."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Defaults:
    """The values that an experiment uses for options that are not given.

    Parameters
    ----------
    epochs
        Epochs per run on a dataset; None for those of the recipe.
    simulated_epochs
        Epochs per run in the simulated world; None for those of the recipe.
    narrower
        Factor that divides model widths in the simulated world, and with `--smoke`.
    seeds
        Paired seeds per arm.
    proteins
        Protein encoder whose vectors every arm reads.
    """

    narrower: int
    epochs: int | None = None
    simulated_epochs: int | None = 7
    seeds: int = 5
    proteins: str = "physchem"
