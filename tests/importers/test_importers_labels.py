"""A label is read or refused alike in every format and column type."""

from __future__ import annotations

import decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rpbind.errors import UserError
from rpbind.importers.importers import ImportOptions, import_eclip, import_fasta, import_table

BOUND = ["1", "1.0", "1.", "1.000", "1e0", "True", "TRUE", "true", " 1"]
UNBOUND = ["0", "0.0", "0.", "0.000", "0e0", "False", "FALSE", "false", "0 "]
REFUSED = {
    "-1": "write 0 for -1",
    "-1.0": "write 0 for -1",
    "2": "threshold",
    "0.37": "threshold",
    "inf": "threshold",
    "yes": "1 for bound and 0 for not bound",
    "pos": "1 for bound and 0 for not bound",
    "0_1": "1 for bound and 0 for not bound",
    "nan": "the label is missing",
    "NA": "the label is missing",
}


def text(suffix: str, folder: Path, labels: list[str]) -> Path:
    sep = "," if suffix == "csv" else "\t"
    rows = [f"ACG{'ACGU'[n]}{sep}AARS{sep}{label}\n" for n, label in enumerate(labels)]
    path = folder / f"t.{suffix}"
    path.write_text(sep.join(("rna", "protein", "label")) + "\n" + "".join(rows))
    return path


def parquet(folder: Path, labels: pa.Array) -> Path:
    rna = [f"ACG{'ACGU'[n]}" for n in range(len(labels))]
    names = ["AARS"] * len(labels)
    pq.write_table(pa.table({"rna": rna, "protein": names, "label": labels}), folder / "t.parquet")
    return folder / "t.parquet"


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
@pytest.mark.parametrize(("one", "zero"), [*zip(BOUND, UNBOUND, strict=True)])
def test_a_label_in_any_form_of_one_and_zero_is_read(
    tmp_path: Path, options: ImportOptions, suffix: str, one: str, zero: str
) -> None:
    labels = [one, zero, one]
    is_parquet = suffix == "parquet"
    path = parquet(tmp_path, pa.array(labels)) if is_parquet else text(suffix, tmp_path, labels)
    assert import_table(path, options).dataset.label_N.tolist() == [1, 0, 1]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
@pytest.mark.parametrize(("label", "message"), REFUSED.items())
def test_any_other_label_is_refused_with_its_row_and_what_to_do(
    tmp_path: Path, options: ImportOptions, suffix: str, label: str, message: str
) -> None:
    labels = ["1", label, label]
    is_parquet = suffix == "parquet"
    path = parquet(tmp_path, pa.array(labels)) if is_parquet else text(suffix, tmp_path, labels)
    place = "row 2" if is_parquet else "line 3"
    with pytest.raises(UserError, match=rf"t\.{suffix}, {place}: .*{message}"):
        import_table(path, options)


TYPES: list[tuple[pa.DataType, list[Any]]] = [
    *((kind, [1, 0]) for kind in (pa.int8(), pa.int64(), pa.uint8(), pa.uint64())),
    *((kind, [1.0, 0.0]) for kind in (pa.float16(), pa.float32(), pa.float64())),
    (pa.bool_(), [True, False]),
    (pa.decimal128(5, 2), [decimal.Decimal(1), decimal.Decimal(0)]),
    *((kind, ["1", "0"]) for kind in (pa.string(), pa.large_string(), pa.string_view())),
    (pa.binary(), [b"1", b"0"]),
    *((pa.dictionary(pa.int32(), kind), [1, 0]) for kind in (pa.int64(), pa.float64())),
    (pa.dictionary(pa.int32(), pa.string()), ["True", "False"]),
]


@pytest.mark.parametrize(("kind", "values"), TYPES, ids=str)
def test_labels_of_every_parquet_type_are_read_alike(
    tmp_path: Path, options: ImportOptions, kind: pa.DataType, values: list[Any]
) -> None:
    path = parquet(tmp_path, pa.array(values, kind))
    assert import_table(path, options).dataset.label_N.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0, float("nan")], "row 2: the label is missing"),
        ([1, None], "row 2: the label is missing"),
        ([1, -1], "row 2: .*write 0 for -1"),
        ([1.0, 0.25], "row 2: .*got '0.25'.*threshold"),
    ],
)
def test_parquet_numbers_that_are_not_labels_are_refused(
    tmp_path: Path, options: ImportOptions, values: list[Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        import_table(parquet(tmp_path, pa.array(values)), options)


def test_labels_of_an_eclip_file_are_read_alike(tmp_path: Path, options: ImportOptions) -> None:
    (tmp_path / "eclip").mkdir()
    (tmp_path / "eclip" / "AARS").write_text("ACGA\t1.0\nACGC\tFalse\nACGG\t1\n")
    assert import_eclip(tmp_path / "eclip", options).dataset.label_N.tolist() == [1, 0, 1]


def test_classes_of_a_fasta_header_are_read_as_labels(
    tmp_path: Path, options: ImportOptions
) -> None:
    (tmp_path / "w.fa").write_text(">1_AARS_pos; class:1\nACGA\n>2_AARS_neg; class:0\nACGC\n")
    assert import_fasta(tmp_path / "w.fa", options).dataset.label_N.tolist() == [1, 0]
