"""Windows, proteins and options that `rpbind import` refuses, or accepts with a remark."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from bad_input import IMPORT, PROTEINS, WINDOWS, Case, check
from toy_imports import (
    COMMA,
    FASTA,
    LETTERS,
    eclip,
    fasta,
    one_chromosome,
    one_class,
    spoilt,
    table,
)

OTHERS = [
    Case("a table as FASTA", fasta("windows.tsv"), ("table", "rpbind import table")),
    Case(
        "an eCLIP file as FASTA",
        fasta(),
        ("eCLIP", "rpbind import eclip"),
        {"w.fa": f"{LETTERS}\t1\n"},
    ),
    Case(
        "a folder of other files as FASTA",
        fasta("dir"),
        ("w.tsv", "rpbind import table"),
        {"dir/w.tsv": WINDOWS},
    ),
    Case(
        "RBP-31 headers",
        fasta(),
        ("line 1", "RBP-31", "names no protein"),
        {"w.fa": f">chr1,+,1234,1335; class:0\n{LETTERS}\n"},
    ),
    Case(
        "circRNA headers",
        fasta(),
        ("line 1", "circRNA", "names no protein"),
        {"w.fa": f">hsa_circ_0000005 start:249,end:350\n{LETTERS}\n"},
    ),
    Case(
        "bedtools headers",
        fasta(),
        ("line 1", "bedtools getfasta", "names no protein"),
        {"w.fa": f">chr7:4757098-4757219(+)\n{LETTERS}\n"},
    ),
    Case("proteins as windows", fasta(), ("of a protein",), {"w.fa": ">sp|P1|A_HUMAN x\nMKV\n"}),
    Case(
        "an emoji in FASTA",
        fasta(),
        ("line 1", "'😀' at letter 3 of 4"),
        {"w.fa": ">1_GENEA_K562_pos; class:1\nAC😀U\n"},
    ),
    Case("a table as an eCLIP folder", eclip("windows.tsv"), ("table", "rpbind import table")),
    Case("FASTA as an eCLIP folder", eclip("w.fa"), ("FASTA", "import fasta"), {"w.fa": FASTA}),
    Case(
        "tables in an eCLIP folder",
        eclip(),
        ("GENEA_K562", "table", "rpbind import table"),
        {"dir/GENEA_K562": "rna\tlabel\nACGU\t1\n"},
    ),
    Case(
        "proteins beside the windows",
        eclip(),
        ("p.fa is FASTA", "to another folder"),
        {"dir/GENEA_K562": f"{LETTERS}\t1\n", "dir/p.fa": PROTEINS},
    ),
    Case(
        "a text beside the windows",
        eclip(),
        ("README, line 1", "to another folder"),
        {"dir/GENEA_K562": f"{LETTERS}\t1\n", "dir/README": "These are windows.\n"},
    ),
    Case(
        "the folders of RBP-31",
        eclip(),
        ("no files", "folders such as 10_PARCLIP"),
        {"dir/10_PARCLIP/5000/training_sample_0/sequences.fa.gz": gzip.compress(b">x\nA\n")},
    ),
    Case(
        "tables in an eCLIP folder, with advice",
        eclip(),
        ("reads a folder of such files", "the protein is the file's name"),
        {"dir/GENEA_K562.csv": "rna,label\nACGU,1\n", "dir/GENEB_K562.csv": "rna,label\nA,1\n"},
    ),
    Case(
        "a -1 in an eCLIP file",
        eclip(),
        ("line 3", "'-1'", "--label-map"),
        {"dir/GENEA_K562": f"{LETTERS}\t1\n{LETTERS}\t0\n{LETTERS}\t-1\n"},
    ),
]


PROTEIN = [
    Case("proteins without a sequence", IMPORT, ("line 2", "2 of 2 proteins", "'GENEA_K562' (",
        "'GENEB_K562' (", "GN="), {"proteins.fasta": ">AARS\nMKV\n"}),
    Case("91 proteins without a sequence", IMPORT, ("90 of 91 proteins", "and 80 more"), {
        "windows.tsv": "rna\tprotein\tlabel\n" + "".join(
            f"ACGUACGUAC\tG{n}X_K562\t{n % 2}\n" for n in range(91)),
        "proteins.fasta": ">G7X\nMKV\n"}),
    Case("the gene of another cell line", IMPORT, ("its gene GENEA is present as GENEA_HepG2",), {
        "proteins.fasta": PROTEINS.replace("GENEA_K562", "GENEA_HepG2")}, never=("no gene GENEA",)),
    Case("only the cell line is shared", IMPORT, ("no gene GENEA is present",), {
        "proteins.fasta": PROTEINS.replace("GENEA", "XYZ")}, never=("did you mean 'XYZ",)),
    Case("nucleotides as proteins", IMPORT, ("line 1", "'GENEA_K562'", "nucleotides"), {
        "proteins.fasta": f">GENEA_K562\n{LETTERS}\n>GENEB_K562\n{LETTERS}\n"}),
    Case("a protein without residues", IMPORT, ("line 1", "GENEA_K562", "no sequence"), {
        "proteins.fasta": ">GENEA_K562\n>GENEB_K562\nMKV\n"}),
    Case("a protein that occurs twice", IMPORT, ("line 5", "GENEA_K562", "twice"), {
        "proteins.fasta": PROTEINS + ">GENEA_K562\nMKV\n"}),
    Case("proteins in UTF-16", IMPORT, ("UTF-16",), {"proteins.fasta": PROTEINS.encode("utf-16")}),
    Case("a folder of proteins", table(proteins="dir"), ("dir", "folder"), {"dir/a.fa": PROTEINS}),
    Case("the genes of UniProt", IMPORT, ("8 windows", "2 of 2 proteins", "sp|P1|XA_HUMAN"), {
        "proteins.fasta": ">sp|P1|XA_HUMAN A GN=GENEA PE=1\nMKV\n>sp|P2|XB_HUMAN GN=GENEB\nMK\n"
        }, exit=0),
    Case("names in another case", IMPORT, ("8 windows", "GENEA_K562 (GeneA_K562)"), {
        "proteins.fasta": PROTEINS.replace("GENEA", "GeneA")}, exit=0),
    Case("an import of positives only", IMPORT, ("Every window is bound", "both classes"), {
        "windows.tsv": WINDOWS.replace("\t0\n", "\t1\n")}, exit=0),
    Case("a split of positives only", "rpbind split data --rule random", ("Every window is bound",
        "bound and unbound windows"), one_class, never=("cold-rna",)),
    Case("one chromosome as the cluster column", "rpbind split data", ("1 overlap clusters",
        "no --cluster-column"), one_chromosome, never=("random",)),
]  # fmt: skip

KINDS = WINDOWS.splitlines()
KINDS[3] = "\t".join(["N" * len(LETTERS), *KINDS[3].split("\t")[1:]])
KINDS[4] = "\t".join(["N" * (len(LETTERS) - 2) + "AC", *KINDS[4].split("\t")[1:]])
KINDS[6] = "X" + KINDS[6][1:]
KINDS[7] = KINDS[7].rpartition("\t")[0] + "\t7"
"""Lines 4 and 5 have too many N, line 7 another letter, and line 8 no label."""
MANY_KINDS = "\n".join(KINDS) + "\n"
FAULTS = [
    Case("faults of several kinds", IMPORT, ("line 4", "100%", "3 more", "1 with bad letters",
        "1 with many N", "1 with bad labels", "--max-n-share"), {"windows.tsv": MANY_KINDS}),
    Case("the first fault is a letter", IMPORT, ("line 3", "'X'", "4 more", "2 with many N"), {
        "windows.tsv": MANY_KINDS.replace(KINDS[2], "X" + KINDS[2][1:])}),
    Case("a wrong part before a wrong letter", f"{IMPORT} --split-column part", ("line 3",
        "'tset'", "1 more", "with bad letters"), {"windows.tsv": "\n".join(
            f"{'X' * (n == 4)}{line}\t{'part' if not n else 'tset' if n == 2 else 'test'}"
            for n, line in enumerate(WINDOWS.splitlines())) + "\n"}),
]  # fmt: skip

OPTIONS = [
    Case("no such cluster column", IMPORT.replace("--k 5",
        "--cluster-column chrom"), ("no column 'chrom'",)),
    Case("a column of the wrong kind", f"{IMPORT} --rna-column protein", ("line 2", "'E'")),
    Case("an unknown --on-conflict", f"{IMPORT} --on-conflict DROP", ("--on-conflict",
        "Did you mean 'drop'")),
    Case("an unknown --homology", f"{IMPORT} --homology Parasail", ("--homology",
        "Did you mean 'parasail'")),
    Case("a k-mer longer than the windows", IMPORT.replace("--k 5", "--k 11"), ("--k 10",)),
    Case("an --out that exists", IMPORT, ("exists already",), {"d/x": "x"}),
    Case("an --out below a file", IMPORT.replace("--out d", "--out windows.tsv/d"), (
        "windows.tsv", "not a folder")),
    Case("an --out that is a URL", IMPORT.replace("--out d", "--out s3://x/d"), ("--out", "s3:")),
    Case("no proteins", IMPORT.replace("proteins.fasta", "nowhere.fa"),
        ("nowhere.fa", "Check the path")),
    Case("clusters under another file name", eclip().replace("--k 5", "--clusters c"),
        ("GENEA_K562", "c has", "did you mean 'GENEZ_K562'"), {
        "dir/GENEA_K562": f"{LETTERS}\t1\n", "c/GENEZ_K562": "1\n"}),
    Case("clusters that are words", eclip().replace("--k 5", "--clusters c"),
        ("line 1", "'chr1'"), {
        "dir/GENEA_K562": f"{LETTERS}\t1\n", "c/GENEA_K562": "chr1\n"}),
    Case("fewer clusters than windows", eclip().replace("--k 5", "--clusters c"),
        ("1 lines", "2"), {
        "dir/GENEA_K562": f"{LETTERS}\t1\n{LETTERS[1:]}A\t0\n", "c/GENEA_K562": "1\n"}),
    Case("a table instead of a dataset", "rpbind split windows.tsv", ("windows.tsv",
        "not a dataset")),
    Case("no dataset", "rpbind embed nowhere", ("nowhere", "not a dataset")),
    Case("a split whose record is a folder", "rpbind split data --rule random", ("splits/random",),
        lambda folder: spoilt(folder, None), never=("Errno",)),
    Case("an unreadable split", "rpbind split data --rule random", ("splits/random",
        "dataset is missing"), lambda folder: spoilt(folder, "{}"),
        never=("validation error", "_Record")),
    Case("an unreadable manifest", "rpbind split data", ("manifest.json",), {
        "data/manifest.json": '{"schema_version": 1}'}, never=("validation error",)),
]  # fmt: skip


READ = [
    Case("columns in capitals", IMPORT, ("8 windows",), {"windows.tsv": "RNA\tProtein\tLABEL\n" +
        WINDOWS.partition("\n")[2]}, exit=0),
    Case("gzip under another name", table("w.csv"), ("8 windows",), {
        "w.csv": gzip.compress(COMMA.encode())}, exit=0),
    Case("unpacked under the name .gz", table("w.csv.gz"), ("8 windows",), {"w.csv.gz": COMMA},
        exit=0),
    Case("a table with a byte-order mark and CRLF", IMPORT, ("8 windows",), {
        "windows.tsv": b"\xef\xbb\xbf" + WINDOWS.replace("\n", "\r\n").encode()}, exit=0),
    Case("FASTA with a byte-order mark and CRLF", fasta(), ("8 windows",), {
        "w.fa": b"\xef\xbb\xbf" + FASTA.replace("\n", "\r\n").encode(),
        "proteins.fasta": b"\xef\xbb\xbf" + PROTEINS.encode()}, exit=0),
    Case("line ends of old Macs", fasta(), ("8 windows",), {
        "w.fa": FASTA.replace("\n", "\r"), "proteins.fasta": PROTEINS.replace("\n", "\r")}, exit=0),
    Case("one name in UTF-8 and in Latin-1", IMPORT, ("8 windows",), {
        "windows.tsv": WINDOWS.replace("GENEA", "GÉNEA"),
        "proteins.fasta": PROTEINS.replace("GENEA", "GÉNEA").encode("latin-1")}, exit=0),
]  # fmt: skip


CASES = [*OTHERS, *PROTEIN, *FAULTS, *OPTIONS, *READ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_answer_to_an_import_has_the_facts(
    case: Case,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check(case, tmp_path, capsys, monkeypatch)
