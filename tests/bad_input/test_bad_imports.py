"""Windows and proteins in forms that no `rpbind import` reads, or reads and remarks on."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bad_input import IMPORT, PROTEINS, WINDOWS, Case, Files, check

from rpbind.data.importers import Target, import_table
from rpbind.data.table import Columns
from rpbind.proteins.homology import cluster_proteins

COMMA = WINDOWS.replace("\t", ",")
FASTA = "".join(
    f">{n}_{protein}_{'pos' if label == '1' else 'neg'}; chr1; class:{label}\n{rna}\n"
    for n, (rna, protein, label) in enumerate(line.split("\t") for line in WINDOWS.splitlines()[1:])
)
TWO = "rna\tprotein\tlabel\nACGU\tGENEA_K562\t1\n"
LETTERS = "ACGUACGUACGUACGUACGUACGUACGUACGU"


def table(name: str = "windows.tsv", proteins: str = "proteins.fasta") -> str:
    return f"rpbind import table {name} --proteins {proteins} --out d --k 5"


def fasta(name: str = "w.fa", proteins: str = "proteins.fasta") -> str:
    return f"rpbind import fasta {name} --proteins {proteins} --out d --k 5"


def eclip(name: str = "dir") -> str:
    return f"rpbind import eclip {name} --proteins proteins.fasta --out d --k 5"


def zipped(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return made.getvalue()


def npy() -> bytes:
    made = io.BytesIO()
    np.save(made, np.zeros(3))
    return made.getvalue()


def parquet(name: str, **columns: object) -> Files:
    def fill(folder: Path) -> None:
        plain = {"rna": ["ACGUACGUAC", "GGGUACGUAA"], "protein": ["GENEA_K562"] * 2}
        pq.write_table(pa.table(plain | columns), folder / name)

    return fill


CUT = "bedtools getfasta -s"
FOREIGN: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "narrowPeak": (
        "chr7\t4757098\t4757219\tGENEA_K562_IDR\t1000\t+\t6.54\t400.0\t-1\t-1\n" * 2,
        ("narrowPeak", "no letters", CUT),
    ),
    "BED6": ("chr7\t4757098\t4757219\tpeak\t1000\t+\n" * 2, ("BED", "no letters", CUT)),
    "BED with a track line": (
        "track name=x\nchr7\t4757098\t4757219\n",
        ("BED", "no letters", CUT),
    ),
    "bedGraph": ("chr7\t4757098\t4757219\t-3.5\n", ("bedGraph", "no letters", CUT)),
    "coordinates under a header": (
        "chrom\tstart\tend\tstrand\tlabel\nchr7\t47\t88\t+\t1\n",
        ("coordinates", "no letters", CUT),
    ),
    "GTF": (
        '##gtf\nchr1\tHAVANA\texon\t11869\t12227\t.\t+\t.\tgene_id "X";\n',
        ("GTF", "no letters", CUT),
    ),
    "SAM": ("@HD\tVN:1.6\n@SQ\tSN:chr1\tLN:9\n", ("SAM", "label")),
    "VCF": ("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\n1\t2\t.\n", ("VCF",)),
    "FASTQ": (f"@read1\n{LETTERS}\n+\n{'I' * 32}\n", ("FASTQ", "label")),
    "PrismNet": (
        f"A\tENST1|10|50|1.2\t{LETTERS}\t0.5,0.1,-1\t7.10\t1\n" * 2,
        ("PrismNet", "header line", "protein"),
    ),
    "a web page": ("<!DOCTYPE html>\n<html><body>404</body></html>\n", ("HTML",)),
    "JSON": ('{"rna": ["ACGU"], "label": [1]}\n', ("JSON",)),
    "an Excel workbook": (zipped("[Content_Types].xml", "xl/workbook.xml"), ("xlsx", "CSV")),
    "an old Excel workbook": (b"\xd0\xcf\x11\xe0" + bytes(600), ("Excel", "CSV")),
    "a zip archive": (zipped("windows.tsv"), ("zip", "unzip")),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(90), ("HDF5",)),
    "a NumPy array": (npy(), ("NumPy",)),
    "NumPy arrays": (zipped("AARS.npy"), ("npz",)),
    "a PyTorch file": (zipped("archive/data.pkl"), ("PyTorch",)),
    "a pickle": (b"\x80\x04\x95\x00", ("pickle",)),
    "BAM": (gzip.compress(b"BAM\1" + bytes(20)), ("BAM",)),
    "bzip2": (b"BZh91AY&SY\x00", ("bzip2", "gzip")),
    "xz": (b"\xfd7zXZ\x00\x00", ("xz", "gzip")),
    "UTF-16 with a mark": (WINDOWS.encode("utf-16"), ("UTF-16", "UTF-8")),
    "UTF-16 without one": (WINDOWS.encode("utf-16-le"), ("UTF-16", "UTF-8")),
    "bytes of no known format": (bytes(range(256)) * 4, ("binary",)),
    "nothing": ("", ("empty",)),
    "blank lines": (" \n\n", ("empty",)),
    "half a gzip file": (gzip.compress(WINDOWS.encode())[:-12], ("gzip",)),
}
READERS = {
    "table": (table("x.tsv"), "x.tsv"),
    "table of another ending": (table("x.narrowPeak"), "x.narrowPeak"),
    "fasta": (fasta("x.fa"), "x.fa"),
    "eclip": (eclip(), "dir/GENEA_K562"),
    "proteins": (table(proteins="x.fa"), "x.fa"),
}
FORMATS = [
    Case(
        f"{name} as {reader}",
        command,
        (
            path.rpartition("/")[2],
            *(said if reader != "proteins" or isinstance(content, bytes) else said[:1]),
        ),
        {path: content},
    )
    for name, (content, said) in FOREIGN.items()
    for reader, (command, path) in READERS.items()
]

TABLES = [
    Case(
        "semicolons in .csv",
        table("w.csv"),
        ("w.csv", "semicolons", "commas"),
        {"w.csv": WINDOWS.replace("\t", ";")},
    ),
    Case("tabs in .csv", table("w.csv"), ("tabs", "w.tsv"), {"w.csv": WINDOWS}),
    Case("commas in .tsv", table("w.tsv"), ("commas", "w.csv"), {"w.tsv": COMMA}),
    Case("bars in .txt", table("w.txt"), ("bars",), {"w.txt": WINDOWS.replace("\t", "|")}),
    Case("spaces in .txt", table("w.txt"), ("spaces",), {"w.txt": WINDOWS.replace("\t", " ")}),
    Case(
        "a header without the protein",
        table(),
        ("no column 'protein'", "rna, label", "name in every row"),
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
        "a row with a column too few",
        table(),
        ("row 3", "2 columns", "header has 3"),
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
    Case("1 and -1 in Parquet", table("w.parquet"), ("row 2", "write 0 for -1"), parquet(
        "w.parquet", label=[1, -1])),
    Case("scores in Parquet", table("w.parquet"), ("row 1", "0.25", "score"), parquet(
        "w.parquet", label=[0.25, 1.0])),
    Case("no label in Parquet", table("w.parquet"), ("no column 'label'",), parquet("w.parquet")),
    Case("a folder", table("dir"), ("folder", "rpbind import eclip"), {"dir/GENEA_K562": "A\t1\n"}),
    Case("no such file", table("nowhere.csv"), ("nowhere.csv", "Check the path")),
]  # fmt: skip

OTHERS = [
    Case("a table as FASTA", fasta("windows.tsv"), ("table", "rpbind import table")),
    Case(
        "an eCLIP file as FASTA",
        fasta(),
        ("eCLIP", "rpbind import eclip"),
        {"w.fa": f"{LETTERS}\t1\n"},
    ),
    Case("a folder as FASTA", fasta("dir"), ("folder",), {"dir/w.fa": FASTA}),
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
        "the folders of RBP-31",
        eclip(),
        ("no files", "1 folders, such as 10_PARCLIP"),
        {"dir/10_PARCLIP/5000/training_sample_0/sequences.fa.gz": gzip.compress(b">x\nA\n")},
    ),
    Case(
        "a -1 in an eCLIP file",
        eclip(),
        ("line 2", "'-1'", "write 0 for -1"),
        {"dir/GENEA_K562": f"{LETTERS}\t1\n{LETTERS}\t-1\n"},
    ),
]


def one_class(folder: Path) -> None:
    (folder / "w.tsv").write_text(WINDOWS.replace("\t0\n", "\t1\n"))
    target = Target(folder / "proteins.fasta", folder / "data", cluster_proteins, k=5)
    import_table(folder / "w.tsv", target)


def one_chromosome(folder: Path) -> None:
    header, *rows = WINDOWS.splitlines()
    lines = [f"{header}\tchrom", *(f"{row}\tchr1" for row in rows)]
    (folder / "w.tsv").write_text("\n".join(lines) + "\n")
    target = Target(folder / "proteins.fasta", folder / "data", cluster_proteins, k=5)
    import_table(folder / "w.tsv", target, Columns(cluster="chrom"))


PROTEIN = [
    Case("proteins without a sequence", IMPORT, ("line 2", "2 of 2 proteins", "'GENEA_K562' (",
        "'GENEB_K562' (", "GN="), {"proteins.fasta": ">AARS\nMKV\n"}),
    Case("91 proteins without a sequence", IMPORT, ("90 of 91 proteins", "and 80 more"), {
        "windows.tsv": "rna\tprotein\tlabel\n" + "".join(
            f"ACGUACGUAC\tG{n}X_K562\t{n % 2}\n" for n in range(91)),
        "proteins.fasta": ">G7X\nMKV\n"}),
    Case("the gene of another cell line", IMPORT, ("its gene GENEA is there as GENEA_HepG2",), {
        "proteins.fasta": PROTEINS.replace("GENEA_K562", "GENEA_HepG2")}, never=("no gene GENEA",)),
    Case("only the cell line is shared", IMPORT, ("no gene GENEA is there",), {
        "proteins.fasta": PROTEINS.replace("GENEA", "XYZ")}, never=("did you mean 'XYZ",)),
    Case("nucleotides as proteins", IMPORT, ("line 1", "'GENEA_K562'", "nucleotides"), {
        "proteins.fasta": f">GENEA_K562\n{LETTERS}\n>GENEB_K562\n{LETTERS}\n"}),
    Case("a protein without residues", IMPORT, ("line 1", "GENEA_K562", "no sequence"), {
        "proteins.fasta": ">GENEA_K562\n>GENEB_K562\nMKV\n"}),
    Case("a protein twice", IMPORT, ("line 5", "GENEA_K562", "twice"), {
        "proteins.fasta": PROTEINS + ">GENEA_K562\nMKV\n"}),
    Case("proteins in UTF-16", IMPORT, ("UTF-16",), {"proteins.fasta": PROTEINS.encode("utf-16")}),
    Case("a folder of proteins", table(proteins="dir"), ("dir", "folder"), {"dir/a.fa": PROTEINS}),
    Case("the genes of UniProt", IMPORT, ("8 windows", "2 of 2 proteins", "sp|P1|XA_HUMAN"), {
        "proteins.fasta": ">sp|P1|XA_HUMAN A GN=GENEA PE=1\nMKV\n>sp|P2|XB_HUMAN GN=GENEB\nMK\n"
        }, exit=0),
    Case("names in another case", IMPORT, ("8 windows", "GENEA_K562 (GeneA_K562)"), {
        "proteins.fasta": PROTEINS.replace("GENEA", "GeneA")}, exit=0),
    Case("positives alone, at import", IMPORT, ("Every window is bound", "both classes"), {
        "windows.tsv": WINDOWS.replace("\t0\n", "\t1\n")}, exit=0),
    Case("positives alone, at split", "rpbind split data --rule random", ("Every window is bound",
        "import bound and unbound windows"), one_class, never=("cold-rna",)),
    Case("one chromosome as the cluster column", "rpbind split data", ("1 overlap clusters",
        "no --cluster-column"), one_chromosome, never=("random",)),
]  # fmt: skip

READ = [
    Case("columns in capitals", IMPORT, ("8 windows",), {"windows.tsv": "RNA\tProtein\tLABEL\n" +
        WINDOWS.partition("\n")[2]}, exit=0),
    Case("gzip under another name", table("w.csv"), ("8 windows",), {
        "w.csv": gzip.compress(COMMA.encode())}, exit=0),
    Case("unpacked under the name .gz", table("w.csv.gz"), ("8 windows",), {"w.csv.gz": COMMA},
        exit=0),
    Case("a table with a mark and CRLF", IMPORT, ("8 windows",), {
        "windows.tsv": b"\xef\xbb\xbf" + WINDOWS.replace("\n", "\r\n").encode()}, exit=0),
    Case("FASTA with a mark and CRLF", fasta(), ("8 windows",), {
        "w.fa": b"\xef\xbb\xbf" + FASTA.replace("\n", "\r\n").encode(),
        "proteins.fasta": b"\xef\xbb\xbf" + PROTEINS.encode()}, exit=0),
    Case("line ends of old Macs", fasta(), ("8 windows",), {
        "w.fa": FASTA.replace("\n", "\r"), "proteins.fasta": PROTEINS.replace("\n", "\r")}, exit=0),
    Case("one name in UTF-8 and in Latin-1", IMPORT, ("8 windows",), {
        "windows.tsv": WINDOWS.replace("GENEA", "GÉNEA"),
        "proteins.fasta": PROTEINS.replace("GENEA", "GÉNEA").encode("latin-1")}, exit=0),
]  # fmt: skip


@pytest.mark.parametrize(
    "case", [*FORMATS, *TABLES, *OTHERS, *PROTEIN, *READ], ids=lambda case: case.name
)
def test_what_cannot_be_imported_is_answered_in_a_sentence(
    case: Case,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check(case, tmp_path, capsys, monkeypatch)
