from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from rpbind.data.alphabet import decode
from rpbind.errors import UserError
from rpbind.importers.fasta import protein_in
from rpbind.importers.importers import ImportOptions, import_fasta
from rpbind.naming.protein_table import read_proteins

POSITIVE = ">12_AARS_K562_ENCSR825SVO_pos; chr21; class:1\nACGU\n"
NEGATIVE = ">13_FMR1_K562_ENCSR000AAA_neg; chr2; class:0\nac\ngt\n"


def write(tmp_path: Path, text: str) -> Path:
    (tmp_path / "windows.fasta").write_text(text)
    return tmp_path / "windows.fasta"


def test_protein_and_label_come_from_the_header(tmp_path: Path, options: ImportOptions) -> None:
    dataset = import_fasta(write(tmp_path, POSITIVE + NEGATIVE), options).dataset
    assert [p.id for p in dataset.proteins] == ["AARS_K562_ENCSR825SVO", "FMR1_K562_ENCSR000AAA"]
    assert [p.gene for p in dataset.proteins] == ["AARS", "FMR1"]
    assert dataset.label_N.tolist() == [1, 0]
    assert [decode(row_L) for row_L in dataset.rna_NL] == ["ACGU", "ACGU"]


def test_the_source_row_is_the_line_of_the_header(tmp_path: Path, options: ImportOptions) -> None:
    import_fasta(write(tmp_path, NEGATIVE + POSITIVE), options)
    rows = pq.read_table(options.out / "windows.parquet").column("source_row")
    assert rows.to_pylist() == [1, 4]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (POSITIVE.replace("class:1", "class:0"), "line 4: '_pos' and 'class:0' contradict"),
        (POSITIVE.replace("; class:1", ""), "line 4: expected a header such as"),
        (POSITIVE.replace("class:1", "class:2"), "line 4: expected a header such as"),
        (POSITIVE.replace("ACGU", "ACG"), "line 4: the window has 3 letters; expected 4"),
        (POSITIVE.replace("ACGU", ""), "line 4: the window has 0 letters; expected at least one"),
        (POSITIVE.replace("ACGU", "ACGE"), "line 4: RNA has the letters .* got 'E' at letter 4"),
        (POSITIVE.replace("AARS", "AATF"), "line 4: .* no protein 'AATF_K562_ENCSR825SVO'"),
    ],
)
def test_a_bad_record_is_refused_with_the_line_of_its_header(
    tmp_path: Path, options: ImportOptions, record: str, message: str
) -> None:
    with pytest.raises(UserError, match=rf"windows\.fasta, {message}"):
        import_fasta(write(tmp_path, NEGATIVE + record), options)


def test_sign_and_class_are_read_in_any_case(tmp_path: Path, options: ImportOptions) -> None:
    text = (NEGATIVE + POSITIVE).replace("_pos", "_POS").replace("_neg", "_Neg")
    dataset = import_fasta(write(tmp_path, text.replace("class", "Class")), options).dataset
    assert [p.id for p in dataset.proteins] == ["AARS_K562_ENCSR825SVO", "FMR1_K562_ENCSR000AAA"]
    assert sorted(dataset.label_N.tolist()) == [0, 1]


def test_a_file_without_records_is_refused(tmp_path: Path, options: ImportOptions) -> None:
    with pytest.raises(UserError, match="is an eCLIP file"):
        import_fasta(write(tmp_path, "ACGU\t1\n"), options)


@pytest.mark.parametrize(("before", "line"), [("ACGU\n", 1), ("\n \n;old\n", 3)])
def test_text_before_the_first_header_is_refused(
    tmp_path: Path, options: ImportOptions, before: str, line: int
) -> None:
    with pytest.raises(UserError, match=rf"windows\.fasta, line {line}: expected a header"):
        import_fasta(write(tmp_path, before + POSITIVE), options)
    import_fasta(write(tmp_path, "\n \n" + POSITIVE), options)


def test_an_id_that_starts_with_the_name_is_preferred_to_one_that_is_its_gene(
    tmp_path: Path,
) -> None:
    fasta = write(tmp_path, ">AARS\nM\n>AARS_K562_ENCSR825SVO\nMD\n>AARS_K562B\nMDS\n")
    proteins = read_proteins(fasta)
    assert proteins.find("AARS_K562") == "MD"
    assert proteins.find("AARS_HepG2") == "M"
    assert proteins.find("AARS_K562B") == "MDS"


def test_a_name_that_matches_two_different_sequences_is_refused(tmp_path: Path) -> None:
    proteins = read_proteins(write(tmp_path, ">AARS_K562\nM\n>AARS_HepG2\nMD\n"))
    with pytest.raises(UserError, match="'AARS' can be any of AARS_K562, AARS_HepG2"):
        proteins.find("AARS")


@pytest.mark.parametrize(
    ("fasta", "message"),
    [
        (">A\nMD\n>A\nMD\n", "line 3: the protein 'A' occurs twice"),
        (">A\nMD\n>B\n", "line 3: the protein 'B' has no sequence"),
        (">A\nMD\n>B\nM4\n", "line 3: the protein 'B': Residue 2 of 2 is '4'"),
        (">A\nMD\n> \nMD\n", "line 3: the protein has no id"),
    ],
)
def test_a_protein_that_cannot_be_used_is_refused_with_its_line(
    tmp_path: Path, options: ImportOptions, fasta: str, message: str
) -> None:
    (tmp_path / "bad.fasta").write_text(fasta)
    windows = write(tmp_path, POSITIVE)
    with pytest.raises(UserError, match=message):
        import_fasta(windows, replace(options, proteins=tmp_path / "bad.fasta"))


@pytest.mark.parametrize(
    "title",
    [
        "12_AARS_K562_ENCSR825SVO_pos; chr21; class:1",
        "0_AARS_K562_ENCSR825SVO_test; class:1",
        "0_AARS_K562_ENCSR825SVO_test",
        "7_AARS_K562_ENCSR825SVO",
    ],
)
def test_a_header_names_its_protein_without_the_part_that_was_exported(title: str) -> None:
    assert protein_in(title) == "AARS_K562_ENCSR825SVO"
    assert protein_in("chr1,+,1234,1335; class:0") is None
