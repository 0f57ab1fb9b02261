from __future__ import annotations

import gzip
import tempfile
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpbind.data.alphabet import decode
from rpbind.errors import UserError
from rpbind.importers.importers import ImportOptions, import_table
from rpbind.importers.table import Columns
from rpbind.reading.table import read_columns

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
    tmp_path: Path, options: ImportOptions, name: str
) -> None:
    dataset = import_table(write(tmp_path, name), options, Columns(cluster="chrom")).dataset
    assert [p.id for p in dataset.proteins] == ["AARS", "FMR1"]
    assert dataset.protein_N.tolist() == [1, 0, 0]
    assert dataset.label_N.tolist() == [1, 0, 0]
    assert dataset.cluster_N.tolist() == [0, 1, 0]
    assert [decode(row_L) for row_L in dataset.rna_NL] == ["ACGU", "GGNN", "ACGA"]


def test_blanks_around_letters_and_labels_of_a_table_do_not_count(
    tmp_path: Path, options: ImportOptions
) -> None:
    table = tmp_path / "blanks.csv"
    table.write_text(TEXT.replace("1,ACGU,", "1 , ACGU ,"))
    dataset = import_table(table, options, Columns(cluster="chrom")).dataset
    assert dataset.label_N.tolist() == [1, 0, 0]
    assert [decode(row_L) for row_L in dataset.rna_NL] == ["ACGU", "GGNN", "ACGA"]


def test_without_a_cluster_column_overlap_clusters_are_computed(
    tmp_path: Path, options: ImportOptions
) -> None:
    dataset = import_table(write(tmp_path, "t.csv"), options).dataset
    assert dataset.cluster_N.tolist() == [0, 1, 0]
    assert dataset.manifest.made_by.arguments["clusters"] == "shared 3-mer"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0,ACGA", ",ACGA", "line 4: the label is missing"),
        ("0,ACGA", "yes,ACGA", "line 4: expected the label 0 or 1; got 'yes'"),
        ("0,ACGA", "0,ACG", "line 4: the window has 3 letters; expected 4"),
        ("0,ACGA", "0,ACG?", r"line 4: RNA has the letters .* got '\?'"),
        ("ACGA,AARS", "ACGA,", "line 4: the protein is missing"),
        ("ACGA,AARS", "ACGA,AATF", "line 4: .* no protein 'AATF'"),
        ("ACGA,AARS,chr2", "ACGA,AARS,", "line 4: the cluster is missing"),
        ("ACGA,AARS,chr2", "ACGA", "line 4: 2 columns; expected 4, as in the first"),
        ("0,ACGA", "\n0,ACGA", "line 4: the protein is missing"),
        ("label,rna", "label,seq", "has no column 'rna'; its columns are label, seq"),
        ("label,rna", "rna,rna", "has 2 columns 'rna'"),
    ],
)
def test_a_bad_row_is_named(
    tmp_path: Path, options: ImportOptions, old: str, new: str, message: str
) -> None:
    (tmp_path / "t.csv").write_text(TEXT.replace(old, new, 1))
    with pytest.raises(UserError, match=message):
        import_table(tmp_path / "t.csv", options, Columns(cluster="chrom"))


def test_a_null_in_parquet_is_a_missing_label(tmp_path: Path, options: ImportOptions) -> None:
    rows = [{"rna": "ACGU", "protein": "AARS", "label": label} for label in (1, None)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    with pytest.raises(UserError, match=r"t\.parquet, row 2: the label is missing"):
        import_table(tmp_path / "t.parquet", options)


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("rna", ["ACGU"], r"'rna' has the type list<.*expected text"),
        ("protein", {"a": 1}, r"'protein' has the type struct<a: int64>"),
        ("label", b"\xff\xfe", r"'label' has the type binary; expected text \(UTF-8\)"),
    ],
)
def test_a_parquet_column_of_another_type_is_named(
    tmp_path: Path, options: ImportOptions, column: str, cell: object, message: str
) -> None:
    row = {"rna": "ACGU", "protein": "AARS", "label": 1} | {column: cell}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "t.parquet")
    with pytest.raises(UserError, match=rf"t\.parquet: column {message}"):
        import_table(tmp_path / "t.parquet", options)


