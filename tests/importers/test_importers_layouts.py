"""Files as people in the field have them come in as they are: small ones of each form."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from rpbind.data.alphabet import decode
from rpbind.data.dataset import Dataset
from rpbind.data.frozen_split import load_split
from rpbind.data.splits import SplitSpec
from rpbind.errors import UserError
from rpbind.importers.importers import ImportOptions, import_eclip, import_fasta, import_table
from rpbind.importers.rows import RowRules
from rpbind.importers.table import Columns

LETTERS = [f"{a}{b}GUACGUACGUACGUACGUACG" for a in "ACGU" for b in "ACGU"]


def windows_of(dataset: Dataset) -> set[tuple[str, str, int]]:
    return {
        (decode(rna_L), dataset.proteins[protein].id, int(label))
        for rna_L, protein, label in zip(
            dataset.rna_NL, dataset.protein_N, dataset.label_N, strict=True
        )
    }


def fill(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return folder


def test_a_circrna_set_has_protein_and_label_in_the_names_of_its_files(
    tmp_path: Path, options: ImportOptions
) -> None:
    record = ">hsa_circ_0000005 start:249,end:350\n{}\n"
    source = fill(
        tmp_path / "circ",
        {
            "AARS/positive": record.format(LETTERS[0]),
            "AARS/negative": record.format(LETTERS[1]),
            "FMR1/positive": record.format(LETTERS[2]),
            "FMR1/negative": record.format(LETTERS[1]),
            "readme.md": "About these files\n",
        },
    )
    made = import_fasta(source, options, "{protein}/{label}")
    assert windows_of(made.dataset) == {
        (LETTERS[0], "AARS", 1),
        (LETTERS[1], "AARS", 0),
        (LETTERS[2], "FMR1", 1),
        (LETTERS[1], "FMR1", 0),
    }


def test_a_prismnet_table_has_no_header_and_its_protein_in_its_name(
    tmp_path: Path, options: ImportOptions
) -> None:
    row = "A\tENST1|10|50|1.2\t{}\t0.5,0.1,-1\t7.10\t{}\n"
    source = fill(
        tmp_path / "clip_data",
        {
            "AARS_K562.tsv": row.format(LETTERS[0], 1) + row.format(LETTERS[1], 0),
            "FMR1_HepG2.tsv": row.format(LETTERS[2], 1) + row.format(LETTERS[3], 0),
        },
    )
    header = ("-", "-", "rna", "-", "-", "label")
    made = import_table(source, options, Columns(header=header))
    assert windows_of(made.dataset) == {
        (LETTERS[0], "AARS_K562", 1),
        (LETTERS[1], "AARS_K562", 0),
        (LETTERS[2], "FMR1_HepG2", 1),
        (LETTERS[3], "FMR1_HepG2", 0),
    }
    files = replace(options, out=tmp_path / "files")
    with pytest.raises(UserError, match="--name-pattern"):
        import_table(source / "AARS_K562.tsv", files, Columns(header=header))
    again = import_table(
        [*source.iterdir()], files, Columns(header=header), "{protein}.*"
    )  # fmt: skip
    assert windows_of(again.dataset) == windows_of(made.dataset)


def test_the_part_files_and_the_exported_test_set_of_the_original_project_are_read(
    tmp_path: Path, options: ImportOptions
) -> None:
    source = fill(
        tmp_path / "original",
        {
            "part_1.fasta": f">12_AARS_K562_ENCSR825SVO_pos; chr21; class:1\n{LETTERS[0]}\n",
            "part_2.fasta": f">13_FMR1_K562_ENCSR000AAA_neg; chr2; class:0\n{LETTERS[1]}\n",
            "test.fasta": f">0_AARS_K562_ENCSR825SVO_test; class:1\n{LETTERS[2]}\n"
            f">1_FMR1_K562_ENCSR000AAA_test; class:0\n{LETTERS[3]}\n",
        },
    )
    made = import_fasta(source, options)
    assert windows_of(made.dataset) == {
        (LETTERS[0], "AARS_K562_ENCSR825SVO", 1),
        (LETTERS[1], "FMR1_K562_ENCSR000AAA", 0),
        (LETTERS[2], "AARS_K562_ENCSR825SVO", 1),
        (LETTERS[3], "FMR1_K562_ENCSR000AAA", 0),
    }


def test_labels_beside_a_fasta_file_belong_to_its_records_in_order(
    tmp_path: Path, options: ImportOptions
) -> None:
    text = f">0_AARS_K562_test\n{LETTERS[0]}\n>1_AARS_K562_test\n{LETTERS[1]}\n"
    fill(tmp_path, {"test.fasta": text, "labels.txt": "0\n1\n", "short.txt": "0\n"})
    labels = tmp_path / "labels.txt"
    made = import_fasta(tmp_path / "test.fasta", options, labels=labels)
    assert windows_of(made.dataset) == {(LETTERS[0], "AARS_K562", 0), (LETTERS[1], "AARS_K562", 1)}
    assert "labels.txt" in made.dataset.manifest.made_by.sources
    again = replace(options, out=tmp_path / "again")
    with pytest.raises(UserError, match=r"short\.txt has 1 lines; the FASTA file has 2 records"):
        import_fasta(tmp_path / "test.fasta", again, labels=tmp_path / "short.txt")
    fill(tmp_path, {"test.fasta": text.replace("_test\n", "_test; class:1\n")})
    with pytest.raises(UserError, match=r"line 1: .*contradicted: labels\.txt"):
        import_fasta(tmp_path / "test.fasta", again, labels=labels)


def test_a_folder_has_a_fasta_file_for_each_protein(tmp_path: Path, options: ImportOptions) -> None:
    record = ">chr1,+,1234,1335; class:{}\n{}\n"
    source = fill(
        tmp_path / "fasta",
        {
            "AARS_K562.fa": record.format(1, LETTERS[0]) + record.format(0, LETTERS[1]),
            "FMR1_K562.fa.gz": record.format(1, LETTERS[2]) + record.format(0, LETTERS[3]),
            ".hidden": "not read",
        },
    )
    made = import_fasta(source, options)
    assert {name for _, name, _ in windows_of(made.dataset)} == {"AARS_K562", "FMR1_K562"}
    with pytest.raises(UserError, match=r"line 1: .*names no protein.*--name-pattern"):
        import_fasta(source / "AARS_K562.fa", replace(options, out=tmp_path / "one"))


@pytest.mark.parametrize("pattern", ["{protein}/{labels}", "{protein}{protein}", "*.fa", "{}"])
def test_a_pattern_of_names_has_known_fields_once(
    pattern: str, tmp_path: Path, options: ImportOptions
) -> None:
    with pytest.raises(UserError, match=r"--name-pattern takes \{protein\}, \{label\}, \{part\}"):
        import_fasta(tmp_path, options, pattern)


def test_files_that_have_another_form_than_the_pattern_are_said(
    tmp_path: Path, options: ImportOptions
) -> None:
    record = f">chr1,+,5,27; class:1\n{LETTERS[0]}\n"
    source = fill(tmp_path / "in", {"AARS.fa": record, "b.txt": "x\n", "deep/c.txt": "x\n"})
    made = import_fasta(source, options, "{protein}.fa")
    assert "2 files" in made.remarks[0]
    assert "b.txt" in made.remarks[0]
    again = replace(options, out=tmp_path / "again")
    with pytest.raises(UserError, match=r"none of 3 files has the form '\{protein\}\.fasta'"):
        import_fasta(source, again, "{protein}.fasta")
    with pytest.raises(UserError, match=r"b\.txt: the name is not of the form"):
        import_fasta(source / "b.txt", again, "{protein}.fa")


SHEET = [["RNA", "Protein", "Label"], ["ACGU", "AARS", 1.0], ["ACGA", "FMR1", 0.0]]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "\ufeffRNA;Protein;Label\r\nACGU;AARS;1,0\r\nACGA;FMR1;0,0\r\n;;\r\n"),
        ("t.csv", "sep=;\nRNA;Protein;Label\nACGU;AARS;TRUE\nACGA;FMR1;FALSE\n"),
        ("t.tab", "RNA\tProtein\tLabel\nACGU\tAARS\tpos\nACGA\tFMR1\tneg\n"),
        ("t.tsv", "RNA,Protein,Label\nACGU,AARS,1\nACGA,FMR1,-1\n"),
        ("t.txt", "RNA|Protein|Label\nACGU|AARS|yes\nACGA|FMR1|no\n"),
        ("t.csv.gz", "RNA\tProtein\tLabel\nACGU\tAARS\t1\nACGA\tFMR1\t0\n"),
    ],
)
def test_a_table_is_read_whatever_separates_its_columns(
    name: str, text: str, tmp_path: Path, options: ImportOptions
) -> None:
    fill(tmp_path, {name: text})
    made = import_table(tmp_path / name, options)
    assert windows_of(made.dataset) == {("ACGU", "AARS", 1), ("ACGA", "FMR1", 0)}


def test_the_line_that_excel_adds_counts_as_a_line(tmp_path: Path, options: ImportOptions) -> None:
    fill(tmp_path, {"t.csv": "sep=;\nRNA;Protein;Label\nACGU;AARS;1\nACGX;AARS;0\n"})
    with pytest.raises(UserError, match=r"t\.csv, line 4: .*got 'X'"):
        import_table(tmp_path / "t.csv", options)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            ("rna", "label", "-"),
            r"AARS_K562, line 1: 2 columns .*tabs; --columns names 3",
        ),
        (("label", "rna"), r"AARS_K562, line 1: RNA has the letters .*got '1'.* \(and 1 more\)"),
    ],
)
def test_names_of_columns_that_do_not_fit_a_table_without_header_are_refused(
    columns: tuple[str, ...], message: str, tmp_path: Path, options: ImportOptions
) -> None:
    source = fill(tmp_path / "in", {"AARS_K562": "ACGU\t1\nACGA\t0\n"})
    made = import_table(source, options, Columns(header=("rna", "label")))
    assert windows_of(made.dataset) == {("ACGU", "AARS_K562", 1), ("ACGA", "AARS_K562", 0)}
    again = replace(options, out=tmp_path / "again")
    with pytest.raises(UserError, match=message):
        import_table(source, again, Columns(header=columns))


def test_a_header_line_is_not_read_as_a_window(tmp_path: Path, options: ImportOptions) -> None:
    fill(tmp_path, {"t.tsv": "rna\tprotein\tlabel\nACGU\tAARS\t1\n"})
    with pytest.raises(UserError, match=r"line 1 names the columns.*Leave it out"):
        import_table(tmp_path / "t.tsv", options, Columns(header=("rna", "protein", "label")))


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    openpyxl = pytest.importorskip("openpyxl", reason="needs the extra [excel]")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_workbook_is_read_like_a_table(tmp_path: Path, options: ImportOptions) -> None:
    sheet = [*SHEET[:2], [], SHEET[2], [None, None, None]]
    made = import_table(workbook(tmp_path / "t.xlsx", Windows=sheet, Empty=[]), options)
    assert windows_of(made.dataset) == {("ACGU", "AARS", 1), ("ACGA", "FMR1", 0)}
    assert not [remark for remark in made.remarks if "mapping" in remark]
    bad = [*sheet, ["ACGX", "AARS", True]]
    path = workbook(tmp_path / "bad.xlsx", Windows=bad)
    with pytest.raises(UserError, match=r"bad\.xlsx, row 6: .*got 'X'"):
        import_table(path, replace(options, out=tmp_path / "bad"))


def test_a_workbook_with_several_sheets_needs_the_name_of_one(
    tmp_path: Path, options: ImportOptions
) -> None:
    path = workbook(tmp_path / "t.xlsx", Notes=[["by me"]], Windows=SHEET)
    with pytest.raises(UserError, match=r"2 sheets with cells \('Notes', 'Windows'\).*--sheet"):
        import_table(path, options)
    made = import_table(path, options, Columns(sheet="Windows"))
    assert windows_of(made.dataset) == {("ACGU", "AARS", 1), ("ACGA", "FMR1", 0)}


def test_without_openpyxl_a_workbook_is_refused_with_what_to_install(
    tmp_path: Path, options: ImportOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path / "t.xlsx", Windows=SHEET)
    monkeypatch.setattr("rpbind.reading.workbook.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"\.\[excel\].*CSV"):
        import_table(path, options)


def test_a_damaged_workbook_is_refused(tmp_path: Path, options: ImportOptions) -> None:
    path = workbook(tmp_path / "t.xlsx", Windows=SHEET)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(UserError, match=r"t\.xlsx is not a complete Excel workbook"):
        import_table(path, options)


def test_rows_of_every_kind_that_cannot_be_read_are_dropped_and_counted(
    tmp_path: Path, options: ImportOptions
) -> None:
    rows = ["ACGU,AARS,1", "ACGR,AARS,1", ",AARS,1", "ACGA,,1", "ACGG,AARS,maybe", "NNNN,AARS,0"]
    fill(tmp_path, {"t.csv": "rna,protein,label\n" + "\n".join([*rows, "ACGC,AARS,0"]) + "\n"})
    made = import_table(tmp_path / "t.csv", replace(options, rules=RowRules(bad_rows="drop")))
    assert windows_of(made.dataset) == {("ACGU", "AARS", 1), ("ACGC", "AARS", 0)}
    assert made.decisions == {
        "rows_without_protein_dropped": 1,
        "rows_with_bad_letters_dropped": 2,
        "rows_with_bad_labels_dropped": 1,
        "rows_mostly_n_dropped": 1,
        "duplicates_dropped": 0,
        "contradictions_dropped": 0,
    }
    assert made.rows_read == 7
    with pytest.raises(UserError, match=r"line 3: .*'R'.* 3 more.*--bad-rows drop"):
        import_table(tmp_path / "t.csv", replace(options, out=tmp_path / "again"))


def test_if_every_row_is_bad_nothing_is_imported(tmp_path: Path, options: ImportOptions) -> None:
    fill(tmp_path, {"t.csv": "rna,protein,label\nACGR,AARS,1\nACGY,AARS,1\n"})
    with pytest.raises(UserError, match=r"no row is left .*rows_with_bad_letters_dropped: 2"):
        import_table(tmp_path / "t.csv", replace(options, rules=RowRules(bad_rows="drop")))


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_stored_in_one_form_whoever_wrote_it(
    form: str, tmp_path: Path, options: ImportOptions
) -> None:
    from unicodedata import normalize

    options.proteins.write_text(">GÉNE\nMKV\n")
    rows = f"ACGU,{normalize(form, 'GÉNE_K562')} ,1\nACGA,{normalize('NFC', 'GÉNE_K562')},0\n"
    fill(tmp_path, {"t.csv": f"rna,protein,label\n{rows}"})
    made = import_table(tmp_path / "t.csv", options)
    assert [protein.id for protein in made.dataset.proteins] == [normalize("NFC", "GÉNE_K562")]


def test_rbp31_folders_have_experiments_and_a_published_split_in_their_names(
    tmp_path: Path, options: ImportOptions
) -> None:
    options.proteins.write_text(
        ">sp|Q15717|ELAV1_HUMAN ELAV-like protein 1 OS=Homo sapiens GN=ELAVL1 PE=1\nMSNGYEDH\n"
        ">sp|P35637|FUS_HUMAN RNA-binding protein FUS OS=Homo sapiens GN=FUS PE=1\nMASNDYTQ\n"
    )
    rng = np.random.default_rng(1)
    files = {"10_PARCLIP_ELAVL1A_hg19/5000/training_sample_0/positions.bedGraph.gz": "chr1\t1\t2\n"}
    for name in ("10_PARCLIP_ELAVL1A", "8_PARCLIP_ELAVL1", "13_PARCLIP_FUS"):
        for part, count in (("training", 20), ("test", 4)):
            text = ""
            for n in range(count):
                at = int(rng.integers(1, 10**6))
                letters = "".join(rng.choice(list("ACGT"), 101))
                text += f">chr1,+,{at},{at + 101}; class:{n % 2}\n{letters}\n"
            files[f"{name}_hg19/5000/{part}_sample_0/sequences.fa.gz"] = text
    source = fill(tmp_path / "clip", files)
    pattern = "{protein}_hg19/5000/{part}_sample_0/sequences.fa.gz"
    with pytest.raises(UserError, match=r"no sequence for 3 of 3 .*dataset\.names\.tsv"):
        import_fasta(source, options, pattern)
    names = tmp_path / "dataset.names.tsv"
    made = import_fasta(source, replace(options, names=names, k=20), pattern)
    data = made.dataset
    assert {(p.id, p.gene) for p in data.proteins} == {
        ("10_PARCLIP_ELAVL1A", "ELAVL1"),
        ("13_PARCLIP_FUS", "FUS"),
        ("8_PARCLIP_ELAVL1", "ELAVL1"),
    }
    assert data.manifest.protein_clusters == 2
    split = load_split(data, SplitSpec("given", name="published"))
    assert int((split.part_N == 2).sum()) == 12
    assert any("--split published" in remark for remark in made.remarks)


def test_graphprot_files_have_protein_part_and_label_in_their_names(
    tmp_path: Path, options: ImportOptions
) -> None:
    files = {}
    rng = np.random.default_rng(2)
    for part in ("train", "ls"):
        for label in ("positives", "negatives"):
            text = ""
            for n in range(6):
                context = "".join(rng.choice(list("acgu"), 30 + n))
                text += f">{n}\n{context[:15]}{''.join(rng.choice(list('ACGU'), 30))}{context}\n"
            files[f"AARS.{part}.{label}.fa"] = text
    made = import_fasta(fill(tmp_path / "gp", files), options, "{protein}.{part}.{label}.fa")
    assert int(made.dataset.label_N.sum()) == 12
    assert {len(rna) for rna, _, _ in windows_of(made.dataset)} == {75, 76, 77, 78, 79, 80}
    assert [protein.id for protein in made.dataset.proteins] == ["AARS"]


def test_lines_of_an_eclip_file_that_cannot_be_read_are_dropped_with_their_clusters(
    tmp_path: Path, options: ImportOptions
) -> None:
    fill(
        tmp_path,
        {
            "eclip/AARS_K562": "ACGU\t1\nACGR\t1\nACGA\t\nACGG\t0\n",
            "clusters/AARS_K562": "7\n8\n8\n9\n",
        },
    )
    clusters = tmp_path / "clusters"
    with pytest.raises(UserError, match=r"line 2: .*'R'.* 1 more.*--bad-rows drop"):
        import_eclip(tmp_path / "eclip", options, clusters)
    dropping = replace(options, rules=RowRules(bad_rows="drop"))
    made = import_eclip(tmp_path / "eclip", dropping, clusters)
    assert windows_of(made.dataset) == {("ACGU", "AARS_K562", 1), ("ACGG", "AARS_K562", 0)}
    assert made.dataset.cluster_N.tolist() == [7, 9]
    assert made.decisions["rows_with_bad_letters_dropped"] == 1
    rows = pq.read_table(made.dataset.root / "windows.parquet").column("source_row")
    assert rows.to_pylist() == [1, 4]
