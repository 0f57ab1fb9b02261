"""Bad model files, embedding stores, splits and windows to predict."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from bad_input import IMPORT, WINDOWS, Case, check
from toy_model import (
    EVALUATE,
    EXPLAIN,
    LENGTH,
    MADE,
    OLD,
    PREDICT,
    WORDS,
    bytes_of,
    changed,
    field,
    make,
    usual,
    written,
)
from toy_saved import described


@pytest.fixture(scope="module", autouse=True)
def made(tmp_path_factory: pytest.TempPathFactory) -> None:
    MADE[:] = [make(tmp_path_factory.mktemp("model"))]


def nan_weights(content: dict[str, Any]) -> None:
    name = next(name for name in content["weights"] if name.endswith("weight"))
    content["weights"][name] = torch.full_like(content["weights"][name], math.nan)


def overflowing(content: dict[str, Any]) -> None:
    for name, weight in content["weights"].items():
        if weight.is_floating_point():
            content["weights"][name] = torch.full_like(weight, 3e38)


def flipped(raw: bytes) -> bytes:
    """Change a bit in the middle of a file."""
    place = len(raw) // 2
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


def flipped_in_zip(raw: bytes) -> bytes:
    """Change a bit in the middle of the largest member of an archive, a tensor."""
    largest = max(zipfile.ZipFile(io.BytesIO(raw)).infolist(), key=lambda info: info.file_size)
    place = largest.header_offset + largest.file_size // 2
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


def without(name: str) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        usual(folder)
        (folder / "model" / name).unlink()

    return fill


def description(**changes: Any) -> Callable[[Path], None]:
    """A model whose description is changed, without any other file."""

    def change(raw: bytes) -> bytes:
        tree = json.loads(raw) | changes
        del tree["sha256"]
        return described(tree)

    return bytes_of("model/model.json", change)


HELD = ("model.safetensors", "recipe.json", "proteins.json")
MODELS = [
    Case("no model", PREDICT.replace("model", "none"), ("none",), usual),
    Case("a dataset for a model", PREDICT.replace("model", "d"), ("no model d",), usual),
    Case(
        "a file of a model",
        PREDICT.replace("model", "model/model.safetensors"),
        ("Give its folder, model",),
        usual,
    ),
    Case("a text file", PREDICT.replace("model", "w.csv"), ("w.csv", "damaged"), usual),
    *(
        Case(
            f"{what} {name}",
            PREDICT,
            (f"model/{name}", "is damaged"),
            bytes_of(f"model/{name}", change),
        )
        for what, change in (
            ("an empty", lambda raw: b""),
            ("a cut", lambda raw: raw[:-9]),
            ("one bit flipped in", flipped),
        )
        for name in (*HELD, "model.json")
    ),
    *(
        Case(f"no {name}", PREDICT, (f"model/{name} cannot be read",), without(name))
        for name in (*HELD, "model.json")
    ),
    Case("a description without hashes", PREDICT, ("hashes",), description(files=None)),
    Case("a file that is not listed", PREDICT, ("does not list", *HELD), description(files={})),
    Case(
        "a file outside the folder",
        PREDICT,
        ("../w.csv", "lies outside"),
        description(files={"../w.csv": "0" * 64}),
    ),
    *(
        Case(f"{path} {value!r}", command, ("model", "is damaged", path.split(".")[-1]), files)
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
                (PREDICT, "vectors.reads", "letters"),
            )
        ]
    ),
    Case(
        "no calibration", PREDICT, ("lacks calibration",), changed(lambda c: c.pop("calibration"))
    ),
    Case("a recipe that is none", PREDICT, ("recipe",), field("recipe", "{}x")),
    Case("weights that are NaN", PREDICT, ("model", "NaN"), changed(nan_weights)),
    Case("weights that are NaN, evaluated", EVALUATE, ("NaN",), changed(nan_weights)),
    Case("weights that are NaN, explained", EXPLAIN, ("NaN",), changed(nan_weights)),
    Case("weights that overflow", PREDICT, ("4 of 4 windows", "not finite"), changed(overflowing)),
    Case("weights that overflow, evaluated", EVALUATE, ("not finite",), changed(overflowing)),
    Case("a schema from the future", PREDICT, ("schema 99",), field("schema", 99)),
    Case(
        "a damaged model, examined", "rpbind doctor model --data d", ("width",), field("width", 0)
    ),
    Case(
        "a result into the model",
        EVALUATE.replace("out.json", "model/recipe.json"),
        ("model is a model",),
        usual,
    ),
]

OLD_FILES = [
    Case(
        "an empty model file", OLD, ("model.pt", "damaged"), bytes_of("model.pt", lambda raw: b"")
    ),
    Case("a cut model file", OLD, ("model.pt", "damaged"), bytes_of("model.pt", lambda r: r[:999])),
    Case("its last bytes missing", OLD, ("damaged",), bytes_of("model.pt", lambda raw: raw[:-9])),
    Case("one bit flipped in its weight", OLD, ("damaged",), bytes_of("model.pt", flipped_in_zip)),
    Case(
        "text as a model file", OLD, ("model.pt", "damaged"), written("model.pt", "weights\n" * 99)
    ),
    Case(
        "every a is a b", OLD, ("damaged",), bytes_of("model.pt", lambda r: r.replace(b"a", b"b"))
    ),
    *(
        Case(
            f"{path} {value!r} in a file", OLD, ("model.pt", "is damaged", path), field(path, value)
        )
        for path, value in (("width", 0), ("length", 31.0), ("proteins", None), ("weights", []))
    ),
    Case(
        "no calibration in a file",
        OLD,
        ("lacks calibration",),
        changed(lambda c: c.pop("calibration")),
    ),
    Case("NaN in a file", OLD, ("model.pt", "NaN"), changed(nan_weights)),
    Case("a file from the future", OLD, ("schema 99",), field("schema", 99)),
    Case(
        "no proteins for a file",
        OLD.replace("--proteins proteins.fasta ", ""),
        ("model.pt", "--proteins"),
        usual,
    ),
    Case(
        "a protein that the model does not know",
        PREDICT.replace("--proteins proteins.fasta", "--protein FUS"),
        ("FUS", "--proteins"),
        usual,
    ),
]

INPUTS = [
    Case("an empty --protein", f"{PREDICT} --protein ''", ("--protein", "empty"), usual),
    Case("an empty --protein=", f"{PREDICT} --protein=", ("--protein", "empty"), usual),
    Case("an empty --weights", f"{PREDICT} --weights ''", ("--weights", "empty"), usual),
    Case("an empty --split", f"{EVALUATE} --split ''", ("--split", "empty"), usual),
    Case("an empty --data", "rpbind evaluate model --data ''", ("--data", "empty"), usual),
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
        ("1 of 1 window has no logit", "n_share"),
        written("w.csv", f"rna,protein\n{'N' * LENGTH},SIM00\n"),
        exit=0,
    ),
    Case(
        "an all-N window to import",
        f"{IMPORT}",
        ("windows.tsv", "line 2", "100%", "--max-n-share", "--bad-rows drop"),
        {"windows.tsv": WINDOWS.replace("ACGUACGUAC", "NNNNNNNNNN", 1)},
    ),
    Case(
        "a share of N above one",
        f"{IMPORT} --max-n-share 1.5",
        ("--max-n-share", "equal to 1"),
    ),
    Case("a window too short to explain", EXPLAIN.replace("ACGU", "", 4), ("20 to", "15"), usual),
    Case("another part", EVALUATE + " --part all", ("--part", "validation"), usual),
    Case("a span wider than the window", EXPLAIN + " --width 32", ("1 to 31",), usual),
]


def store(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Change a file of the embedding store that the model reads."""

    def fill(folder: Path) -> None:
        usual(folder)
        (path,) = (folder / "d" / "embeddings" / "physchem").glob(name)
        path.write_bytes(change(path.read_bytes()))

    return fill


