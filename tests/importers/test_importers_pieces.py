"""A large source is read in pieces, and becomes the dataset of one that is read whole."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import rpbind as rb
from rpbind.data.dataset import Dataset
from rpbind.importers import collect
from rpbind.reading import pieces

PROTEINS = ">GENEA\nMKVLAWGRRSDE\n>GENEB\nMDDEEAGHWWKL\n>GENEC\nMDWEEAWHWWKW\n"
RNG = np.random.default_rng(5)
ROWS = [
    ("".join(RNG.choice(list("ACGU"), 24)), "GENE" + "CAB"[n // 14], n % 2, f"c{n % 5}")
    for n in range(40)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "p.fa").write_text(PROTEINS)
    lines = [f"{rna},{protein},{label},{cluster}" for rna, protein, label, cluster in ROWS]
    lines[7] = lines[7].replace("c2", '"c\n2"')
    table = "rna,protein,label,cluster\n" + "\n".join(lines) + "\n"
    (tmp_path / "w.csv").write_text(table)
    (tmp_path / "w.csv.gz").write_bytes(gzip.compress(table.encode()))
    (tmp_path / "bare.csv").write_text(table.partition("\n")[2])
    pd.read_csv(tmp_path / "w.csv").to_parquet(tmp_path / "w.parquet")
    (tmp_path / "w.fa").write_text(
        "".join(f">{n}_{p}_pos; class:1\n{rna[:9]}\n{rna[9:]}\n" if label else
                f">{n}_{p}_neg; class:0\n{rna}\n" for n, (rna, p, label, _) in enumerate(ROWS))
    )  # fmt: skip
    return tmp_path


def imported(folder: Path, name: str, out: str) -> Dataset:
    given: dict[str, Any] = {"proteins": folder / "p.fa", "out": folder / out}
    if name.endswith(".fa"):
        return Dataset.open(rb.import_fasta(folder / name, k=5, **given).dataset.folder)
    if name == "bare.csv":
        given["columns"] = "rna,protein,label,cluster"
    made = rb.import_table(folder / name, cluster_column="cluster", **given)
    return Dataset.open(made.dataset.folder)


@pytest.mark.parametrize("name", ["w.csv", "w.csv.gz", "bare.csv", "w.parquet", "w.fa"])
def test_a_source_in_pieces_is_that_source(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = imported(folder, name, "whole")
    for module, size, value in (
        (pieces, "LARGE", 8), (pieces, "_PIECE", 150), (pieces, "_ROWS", 6),
        (collect, "_TOGETHER", 12),
    ):  # fmt: skip
        monkeypatch.setattr(module, size, value)
    cut = imported(folder, name, "cut")
    assert cut.id == whole.id
    one, other = (pq.read_table(each.root / "windows.parquet") for each in (whole, cut))
    for column in ("source_file", "source_row", "protein", "cluster"):
        assert one[column].to_pylist() == other[column].to_pylist()


def test_a_wrong_row_of_a_piece_is_named_by_its_line_in_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (folder / "w.csv").read_text().splitlines()
    assert text[31].split(",")[1].startswith("GENE")
    text[31] = text[31].replace("A", "!", 1)
    (folder / "w.csv").write_text("\n".join(text))
    monkeypatch.setattr(pieces, "LARGE", 8)
    monkeypatch.setattr(pieces, "_PIECE", 150)
    monkeypatch.setattr(collect, "_TOGETHER", 12)
    with pytest.raises(rb.UserError, match=r"w\.csv, line 32: "):
        imported(folder, "w.csv", "out")


def test_labels_of_two_pairs_are_refused_also_if_no_piece_has_both(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"{rna},{p},{('-1' if n < 20 else '0') if n % 2 else 1}" for n, (rna, p, *_) in
             enumerate(ROWS)]  # fmt: skip
    (folder / "w.csv").write_text("rna,protein,label\n" + "\n".join(lines))
    monkeypatch.setattr(pieces, "LARGE", 8)
    monkeypatch.setattr(pieces, "_PIECE", 150)
    monkeypatch.setattr(collect, "_TOGETHER", 6)
    with pytest.raises(rb.UserError, match="--label-map"):
        rb.import_table(folder / "w.csv", proteins=folder / "p.fa", out=folder / "out", k=5)