def test_a_parquet_file_with_a_damaged_page_is_refused(
    tmp_path: Path, options: ImportOptions
) -> None:
    path = write(tmp_path, "t.parquet")
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + bytes(len(whole) // 4) + whole[4 + len(whole) // 4 :])
    with pytest.raises(UserError, match=r"t\.parquet is not a complete Parquet file"):
        import_table(path, options)


@pytest.mark.parametrize(("old", "new"), [(b"rna", b"r\xffa"), (b"AARS", b"AA\xffS")])
def test_parquet_text_that_is_not_utf8_is_refused(
    tmp_path: Path, options: ImportOptions, old: bytes, new: bytes
) -> None:
    path = tmp_path / "t.parquet"
    rows = {"rna": ["ACGU"], "protein": ["AARS"], "label": [1]}
    pq.write_table(pa.table(rows), path, store_schema=False, compression="none")
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(UserError, match=r"t\.parquet"):
        import_table(path, options)


def test_the_windows_file_of_a_dataset_is_not_read_as_a_table(
    tmp_path: Path, options: ImportOptions
) -> None:
    dataset = import_table(write(tmp_path, "t.csv"), options).dataset
    again = replace(options, out=tmp_path / "again")
    with pytest.raises(UserError, match=r"holds tokens.*Give the dataset's folder to"):
        import_table(dataset.root / "windows.parquet", again)


QUOTED = ["x", '"x"', '"x\ny"', '"x""\n\ny"', 'x"y', '"x"y', '"x,\n"', "", '"x\ry"']


@given(st.lists(st.lists(st.sampled_from(QUOTED), min_size=2, max_size=2), min_size=1))
def test_the_line_of_a_row_is_the_one_that_an_editor_shows(rows: list[list[str]]) -> None:
    rows = [*rows, ["x", "x"]]  # empty rows at the end are left out
    text = "note,n\n" + "".join(f"{','.join(cells)}\n" for cells in rows)
    ends = accumulate("".join(row).count("\n") + "".join(row).count("\r") + 1 for row in rows)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "t.csv").write_text(text, newline="")
        origin = read_columns(Path(folder) / "t.csv", ["note", "n"])[1]
    assert origin.row_N.tolist() == [2, *(1 + 1 + end for end in ends)][:-1]


def test_quoted_line_breaks_are_read_in_a_table_of_many_blocks(tmp_path: Path) -> None:
    rows = 300_000  # pyarrow reads a megabyte at a time
    (tmp_path / "t.csv").write_text("rna,note\n" + 'ACGU,"a\nbc"\n' * rows)
    texts, origin, _ = read_columns(tmp_path / "t.csv", ["rna"])
    assert texts["rna"].unique().to_pylist() == ["ACGU"]
    assert origin.row_N[-1] == 2 * rows


def test_a_table_without_rows_is_refused(tmp_path: Path, options: ImportOptions) -> None:
    (tmp_path / "t.csv").write_text("rna,protein,label\n")
    with pytest.raises(UserError, match="no rows with cells"):
        import_table(tmp_path / "t.csv", options)


def test_an_unknown_ending_is_refused(tmp_path: Path, options: ImportOptions) -> None:
    (tmp_path / "t.doc").write_text("rna")
    with pytest.raises(UserError, match=r"has the ending '\.doc'"):
        import_table(tmp_path / "t.doc", options)


def test_given_clusters_that_separate_equal_windows_are_refused(
    tmp_path: Path, options: ImportOptions
) -> None:
    table = tmp_path / "t.csv"
    table.write_text("rna,protein,label,cluster\nACGA,AARS,1,a\nACGA,FMR1,0,b\nACGG,AARS,0,a\n")
    with pytest.raises(UserError, match=r"separate 1 window from an equal window.* ACGA"):
        import_table(table, options, Columns(cluster="cluster"))
