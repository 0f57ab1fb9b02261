"""Model files, windows to predict, outputs, full disks: what the commands say of bad ones."""

from __future__ import annotations

import io
import math
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


@pytest.mark.parametrize("case", [*MODELS, *INPUTS], ids=lambda case: case.name)
def test_a_bad_model_or_question_is_answered_in_a_sentence(
    case: Case,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check(case, tmp_path, capsys, monkeypatch)
