"""The data of a study: a dataset folder, or the simulated world that stands in for one."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from rpbind.data.splits import Rule, Split, SplitSpec
from rpbind.data.world import World, simulate
from rpbind.errors import UserError, check_not_url, check_one_of
from rpbind.recipe import canonical
from rpbind.train.opened import OpenData

if TYPE_CHECKING:
    from rpbind.train.inputs import Inputs

MAIN = World()
"""The simulated world of a study without --data."""


@dataclass(frozen=True)
class DataSource:
    """The data that a study reads: a dataset that is open, and how it is split."""

    opened: OpenData
    split: SplitSpec

    @property
    def data(self) -> Path:
        """The dataset folder, as another process finds it."""
        return self.opened.folder.resolve()

    @property
    def parts(self) -> Split:
        """Which part of the split each window is in."""
        return self.opened.split(self.split)

    def inputs(self, encoder: str) -> Inputs:
        """Return what a run with the vectors of an encoder reads."""
        return self.opened.inputs(self.split, encoder)


def source(data: Path | None, rule: str) -> DataSource:
    """Return a dataset folder, or the simulated world, split by a rule (70:15:15, seed 0)."""
    check_one_of("--split", rule, get_args(Rule))
    if data is not None:
        check_not_url("--data", data)
    opened = simulated() if data is None else OpenData(data)
    opened.dataset  # noqa: B018 - says so where there is none, before anything heavy is imported
    return DataSource(opened, SplitSpec(rule=cast(Rule, rule)))


def simulated(root: Path = Path("data"), world: World = MAIN) -> OpenData:
    """Open a simulated world, which is made with its protein vectors if it is not there."""
    mark = hashlib.sha256(canonical(asdict(world)).encode()).hexdigest()[:8]
    folder = root / f"simulated-{mark}"
    if not folder.exists():
        try:
            simulate(folder, world)
        except UserError:
            if not folder.exists():  # else another process has made it meanwhile
                raise
    opened = OpenData(folder)
    for encoder in ("physchem", "triad"):
        opened.build_embeddings(encoder)
    return opened
