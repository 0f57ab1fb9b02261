from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rpbind.data.alphabet import decode
from rpbind.data.importers import Target, import_table
from rpbind.data.table import Columns
from rpbind.errors import UserError

TEXT = "label,rna,protein,chrom\n1,ACGU,FMR1,chr2\n0,ggnn,AARS,chr1\n0,ACGA,AARS,chr2\n"


def write(tmp_path: Path, name: str) -> Path:
    path, tabs = tmp_path / name, TEXT.replace(",", "\t")
    if name.endswith(".parquet"):
        columns = [line.split(",") for line in TEXT.splitlines()]
        pq.write_table(
            pa.Table.from_pylist([dict(zip(columns[0], row, strict=True)) for row in columns[1:]]),
            path,
        )
    elif name.endswith(".gz"):
        path.write_bytes(gzip.compress(tabs.encode()))
    else:
        path.write_text(TEXT if name.endswith(".csv") else tabs)
    return path


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.tsv.gz", "t.parquet"])
def test_named_columns_of_any_table_give_the_same_dataset(
    tmp_path: Path, target: Target, name: str
) -> None:
    dataset = import_table(write(tmp_path, name), target, Columns(cluster="chrom")).dataset
    assert [p.id for p in dataset.proteins] == ["AARS", "FMR1"]
    assert dataset.protein_N.tolist() == [1, 0, 0]
    assert dataset.label_N.tolist() == [1, 0, 0]
    assert dataset.cluster_N.tolist() == [0, 1, 0]
    assert [decode(row_L) for row_L in dataset.rna_NL] == ["ACGU", "GGNN", "ACGA"]


def test_without_a_cluster_column_overlap_clusters_are_computed(
    tmp_path: Path, target: Target
) -> None:
    dataset = import_table(write(tmp_path, "t.csv"), target).dataset
    assert dataset.cluster_N.tolist() == [0, 1, 0]
    assert dataset.manifest.made_by.arguments["clusters"] == "shared 3-mer"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0,ACGA", ",ACGA", "line 4: the label is missing"),
        ("0,ACGA", "yes,ACGA", "line 4: a label is 0 or 1; got 'yes'"),
        ("0,ACGA", "0,ACG", "line 4: 3 letters; every window has 4"),
        ("0,ACGA", "0,ACG?", r"line 4: RNA has the letters .* got '\?'"),
        ("ACGA,AARS", "ACGA,", "line 4: the protein is missing"),
        ("ACGA,AARS", "ACGA,AATF", "line 4: .* no protein 'AATF'"),
        ("ACGA,AARS,chr2", "ACGA,AARS,", "line 4: the cluster is missing"),
        ("ACGA,AARS,chr2", "ACGA", r"not a table that can be read .*#4"),
        ("0,ACGA", "\n0,ACGA", "line 4: the protein is missing"),
        ("label,rna", "label,seq", "has no column 'rna'; its columns are label, seq"),
        ("label,rna", "rna,rna", "has twice column 'rna'"),
    ],
)
def test_a_bad_row_is_named(
    tmp_path: Path, target: Target, old: str, new: str, message: str
) -> None:
    (tmp_path / "t.csv").write_text(TEXT.replace(old, new, 1))
    with pytest.raises(UserError, match=message):
        import_table(tmp_path / "t.csv", target, Columns(cluster="chrom"))


def test_a_null_in_parquet_is_a_missing_label(tmp_path: Path, target: Target) -> None:
    rows = [{"rna": "ACGU", "protein": "AARS", "label": label} for label in (1, None)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    with pytest.raises(UserError, match=r"t\.parquet, row 2: the label is missing"):
        import_table(tmp_path / "t.parquet", target)


def test_a_table_without_rows_is_refused(tmp_path: Path, target: Target) -> None:
    (tmp_path / "t.csv").write_text("rna,protein,label\n")
    with pytest.raises(UserError, match="a header and no rows"):
        import_table(tmp_path / "t.csv", target)


def test_an_unknown_ending_is_refused(tmp_path: Path, target: Target) -> None:
    (tmp_path / "t.xlsx").write_text("rna")
    with pytest.raises(UserError, match=r"has the ending '\.xlsx'"):
        import_table(tmp_path / "t.xlsx", target)


def test_given_clusters_that_part_equal_windows_are_refused(tmp_path: Path, target: Target) -> None:
    table = tmp_path / "t.csv"
    table.write_text("rna,protein,label,cluster\nACGA,AARS,1,a\nACGA,FMR1,0,b\nACGG,AARS,0,a\n")
    with pytest.raises(UserError, match=r"1 windows apart from an equal window.* ACGA"):
        import_table(table, target, Columns(cluster="cluster"))
