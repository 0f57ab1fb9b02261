"""Files of other formats, given to each importer: the message names the format and advises."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from bad_input import WINDOWS, Case, check
from toy_imports import CUT, LETTERS, eclip, fasta, npy, table, zipped

from rpbind.errors import UserError
from rpbind.use.window_input import read_windows

FOREIGN: dict[str, tuple[str | bytes, tuple[str, ...]]] = {
    "narrowPeak": (
        "chr7\t4757098\t4757219\tGENEA_K562_IDR\t1000\t+\t6.54\t400.0\t-1\t-1\n" * 2,
        ("narrowPeak", "no letters", CUT),
    ),
    "BED6": ("chr7\t4757098\t4757219\tpeak\t1000\t+\n" * 2, ("BED", "no letters", CUT)),
    "BED with a track line": (
        "track name=x\nchr7\t4757098\t4757219\n",
        ("BED", "no letters", "no strand"),
    ),
    "bedGraph": ("chr7\t4757098\t4757219\t-3.5\n", ("bedGraph", "no letters", "no strand")),
    "wiggle": ("fixedStep chrom=chr1 start=1\n1.5\n", ("wiggle", "no letters", "no strand")),
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
    "a Word document": (zipped("[Content_Types].xml", "word/document.xml"), ("Word",)),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(90), ("HDF5",)),
    "a NumPy array": (npy(), ("NumPy",)),
    "NumPy arrays": (zipped("AARS.npy"), ("npz",)),
    "a PyTorch file": (zipped("archive/data.pkl"), ("PyTorch",)),
    "a pickle": (b"\x80\x04\x95\x00", ("pickle",)),
    "BAM": (gzip.compress(b"BAM\1" + bytes(20)), ("BAM",)),
    "bzip2": (b"BZh91AY&SY\x00", ("bzip2", "gzip")),
    "xz": (b"\xfd7zXZ\x00\x00", ("xz", "gzip")),
    "UTF-16 with a byte-order mark": (WINDOWS.encode("utf-16"), ("UTF-16", "UTF-8")),
    "UTF-16 without a byte-order mark": (WINDOWS.encode("utf-16-le"), ("UTF-16", "UTF-8")),
    "bytes of no known format": (bytes(range(256)) * 4, ("binary",)),
    "an empty file": ("", ("empty",)),
    "blank lines": (" \n\n", ("empty",)),
    "a truncated gzip file": (gzip.compress(WINDOWS.encode())[:-12], ("gzip",)),
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
            *(facts if reader != "proteins" or isinstance(content, bytes) else facts[:1]),
        ),
        {path: content},
    )
    for name, (content, facts) in FOREIGN.items()
    for reader, (command, path) in READERS.items()
]

SCORED = [
    (name, ending) for name in FOREIGN for ending in (".x", ".fa", ".tsv", ".tsv.gz", ".parquet")
]


@pytest.mark.parametrize(("name", "ending"), SCORED)
def test_windows_to_score_in_another_format_are_refused_by_name(
    name: str, ending: str, tmp_path: Path
) -> None:
    content, facts = FOREIGN[name]
    path = tmp_path / f"x{ending}"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(UserError) as refused:
        read_windows(path, 10, None)
    assert facts[0] in str(refused.value)


CASES = [*FORMATS]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_of_another_format_is_refused_by_name(
    case: Case,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check(case, tmp_path, capsys, monkeypatch)
