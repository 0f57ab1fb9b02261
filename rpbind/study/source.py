"""The data of a study: a dataset folder, or the simulated world that stands in for one."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast, get_args

from rpbind.data.dataset import Dataset
from rpbind.data.splits import Rule, SplitSpec
from rpbind.data.world import World, simulate
from rpbind.errors import UserError, no_url, one_of
from rpbind.proteins.bank import build_bank
from rpbind.proteins.encoders import make_encoder
from rpbind.recipe import canonical

MAIN = World()
"""The simulated world of a study without --data."""


@dataclass(frozen=True)
class Source:
    """The data that a study reads: a dataset folder and how it is split."""

    data: Path
    split: SplitSpec


def source(data: Path | None, rule: str) -> Source:
    """Return a dataset folder, or the simulated world, split by a rule (70:15:15, seed 0)."""
    one_of("--split", rule, get_args(Rule))
    if data is not None:
        no_url("--data", data)
        Dataset.open(data)  # says so where there is none, before anything heavy is imported
    return Source((data or simulated()).resolve(), SplitSpec(rule=cast(Rule, rule)))


def simulated(root: Path = Path("data"), world: World = MAIN) -> Path:
    """Return the folder of a simulated world, made with its protein banks if it is not there."""
    mark = hashlib.sha256(canonical(asdict(world)).encode()).hexdigest()[:8]
    folder = root / f"simulated-{mark}"
    if not folder.exists():
        try:
            simulate(folder, world)
        except UserError:
            if not folder.exists():  # else another process has made it meanwhile
                raise
    sequences = [protein.sequence for protein in Dataset.open(folder).proteins]
    for encoder in ("physchem", "triad"):
        build_bank(folder / "bank", make_encoder(encoder), sequences)
    return folder
