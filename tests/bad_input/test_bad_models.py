"""Model files, windows to predict, outputs, full disks: what the commands say of bad ones."""

from __future__ import annotations

import io
import math
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from bad_input import IMPORT, WINDOWS, Case, check
from toy_model import LENGTH, Change, Made, make, placed, rewritten

WORDS = "--proteins proteins.fasta --out out.csv"
PREDICT = f"rpbind predict model.pt w.csv {WORDS}"
EVALUATE = "rpbind evaluate model.pt --data d --out out.json"
EXPLAIN = f"rpbind explain model.pt --rna {'ACGU' * 7}ACG --protein SIM00 --proteins proteins.fasta"
MADE: list[Made] = []


@pytest.fixture(scope="module", autouse=True)
def made(tmp_path_factory: pytest.TempPathFactory) -> None:
    MADE[:] = [make(tmp_path_factory.mktemp("model"))]


def usual(folder: Path) -> None:
    placed(MADE[0], folder)


def changed(change: Change) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        usual(folder)
        rewritten(folder, change)

    return fill


def field(path: str, value: Any) -> Callable[[Path], None]:
    """A model file with one value changed: "calibration.slope"."""

    def change(content: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        for parent in parents:
            content = content[parent]
        content[last] = value

    return changed(change)


def bytes_of(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        usual(folder)
        (folder / "model.pt").write_bytes(change((folder / "model.pt").read_bytes()))

    return fill


def written(name: str, text: str) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        usual(folder)
        (folder / name).write_text(text)

    return fill


def nan_weights(content: dict[str, Any]) -> None:
    name = next(name for name in content["weights"] if name.endswith("weight"))
    content["weights"][name] = torch.full_like(content["weights"][name], math.nan)


def overflowing(content: dict[str, Any]) -> None:
    for name, weight in content["weights"].items():
        if weight.is_floating_point():
            content["weights"][name] = torch.full_like(weight, 3e38)


def flipped(raw: bytes) -> bytes:
    """Change a bit in the middle of the largest member of the archive, a tensor."""
    largest = max(zipfile.ZipFile(io.BytesIO(raw)).infolist(), key=lambda info: info.file_size)
    place = largest.header_offset + largest.file_size // 2
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


MODELS = [
    Case("no model file", PREDICT.replace("model.pt", "none.pt"), ("none.pt",), usual),
    Case("a folder for a model", PREDICT.replace("model.pt", "d"), ("No model file d",), usual),
    Case("an empty model file", PREDICT, ("model.pt", "damaged"), bytes_of(lambda raw: b"")),
    Case("a cut model file", PREDICT, ("model.pt", "damaged"), bytes_of(lambda raw: raw[:999])),
    Case("its last bytes missing", PREDICT, ("damaged",), bytes_of(lambda raw: raw[:-9])),
    Case("one bit flipped in a weight", PREDICT, ("damaged",), bytes_of(flipped)),
    Case("a text file", PREDICT, ("model.pt", "damaged"), written("model.pt", "weights\n" * 99)),
    Case("every a is a b", PREDICT, ("damaged",), bytes_of(lambda raw: raw.replace(b"a", b"b"))),
    *(
        Case(f"{path} {value!r}", command, ("model.pt", "is damaged", path.split(".")[-1]), files)
        for command, path, value, files in [
            (command, path, value, field(path, value))
            for command, path, value in (
                (PREDICT, "width", "ten"),
                (PREDICT, "width", 0),
                (EVALUATE, "width", 10**12),
                (PREDICT, "length", -1),
                (EXPLAIN, "length", 0),
                (PREDICT, "length", 31.0),
                (PREDICT, "calibration", {}),
                (PREDICT, "calibration.slope", math.nan),
                (EVALUATE, "calibration.threshold", math.inf),
                (EXPLAIN, "calibration.intercept", "0"),
                (PREDICT, "proteins", None),
                (PREDICT, "provenance", {}),
                (EVALUATE, "provenance.split", "cold"),
                (EVALUATE, "threads", 0),
                (PREDICT, "seed", None),
                (PREDICT, "weights", []),
            )
        ]
    ),
    Case(
        "no calibration", PREDICT, ("lacks calibration",), changed(lambda c: c.pop("calibration"))
    ),
    Case("a recipe that is none", PREDICT, ("recipe",), field("recipe", "{}x")),
    Case("weights that are NaN", PREDICT, ("model.pt", "NaN"), changed(nan_weights)),
    Case("weights that are NaN, evaluated", EVALUATE, ("NaN",), changed(nan_weights)),
    Case("weights that are NaN, explained", EXPLAIN, ("NaN",), changed(nan_weights)),
    Case("weights that overflow", PREDICT, ("no number for 4 of 4",), changed(overflowing)),
    Case("weights that overflow, evaluated", EVALUATE, ("no number",), changed(overflowing)),
    Case("a schema from the future", PREDICT, ("schema 99",), field("schema", 99)),
    Case(
        "a damaged model, examined",
        "rpbind doctor model.pt --data d",
        ("width",),
        field("width", 0),
    ),
]

INPUTS = [
    Case("an empty --protein", f"{PREDICT} --protein ''", ("--protein", "empty"), usual),
    Case("an empty --protein=", f"{PREDICT} --protein=", ("--protein", "empty"), usual),
    Case("an empty --weights", f"{PREDICT} --weights ''", ("--weights", "empty"), usual),
    Case("an empty --split", f"{EVALUATE} --split ''", ("--split", "empty"), usual),
    Case("an empty --data", "rpbind evaluate model.pt --data ''", ("--data", "empty"), usual),
    Case("an empty --rna", EXPLAIN.replace("ACGU" * 7 + "ACG", "''"), ("--rna", "empty"), usual),
    Case(
        "an empty --protein, explained",
        EXPLAIN.replace("SIM00", "''"),
        ("--protein", "empty"),
        usual,
    ),
    Case("an empty name of a model", "rpbind predict '' w.csv " + WORDS, ("empty",), usual),
    Case(
        "a protein with a stop within",
        PREDICT,
        ("proteins.fasta", "line 1", "'*'", "Residue 3"),
        written("proteins.fasta", ">SIM00\nMK*V\n"),
    ),
    Case(
        "a window with a code for several bases",
        PREDICT,
        ("w.csv", "line 2", "'R'", "write N"),
        written("w.csv", f"rna,protein\nR{'A' * (LENGTH - 1)},SIM00\n"),
    ),
    Case(
        "an all-N window to explain",
        EXPLAIN.replace("ACGU" * 7 + "ACG", "N" * LENGTH),
        ("100% of the letters", "--rna"),
        usual,
    ),
    Case(
        "an all-N window to predict",
        PREDICT,
        ("1 of 1 windows get no logit", "n_share"),
        written("w.csv", f"rna,protein\n{'N' * LENGTH},SIM00\n"),
        exit=0,
    ),
    Case(
        "an all-N window to import",
        f"{IMPORT}",
        ("windows.tsv", "line 2", "100%", "1 of 8 windows", "--max-n-share"),
        {"windows.tsv": WINDOWS.replace("ACGUACGUAC", "NNNNNNNNNN", 1)},
    ),
    Case(
        "a share of N above one",
        f"{IMPORT} --max-n-share 1.5",
        ("--max-n-share", "equal to 1"),
    ),
    Case("a window too short to explain", EXPLAIN.replace("ACGU", "", 1), ("31", "27"), usual),
    Case("another part", EVALUATE + " --part all", ("--part", "validation"), usual),
    Case("a span wider than the window", EXPLAIN + " --width 32", ("1 to 31",), usual),
]


LONG = "n" * 300


def without_bank(folder: Path) -> None:
    usual(folder)
    shutil.rmtree(folder / "d" / "bank")


def with_folder(folder: Path) -> None:
    usual(folder)
    (folder / "out.csv").mkdir()


def out(command: str, to: str) -> str:
    return command.replace("out.csv", to).replace("out.json", to)


OUTPUTS = [
    Case("no such folder", out(PREDICT, "none/out.csv"), ("no folder none", "out.csv"), usual),
    Case("a folder for a result", PREDICT, ("out.csv is a folder",), with_folder),
    Case("a file for a folder", out(PREDICT, "w.csv/out.csv"), ("w.csv",), usual),
    Case("a result over its windows", out(PREDICT, "w.csv"), ("w.csv is what",), usual),
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
    Case("a dataset in a file", IMPORT.replace("--out d", "--out windows.tsv/d"), ("no folder",)),
    Case("a dataset at a URL", IMPORT.replace("--out d", "--out s3://b/d"), ("--out", "URL")),
    Case("a subset over another", "rpbind subset d --per-protein 2 --out d", ("exists",), usual),
    Case("a subset of none", "rpbind subset d --per-protein 0 --out e", ("got 0",), usual),
    Case("a subset of more", "rpbind subset d --per-protein 999 --out e", ("got 999",), usual),
]

EMBEDDED = [
    Case("no such dataset", "rpbind embed none", ("none is no dataset", "rpbind import")),
    Case("a file for a dataset", "rpbind embed windows.tsv", ("windows.tsv", "no dataset")),
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
    Case("no bank to evaluate on", EVALUATE, ("No bank", "rpbind embed d"), without_bank),
    Case("no bank of that name", "rpbind baselines d --proteins triad", ("rpbind embed d",), usual),
    Case("another split rule", f"{EVALUATE} --split cold", ("--split", "cold-rna"), usual),
    Case("a rule that is none", "rpbind split d --rule colds", ("colds", "cold-rna"), usual),
    Case("a file of no windows", PREDICT, ("w.csv", "no rows"), written("w.csv", "rna,protein\n")),
    Case("a protein that nobody has", f"{PREDICT} --protein NOBODY", ("NOBODY",), usual),
    Case("weights for a model of scales", f"{PREDICT} --weights w.csv", ("no weights",), usual),
]


@pytest.mark.parametrize(
    "case", [*MODELS, *INPUTS, *OUTPUTS, *EMBEDDED], ids=lambda case: case.name
)
def test_a_bad_model_or_question_is_answered_in_a_sentence(
    case: Case,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check(case, tmp_path, capsys, monkeypatch)


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
        "rpbind.use.trained.Trained.open",
        "rpbind.baselines.case.Case.open",
        "rpbind.data.importers.read_proteins",
        "rpbind.data.subset.write_dataset",
        "rpbind.data.splits.make_split",
        "rpbind.proteins.encoders.RandomIdentity.encode",
    ):
        monkeypatch.setattr(place, work)
    case = Case("", command, (WRITERS[command], "Permission denied"), fill)
    check(case, tmp_path, capsys, monkeypatch)
