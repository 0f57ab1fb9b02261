"""Tables of windows that are not what `rpbind import table` expects."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from bad_input import IMPORT, WINDOWS, Case, check
from toy_imports import (
    COMMA,
    CUT,
    FASTA,
    LETTERS,
    TWO,
    one_class,
    parquet,
    table,
    zipped,
)

TABLES = [
    Case(
        "a letter that is not a nucleotide",
        IMPORT,
        ("windows.tsv", "line 2", "'X'"),
        {"windows.tsv": WINDOWS.replace("ACGUACGUAC", "ACGUXCGUAC", 1)},
    ),
    Case("an empty table", IMPORT, ("windows.tsv",), {"windows.tsv": ""}),
    Case("a table that does not exist", IMPORT.replace("windows.tsv", "nowhere.tsv"),
        ("nowhere.tsv",)),
    Case("tabs in .csv", table("w.csv"), ("8 windows",), {"w.csv": WINDOWS}, exit=0),
    Case("commas in .tsv", table("w.tsv"), ("8 windows",), {"w.tsv": COMMA}, exit=0),
    Case("spaces in .txt", table("w.txt"), ("spaces",), {"w.txt": WINDOWS.replace("\t", " ")}),
    Case(
        "a header without the protein",
        table(),
        ("no column 'protein'", "rna, label", "--name-pattern"),
        {"windows.tsv": "rna\tlabel\nACGUACGUAC\t1\n"},
    ),
    Case(
        "no header line",
        table(),
        ("no header line",),
        {"windows.tsv": f"{LETTERS}\tGENEA_K562\t1\n"},
    ),
    Case(
        "an eCLIP file",
        table(),
        ("eCLIP", "rpbind import eclip"),
        {"windows.tsv": f"{LETTERS}\t1\n"},
    ),
    Case("FASTA as a table", table(), ("FASTA", "rpbind import fasta"), {"windows.tsv": FASTA}),
    Case(
        "two columns of one name in other cases",
        table(),
        ("2 columns 'rna'",),
        {"windows.tsv": "RNA\tRna\tprotein\tlabel\nA\tA\tGENEA_K562\t1\n"},
    ),
    Case(
        "a blank first line",
        table(),
        ("no column 'rna'", "first line is empty"),
        {"windows.tsv": "\n" + WINDOWS},
    ),
    Case(
        "a row with a missing column",
        table(),
        ("line 3", "2 columns", "expected 3"),
        {"windows.tsv": "rna\tprotein\tlabel\nACGU\tGENEA_K562\t1\nACGA\t1\n"},
        never=("CSV parse error",),
    ),
    Case(
        "a line of 10 MB",
        table(),
        ("line 3", "10,000,000 letters"),
        {"windows.tsv": TWO + "A" * 10**7 + "\tGENEA_K562\t1\n"},
        never=("straddling",),
    ),
    Case(
        "an emoji among the letters",
        table(),
        ("line 2", "'😀' at letter 1 of 10"),
        {"windows.tsv": WINDOWS.replace("ACGUACGUAC", "😀CGUACGUAC", 1)},
    ),
    Case(
        "Parquet under the name of a table",
        table("w.csv"),
        ("Parquet", ".parquet"),
        parquet("w.csv", label=[1, 0]),
    ),
    Case(
        "a table under the name of Parquet",
        table("w.parquet"),
        ("w.parquet", "table as text", ".tsv"),
        {"w.parquet": WINDOWS},
    ),
    Case(
        "BED under the name of Parquet",
        table("w.parquet"),
        ("BED", CUT),
        {"w.parquet": "chr1\t1\t2\n"},
    ),
    Case("1 and -1 in Parquet", table("w.parquet"), ("2 windows", "'-1' as 0"), parquet(
        "w.parquet", label=[1, -1]), exit=0),
    Case("scores in Parquet", table("w.parquet"), ("row 1", "0.25", "score"), parquet(
        "w.parquet", label=[0.25, 1.0])),
    Case("no label in Parquet", table("w.parquet"), ("no column 'label'",), parquet("w.parquet")),
    Case("a folder of eCLIP files", table("dir"), ("GENEA_K562", "rpbind import eclip"), {
        "dir/GENEA_K562": f"{LETTERS}\t1\n"}),
    Case("a file that does not exist", table("nowhere.csv"), ("nowhere.csv", "Check the path")),
]  # fmt: skip

PARQUET = [
    Case("an empty Parquet file", table("w.parquet"), ("w.parquet", "empty"), {"w.parquet": ""}),
    Case("Parquet without rows", table("w.parquet"), ("no rows",), parquet(
        "w.parquet", rna=pa.array([], pa.string()), protein=pa.array([], pa.string()),
        label=pa.array([], pa.int8()))),
    Case("a truncated Parquet file", table("w.parquet"), ("w.parquet", "not a complete Parquet"), {
        "w.parquet": b"PAR1" + bytes(100)}),
    Case("dates as labels", table("w.parquet"), ("row 1", "1970-01-01"), parquet(
        "w.parquet", label=pa.array([0, 1], pa.date32()))),
    Case("labels in lists", table("w.parquet"), ("'label'", "list"), parquet(
        "w.parquet", label=[[1], [0]])),
    Case("an empty window in Parquet", table("w.parquet"), ("row 2", "0 letters"), parquet(
        "w.parquet", rna=["ACGU", None], label=[1, 0])),
    Case("an empty protein in Parquet", table("w.parquet"), ("row 2", "protein is missing"),
        parquet("w.parquet", protein=["GENEA_K562", None], label=[1, 0])),
    Case("an Excel workbook under the name of Parquet", table("w.parquet"), ("xlsx",), {
        "w.parquet": zipped("xl/workbook.xml")}),
    Case("the windows.parquet of a dataset", table("data/windows.parquet"), ("dataset", "--data"),
        lambda folder: one_class(folder)),
]  # fmt: skip

CASES = [*TABLES, *PARQUET]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_answer_to_a_bad_table_has_the_facts(
    case: Case,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check(case, tmp_path, capsys, monkeypatch)
