"""The data of a study: a dataset folder, or a simulated world."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rpbind.data.splits import Split, SplitSpec
from rpbind.data.world import World, simulate
from rpbind.errors import UserError, check_not_url
from rpbind.recipe import canonical
from rpbind.splitting.balance import imbalance
from rpbind.splitting.folds import Folds, all_folds
from rpbind.splitting.text import parse_split
from rpbind.train.opened import OpenData

if TYPE_CHECKING:
    from rpbind.train.inputs import Inputs

MAIN = World()
"""The simulated world that experiments use without --data."""


@dataclass(frozen=True)
class DataSource:
    """The data that a study reads.

    Parameters
    ----------
    opened
        The open dataset, with its splits and protein vectors.
    split
        The rule, percentages and seed of the split.
    """

    opened: OpenData
    split: SplitSpec

    @property
    def data(self) -> Path:
        """The absolute path of the dataset folder, for other processes."""
        return self.opened.folder.resolve()

    @property
    def parts(self) -> Split:
        """The part of each window; of folds, those with which the first one is tested."""
        return self.opened.split(self.split)

    @property
    def split_name(self) -> str:
        """Name and hash of the split, or of all folds, as plans have them."""
        named = self._folds if self.split.folds else self.parts
        return f"{named.id} {named.sha256[:12]}"

    @property
    def notes(self) -> str:
        """How the parts came out differently from what was asked for; of folds, what they leak."""
        if self.split.folds:
            return " ".join(self._folds.notes)
        found = (imbalance(self.opened.dataset, self.parts), self.parts.note)
        return " ".join(note for note in found if note)

    @cached_property
    def _folds(self) -> Folds:
        return all_folds(self.opened.dataset, self.split)

    def inputs(self, encoder: str) -> Inputs:
        """Return the inputs of a run.

        Parameters
        ----------
        encoder
            Name of the protein encoder whose vectors the run reads.

        Returns
        -------
        Inputs
            Windows, labels, parts and protein vectors.
        """
        return self.opened.inputs(self.split, encoder)


def open_source(data: Path | None, rule: str) -> DataSource:
    """Open a dataset and its split (seed 0).

    Parameters
    ----------
    data
        The dataset folder; None for the simulated world.
    rule
        Such as "cold-rna", see `rpbind.splitting.text`; one that is not there is a `UserError`.

    Returns
    -------
    DataSource
        The open dataset and its split.
    """
    if data is not None:
        check_not_url("--data", data)
    spec = parse_split(rule, data)
    opened = simulated() if data is None else OpenData(data)
    opened.dataset  # noqa: B018 - a missing dataset is an error here, before heavy imports
    return DataSource(opened, spec)


def simulated(root: Path = Path("data"), world: World = MAIN) -> OpenData:
    """Open a simulated world; make it, with its protein vectors, if it does not exist.

    Parameters
    ----------
    root
        The folder that holds the folder of the world.
    world
        The parameters of the simulation.

    Returns
    -------
    OpenData
        The open dataset.
    """
    mark = hashlib.sha256(canonical(asdict(world)).encode()).hexdigest()[:8]
    folder = root / f"simulated-{mark}"
    if not folder.exists():
        try:
            simulate(folder, world)
        except UserError:
            if not folder.exists():  # otherwise another process has made it meanwhile
                raise
    opened = OpenData(folder)
    for encoder in ("physchem", "triad"):
        opened.build_embeddings(encoder)
    return opened
