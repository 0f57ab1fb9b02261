"""A small simulated world and models trained in it, for the tests of this room."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rpbind.data.splits import SplitSpec
from rpbind.data.world import World, simulate
from rpbind.ledger import Row
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder
from rpbind.recipe import Recipe
from rpbind.recipe.presets import CONV_RESIDUE
from rpbind.train.inputs import Inputs
from rpbind.train.machine import Machine
from rpbind.train.run import train_run
from rpbind.train.task import Job
from rpbind.use.trained import TrainedModel

WORLD = World(proteins=6, sites=240, shifts=2, length=33)
SEES_MOTIFS = CONV_RESIDUE.with_(
    {
        "model.encoder": {"kind": "conv", "dim": 32, "layers": 1, "kernel": 9, "pool": 4},
        "model.attention": {"dim": 32, "heads": 2},
        "model.feed_forward": {"hidden": 32},
        "model.classifier": {"hidden": [32], "dropout": 0.0},
        "train.batch_size": 32,
        "train.lr": 2e-3,
        "train.epochs": 10,
    }
)


QUICK = {"train.epochs": 1, "train.batch_size": 64}
SMALL = World(proteins=4, sites=40, length=33, seed=1)


@dataclass(frozen=True)
class Toy:
    """A dataset, the model folder of a run on it, the run's row, and the proteins as FASTA."""

    data: Path
    file: Path
    row: Row
    fasta: Path

    @property
    def trained(self) -> TrainedModel:
        return TrainedModel.open(self.file)

    @property
    def inputs(self) -> Inputs:
        return Inputs.open(self.data, SplitSpec(), self.trained.recipe.proteins)


def world(folder: Path, size: World = WORLD) -> Path:
    dataset = simulate(folder, size)
    sequences = [protein.sequence for protein in dataset.proteins]
    for name in ("physchem", "random"):
        build_store(folder, make_encoder(name), sequences)
    return folder


def train(data: Path, folder: Path, recipe: Recipe) -> Toy:
    """Train one run on the cold-rna split, with its files in `folder`."""
    inputs = Inputs.open(data, SplitSpec(), recipe.proteins)
    job = Job("toy", recipe, 0, folder)
    row = train_run(job, inputs, Machine(), "test", lambda point: None)
    assert row.state == "done", row.error
    fasta = folder / "proteins.fasta"
    fasta.write_text("".join(f">{p.id}\n{p.sequence}\n" for p in inputs.proteins))
    return Toy(data, folder / job.run, row, fasta)
