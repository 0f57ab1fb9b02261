"""Windows, commands and files for the cases of `rpbind import`."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from bad_input import WINDOWS, Files

from rpbind.data.splits import SplitSpec
from rpbind.importers.importers import ImportOptions, import_table
from rpbind.importers.table import Columns
from rpbind.proteins.homology import cluster_proteins

COMMA = WINDOWS.replace("\t", ",")
FASTA = "".join(
    f">{n}_{protein}_{'pos' if label == '1' else 'neg'}; chr1; class:{label}\n{rna}\n"
    for n, (rna, protein, label) in enumerate(line.split("\t") for line in WINDOWS.splitlines()[1:])
)
TWO = "rna\tprotein\tlabel\nACGU\tGENEA_K562\t1\n"
LETTERS = "ACGUACGUACGUACGUACGUACGUACGUACGU"


CUT = "bedtools getfasta -s"


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


def one_class(folder: Path) -> None:
    (folder / "w.tsv").write_text(WINDOWS.replace("\t0\n", "\t1\n"))
    options = ImportOptions(folder / "proteins.fasta", folder / "data", cluster_proteins, k=5)
    import_table(folder / "w.tsv", options)


def one_chromosome(folder: Path) -> None:
    header, *rows = WINDOWS.splitlines()
    lines = [f"{header}\tchrom", *(f"{row}\tchr1" for row in rows)]
    (folder / "w.tsv").write_text("\n".join(lines) + "\n")
    options = ImportOptions(folder / "proteins.fasta", folder / "data", cluster_proteins, k=5)
    import_table(folder / "w.tsv", options, Columns(cluster="chrom"))


def spoilt(folder: Path, record: str | None) -> None:
    """Make a dataset whose split has this record; None puts a folder in its place."""
    options = ImportOptions(folder / "proteins.fasta", folder / "data", cluster_proteins, k=5)
    import_table(folder / "windows.tsv", options)
    split = folder / "data" / "splits" / SplitSpec(rule="random").id_for("as-given")
    split.mkdir(parents=True)
    np.save(split / "part.npy", np.zeros(8, dtype=np.uint8))
    if record is None:
        (split / "split.json").mkdir()
    else:
        (split / "split.json").write_text(record)
