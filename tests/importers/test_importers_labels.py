"""A label is read or refused alike in every format and column type."""

from __future__ import annotations

import decimal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rpbind.errors import UserError
from rpbind.importers.importers import ImportOptions, import_eclip, import_fasta, import_table
from rpbind.importers.labels import parse_label_map
from rpbind.importers.rows import RowRules

BOUND = ["1", "1.0", "1.", "1.000", "1e0", "True", "TRUE", "true", " 1", '"1,0"']
UNBOUND = ["0", "0.0", "0.", "0.000", "0e0", "False", "FALSE", "false", "0 ", '"0,0"']
BOUND += ["1", "1.0", "yes", "Yes", "pos", "positive"]
UNBOUND += ["-1", "-1.0", "no", "NO", "neg", "Negative"]
REFUSED = {
    "2": "threshold",
    "0.37": "threshold",
    "inf": "threshold",
    "yes": "1 for bound and 0 for not bound",
    "high": "--label-map 'WORD=1,OTHER=0'; the words are 'high', '1'",
    "pos": "1 for bound and 0 for not bound",
    "0_1": "1 for bound and 0 for not bound",
    "nan": "the label is missing",
    "NA": "the label is missing",
}


def text(suffix: str, folder: Path, labels: list[str]) -> Path:
    sep = "," if suffix == "csv" else "\t"
    rows = [f"ACG{'ACGU'[n % 4]}{sep}AARS{sep}{label}\n" for n, label in enumerate(labels)]
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
    plain = [label.strip('"') for label in labels]
    path = parquet(tmp_path, pa.array(plain)) if is_parquet else text(suffix, tmp_path, labels)
    assert import_table(path, options).dataset.label_N.tolist() == [1, 0, 1]


def test_labels_other_than_one_and_zero_are_read_by_a_mapping_that_is_said(
    tmp_path: Path, options: ImportOptions
) -> None:
    made = import_table(text("csv", tmp_path, ["yes", "No", "yes"]), options)
    assert "'yes' as 1 (2 rows), 'No' as 0 (1 row)" in made.remarks[0]


def test_no_meaning_is_proposed_for_unknown_words(tmp_path: Path, options: ImportOptions) -> None:
    with pytest.raises(UserError, match="the words are 'low', 'high'") as caught:
        import_table(text("csv", tmp_path, ["low", "high", "low"]), options)
    assert "low=" not in str(caught.value), "the first word of a file is not the one for bound"


def test_a_mapping_of_labels_is_read_instead_of_the_usual_words(
    tmp_path: Path, options: ImportOptions
) -> None:
    path, rules = text("csv", tmp_path, ["high", "0", "1.0"]), RowRules({"high": 0, "1": 1, "0": 1})
    made = import_table(path, replace(options, rules=rules))
    assert made.dataset.label_N.tolist() == [0, 1, 1]
    with pytest.raises(UserError, match=r"line 2: the label 'high' is not in --label-map"):
        import_table(path, replace(options, out=tmp_path / "o", rules=RowRules({"1": 1, "0": 0})))


@pytest.mark.parametrize("given", ["high", "high=2,low=0", "high=1,high=0", "=1", ""])
def test_a_mapping_of_labels_gives_each_word_one_value(given: str) -> None:
    assert parse_label_map("High=1, low=0") == {"high": 1, "low": 0}
    with pytest.raises(UserError, match="--label-map"):
        parse_label_map(given)


def test_the_rows_after_the_first_bad_one_are_counted(
    tmp_path: Path, options: ImportOptions
) -> None:
    with pytest.raises(UserError, match=r"t\.csv, line 2: .*got 'a{40}…' \(and 1,204 more\)"):
        import_table(text("csv", tmp_path, ["a" * 50] * 1205), options)


def test_rows_without_a_label_are_dropped_and_counted_if_the_user_says_so(
    tmp_path: Path, options: ImportOptions
) -> None:
    path = text("csv", tmp_path, ["1", "", "0", "?"])
    made = import_table(path, replace(options, rules=RowRules(bad_rows="drop")))
    assert made.dataset.label_N.tolist() == [1, 0]
    assert made.decisions["rows_with_bad_labels_dropped"] == 2


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
        ([1, 0, -1], "row 3: .*--label-map"),
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
