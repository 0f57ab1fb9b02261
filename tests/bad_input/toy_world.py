"""A dataset, its frozen split and a search space, made once and copied into a case's folder."""

import functools
import shutil
from collections.abc import Callable
from pathlib import Path

from rpbind.data.frozen_split import load_split
from rpbind.data.splits import SplitSpec
from rpbind.data.world import World, simulate
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder

ONE_RATE = 'about = "."\n[[dimension]]\npath = "train.lr"\nkind = "choice"\nvalues = [1e-3, 1e-2]\n'


@functools.cache
def world() -> Callable[[Path], None]:
    """Fill a folder with a dataset `data` and a space `s.toml`."""
    made: list[Path] = []

    def fill(folder: Path) -> None:
        if not made:
            dataset = simulate(folder / "data", World(proteins=4, sites=12, length=31))
            sequences = [protein.sequence for protein in dataset.proteins]
            for encoder in ("physchem", "random", "constant"):
                build_store(folder / "data", make_encoder(encoder), sequences)
            load_split(dataset, SplitSpec())
            made.append(Path(shutil.copytree(folder / "data", folder.parent / "world")))
        else:
            shutil.copytree(made[0], folder / "data")
        (folder / "s.toml").write_text(ONE_RATE)

    return fill
