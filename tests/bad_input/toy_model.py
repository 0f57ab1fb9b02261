"""The model of a run that need not have learnt anything, with its data and proteins."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toy_saved import content_of, write_folder_of, write_old_file_of

from rpbind.data.alphabet import decode
from rpbind.data.splits import SplitSpec
from rpbind.data.world import World, simulate
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE
from rpbind.train.inputs import Inputs
from rpbind.train.machine import Machine
from rpbind.train.run import train_run
from rpbind.train.task import Job

LENGTH = 31


@dataclass
class Made:
    """What a session has made once: a dataset `d`, a model and windows of the dataset."""

    data: Path
    model: Path
    fasta: str
    rna: tuple[str, ...]


def make(folder: Path) -> Made:
    dataset = simulate(folder / "d", World(proteins=4, sites=12, length=LENGTH))
    build_store(folder / "d", make_encoder("physchem"), [p.sequence for p in dataset.proteins])
    inputs = Inputs.open(folder / "d", SplitSpec(), "physchem")
    recipe = narrowed(CONV_RESIDUE, 8).with_({"train.epochs": 1, "train.batch_size": 64})
    job = Job("toy", recipe, 0, folder / "runs")
    row = train_run(job, inputs, Machine(), "test", lambda point: None)
    assert row.state == "done", row.error
    return Made(
        folder / "d",
        folder / "runs" / job.run,
        "".join(f">{p.id}\n{p.sequence}\n" for p in dataset.proteins),
        tuple(decode(dataset.rna_NL[n]) for n in range(4)),
    )


Change = Callable[[dict[str, Any]], Any]
Bytes = Callable[[bytes], bytes]


def placed(made: Made, folder: Path) -> None:
    """Put model, dataset, proteins and windows into a case's folder."""
    shutil.copytree(made.data, folder / "d")
    shutil.copytree(made.model, folder / "model")
    write_old_file_of(content_of(made.model), folder / "model.pt")
    (folder / "proteins.fasta").write_text(made.fasta)
    rows = "".join(f"{rna},SIM{n:02d}\n" for n, rna in enumerate(made.rna))
    (folder / "w.csv").write_text(f"rna,protein\n{rows}")


def rewritten(folder: Path, change: Change) -> None:
    """Change the content of the model in a folder, and of its file in the format of 0.1.0."""
    content = content_of(folder / "model")
    change(content)
    if isinstance(content["weights"], dict):
        write_folder_of(content, folder / "model")
    write_old_file_of(content, folder / "model.pt")


WORDS = "--proteins proteins.fasta --out out.csv"
PREDICT = f"rpbind predict model w.csv {WORDS}"
OLD = f"rpbind predict model.pt w.csv {WORDS}"
EVALUATE = "rpbind evaluate model --data d --out out.json"
EXPLAIN = f"rpbind explain model --rna {'ACGU' * 7}ACG --protein SIM00 --proteins proteins.fasta"
MADE: list[Made] = []


def usual(folder: Path) -> None:
    placed(MADE[0], folder)


def changed(change: Change) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        usual(folder)
        rewritten(folder, change)

    return fill


def field(path: str, value: Any) -> Callable[[Path], None]:
    """A model with one value changed: "calibration.slope"."""

    def change(content: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        for parent in parents:
            content = content[parent]
        content[last] = value

    return changed(change)


def bytes_of(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        usual(folder)
        (folder / name).write_bytes(change((folder / name).read_bytes()))

    return fill


def written(name: str, text: str) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        usual(folder)
        (folder / name).write_text(text)

    return fill