def manifest(**changes: Any) -> Callable[[Path], None]:
    return store("manifest.json", lambda raw: json.dumps(json.loads(raw) | changes).encode())


def index(rows: Callable[[int, int], tuple[int, int]]) -> Callable[[Path], None]:
    """A manifest of an embedding store whose index is changed."""

    def change(raw: bytes) -> bytes:
        content = json.loads(raw)
        content["index"] = {key: rows(*place) for key, place in content["index"].items()}
        return json.dumps(content).encode()

    return store("manifest.json", change)


def split_file(content: bytes) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        usual(folder)
        (path,) = (folder / "d" / "splits").glob("*/part.npy")
        path.write_bytes(content)

    return fill


def file_for_store(folder: Path) -> None:
    usual(folder)
    (folder / "d" / "embeddings" / "random").write_text("x")


DAMAGED = ("Embedding store d/embeddings/physchem", "rpbind embed d")
STORES = [
    Case("rows before the first", EVALUATE, (*DAMAGED, "index"), index(lambda a, n: (a - 9, n))),
    Case("rows after the last", EVALUATE, (*DAMAGED, "index"), index(lambda a, n: (10**9, n))),
    Case("rows of another protein", EVALUATE, (*DAMAGED, "index"), index(lambda a, n: (0, n))),
    Case("no rows", EVALUATE, (*DAMAGED, "index"), index(lambda a, n: (a, 0))),
    Case("fewer proteins", EVALUATE, (*DAMAGED, "index"), manifest(proteins=3)),
    Case(
        "vectors elsewhere",
        EVALUATE,
        (*DAMAGED, "residues_file"),
        manifest(residues_file="../../../model/model.safetensors"),
    ),
    Case("a manifest that is a list", EVALUATE, DAMAGED, store("manifest.json", lambda raw: b"[]")),
    Case("a manifest of zeros", EVALUATE, DAMAGED, store("manifest.json", lambda raw: bytes(99))),
    Case("cut vectors", EVALUATE, DAMAGED, store("res*.npy", lambda raw: raw[:-9])),
    Case("vectors that are text", EVALUATE, DAMAGED, store("res*.npy", lambda raw: b"x" * 99)),
    Case(
        "one byte of the vectors",
        EVALUATE,
        ("Embedding store d/embeddings/physchem has changed", "rpbind embed d"),
        store("res*.npy", lambda raw: raw[:-1] + bytes([raw[-1] ^ 1])),
    ),
    Case(
        "a file for a store",
        "rpbind embed d --encoder random",
        ("d/embeddings/random",),
        file_for_store,
    ),
    Case("a split of text", EVALUATE, ("d/splits", "Delete it"), split_file(b"x")),
    Case("an empty split", EVALUATE, ("d/splits", "Delete it"), split_file(b"")),
    Case("a dataset in a dataset", IMPORT.replace("--out d", "--out d/e"), ("d is a",), usual),
]
"""Stores and splits that are not what was written; `allow_pickle` is numpy's unsafe advice."""

CASES = [*MODELS, *OLD_FILES, *INPUTS, *STORES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_model_or_question_is_answered_in_a_sentence(
    case: Case,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check(replace(case, never=(*case.never, "allow_pickle")), tmp_path, capsys, monkeypatch)
