"""Outputs that cannot be written: places, names and full disks; and what cannot be embedded."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bad_input import IMPORT, Case, check
from toy_model import (
    EVALUATE,
    EXPLAIN,
    MADE,
    PREDICT,
    make,
    usual,
    written,
)

from rpbind.baselines.data import BaselineData


@pytest.fixture(scope="module", autouse=True)
def made(tmp_path_factory: pytest.TempPathFactory) -> None:
    MADE[:] = [make(tmp_path_factory.mktemp("model"))]


LONG = "n" * 300


def without_store(folder: Path) -> None:
    usual(folder)
    shutil.rmtree(folder / "d" / "embeddings")


def with_folder(folder: Path) -> None:
    usual(folder)
    (folder / "out.csv").mkdir()


def out(command: str, to: str) -> str:
    return command.replace("out.csv", to).replace("out.json", to)


OUTPUTS = [
    Case("no such folder", out(PREDICT, "none/out.csv"), ("no folder none", "out.csv"), usual),
    Case("a folder for a result", PREDICT, ("out.csv is a folder",), with_folder),
    Case("a file for a folder", out(PREDICT, "w.csv/out.csv"), ("w.csv",), usual),
    Case("a result over its windows", out(PREDICT, "w.csv"), ("w.csv is an input",), usual),
    Case("a result in a dataset", out(PREDICT, "d/out.csv"), ("d is a dataset",), usual),
    Case("a result over a dataset", out(EVALUATE, "d/manifest.json"), ("d is a dataset",), usual),
    Case("no ending", out(PREDICT, "out"), (".parquet or .csv", "got out"), usual),
    Case("another ending", out(EVALUATE, "out.csv"), (".json", "got out.csv"), usual),
    Case("an ending of a page", f"{EXPLAIN} --out o.csv", (".html or .parquet",), usual),
    Case("a name of 300 letters", out(PREDICT, f"{LONG}.csv"), ("too long", "nnn.csv"), usual),
    Case("the same of an evaluation", out(EVALUATE, f"{LONG}.json"), ("too long",), usual),
    Case("the same of a page", f"{EXPLAIN} --out {LONG}.html", ("too long",), usual),
    Case("the same of baselines", f"rpbind baselines d --out {LONG}.csv", ("too long",), usual),
    Case("the same of a dataset", IMPORT.replace("--out d", f"--out {LONG}"), ("too long",)),
    Case(
        "the same of a subset",
        f"rpbind subset d --per-protein 2 --out {LONG}",
        ("too long",),
        usual,
    ),
    Case("a dataset over another", IMPORT, ("d exists already",), usual),
    Case(
        "a dataset in a file", IMPORT.replace("--out d", "--out windows.tsv/d"), ("not a folder",)
    ),
    Case("a dataset at a URL", IMPORT.replace("--out d", "--out s3://b/d"), ("--out", "URL")),
    Case("a subset over another", "rpbind subset d --per-protein 2 --out d", ("exists",), usual),
    Case("a subset of none", "rpbind subset d --per-protein 0 --out e", ("got 0",), usual),
    Case("a subset of more", "rpbind subset d --per-protein 999 --out e", ("got 999",), usual),
]

EMBEDDED = [
    Case("no such dataset", "rpbind embed none", ("none is not a dataset", "rpbind import")),
    Case("a file for a dataset", "rpbind embed windows.tsv", ("windows.tsv", "not a dataset")),
    Case("no such encoder", "rpbind embed d --encoder physchm", ("'physchem'?",), usual),
    Case("weights of a table", "rpbind embed d --weights w.csv", ("has no weights",), usual),
    Case("no weights", "rpbind embed d --encoder esm2", ("--weights FILE",), usual),
    Case(
        "weights that are a table",
        "rpbind embed d --encoder esm2 --weights w.csv",
        ("w.csv", "no ESM-2 checkpoint"),
        usual,
    ),
    Case(
        "weights that are not there",
        "rpbind embed d --encoder esm2 --weights none.pt",
        ("No file none.pt",),
        usual,
    ),
    Case(
        "no embedding store to evaluate on",
        EVALUATE,
        ("No embedding store", "rpbind embed d"),
        without_store,
    ),
    Case(
        "no embedding store of that name",
        "rpbind baselines d --proteins triad",
        ("rpbind embed d",),
        usual,
    ),
    Case("another split rule", f"{EVALUATE} --split cold", ("--split", "cold-rna"), usual),
    Case("a rule that is none", "rpbind split d --rule colds", ("colds", "cold-rna"), usual),
    Case("a file of no windows", PREDICT, ("w.csv", "no rows"), written("w.csv", "rna,protein\n")),
    Case("a protein that nobody has", f"{PREDICT} --protein NOBODY", ("NOBODY",), usual),
    Case("weights for a model of scales", f"{PREDICT} --weights w.csv", ("no weights",), usual),
]


FULL = ("No space is left on the disk", "too large", "the same command")
DISKS = [
    Case("a table", PREDICT, (*FULL, "out.csv"), usual, 75, disk=300),
    Case("a Parquet file", out(PREDICT, "o.parquet"), (*FULL, "o.parquet"), usual, 75, disk=900),
    Case("vectors of proteins", PREDICT, (*FULL, "physchem"), usual, 75, disk=100),
    Case("an evaluation", EVALUATE, (*FULL, "out.json"), usual, 75, disk=300),
    Case("a page", f"{EXPLAIN} --out o.html", (*FULL, "o.html"), usual, 75, disk=100_000),
    Case("numbers", f"{EXPLAIN} --out o.parquet", FULL, usual, 75, disk=500),
    Case("scores", "rpbind baselines d --out o.csv", (*FULL, "o.csv"), usual, 75, disk=100),
    Case("windows", IMPORT, (*FULL, "for d "), exit=75, disk=70),
    Case("a subset", "rpbind subset d --per-protein 9 --out s", FULL, usual, 75, disk=900),
    Case("a split", "rpbind split d --rule random", (*FULL, "random_70"), usual, 75, disk=64),
]
"""What is to be written while the disk is full."""

CASES = [*OUTPUTS, *EMBEDDED, *DISKS]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_output_is_answered_in_a_sentence(
    case: Case,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check(replace(case, never=(*case.never, "allow_pickle")), tmp_path, capsys, monkeypatch)


WRITERS = {
    PREDICT.replace("out.csv", "locked/out.csv"): "locked/out.csv",
    EVALUATE.replace("out.json", "locked/out.json"): "locked/out.json",
    f"{EXPLAIN} --out locked/o.html": "locked/o.html",
    f"{EXPLAIN} --out locked/o.parquet": "locked/o.parquet",
    "rpbind baselines d --out locked/o.csv": "locked/o.csv",
    IMPORT.replace("--out d", "--out locked/new"): "locked/new",
    "rpbind import fasta w.fa --proteins proteins.fasta --out locked/new": "locked/new",
    "rpbind import eclip w --proteins proteins.fasta --out locked/new": "locked/new",
    "rpbind subset d --per-protein 2 --out locked/new": "locked/new",
    "rpbind embed locked --encoder random": "rpbind embed locked --encoder random",
    "rpbind split locked --rule random": "rpbind split locked --rule random",
}
"""A command whose output may not be written, and the name or command that the sentence has."""


@pytest.mark.parametrize("command", WRITERS)
def test_an_output_that_may_not_be_written_is_found_before_the_work(
    command: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fill(folder: Path) -> None:
        usual(folder)
        if "locked --" in command:
            shutil.copytree(folder / "d", folder / "locked")
        else:
            (folder / "locked").mkdir()

    def no_file(dir: Path) -> Any:
        """Deny what permissions deny, which do not bind root."""
        if "locked" in Path(dir).parts:
            raise PermissionError(13, "Permission denied", str(dir))
        return made(dir=dir)

    def work(*args: object, **options: object) -> None:
        raise AssertionError("the work has begun")

    made = tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", no_file)
    for place in (
        "rpbind.use.trained.TrainedModel.open",
        "rpbind.importers.importers.read_proteins",
        "rpbind.data.subset.write_dataset",
        "rpbind.data.frozen_split.make_split",
        "rpbind.proteins.encoders.RandomVector.encode",
    ):
        monkeypatch.setattr(place, work)
    monkeypatch.setattr(BaselineData, "from_dataset", work)
    case = Case("", command, (WRITERS[command], "Permission denied"), fill)
    check(case, tmp_path, capsys, monkeypatch)
