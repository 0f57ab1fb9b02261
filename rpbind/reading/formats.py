"""Recognises files of other formats by their first bytes or lines, and advises what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rpbind.errors import UserError

FileKind = Literal["table", "parquet", "FASTA", "eCLIP", "proteins"]
"""The kind of file to read; all but `proteins` (FASTA) are files of windows."""

_HEAD = 20_000  # bytes that are examined
_FASTA_OF_PROTEINS = "Give FASTA of the proteins' amino-acid sequences, from UniProt for example."
TABLES = ".csv, .tsv, .tab or .txt (each also with .gz), .xlsx or .parquet"
"""The endings of tables that can be read, in words."""

_AS_TEXT = f"Give FASTA, or a table as {TABLES}."
_XLSX = (
    "`rpbind import table` and `rpbind predict` read it if its name ends in .xlsx. Or save it as "
    "CSV (UTF-8)."
)
_COMMENTS = ("# ", "##", "#\t", "track", "browser", "//")
_LETTERS = r"[ACGUTNacgutn]"

_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"PAR1", "a Parquet file", "Unpack it, and give it a name that ends in .parquet."),
    (
        b"\xd0\xcf\x11\xe0",
        "an old or encrypted Excel workbook (.xls)",
        "Save it as .xlsx without a password, or as CSV (UTF-8).",
    ),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (.h5)", _AS_TEXT),
    (b"ARROW1", "an Arrow file (Feather)", "Write it as Parquet."),
    (b"FEA1", "a Feather file", "Write it as Parquet."),
    (b"\x93NUMPY", "a NumPy array (.npy)", _AS_TEXT),
    (b"BAM\1", "a BAM file, with reads and their coordinates", _AS_TEXT),
    (b"CRAM", "a CRAM file, with reads and their coordinates", _AS_TEXT),
    (b"\x26\xfc\x8f\x88", "a bigWig file, with values along a genome", _AS_TEXT),
    (
        b"\xeb\xf2\x89\x87",
        "a bigBed file, with genome coordinates",
        "Convert it with bigBedToBed first.",
    ),
    (b"\x43\x27\x41\x1a", "a 2bit genome", "Cut the windows out of it with twoBitToFa."),
    *((bytes([128, n]), "a pickled Python object (.pkl)", _AS_TEXT) for n in range(2, 6)),
    (b"BZh", "packed with bzip2", "Unpack it with bunzip2, or pack it with gzip."),
    (b"\xfd7zXZ", "packed with xz", "Unpack it with unxz, or pack it with gzip."),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "Unpack it with unzstd, or pack it with gzip."),
    (b"%PDF", "a PDF document", _AS_TEXT),
    (b"SQLite format 3", "an SQLite database", _AS_TEXT),
)


def check_is_text(path: Path, content: bytes) -> None:
    """Raise `UserError` if the content of a file is not text; the message names its format."""
    found = next((what for what in _MAGIC if content.startswith(what[0])), None)
    if content.startswith(b"PK\x03\x04"):
        found = (b"", *_zipped(content))
    elif content[257:262] == b"ustar":
        found = (b"", "a tar archive", "Unpack it with tar, and name a file in it.")
    elif found is None and b"\0" in content[:_HEAD]:
        found = (b"", "a binary file of an unknown format", _AS_TEXT)
    if found is not None:
        raise UserError(f"{path} is {found[1]}. {found[2]}")


def _zipped(content: bytes) -> tuple[str, str]:
    if b"vnd.oasis.opendocument" in content[:_HEAD]:
        return "an OpenDocument file (.ods)", "Save the sheet as CSV (UTF-8)."
    if b"word/" in content:
        return "a Word document (.docx)", _AS_TEXT
    if b"xl/" in content or b"[Content_Types].xml" in content[:_HEAD]:
        return (
            "an Excel workbook (.xlsx)",
            _XLSX,
        )
    if b".npy" in content[:_HEAD]:
        return "an archive of NumPy arrays (.npz)", _AS_TEXT
    if b"data.pkl" in content[:_HEAD]:
        return "a PyTorch file (.pt)", _AS_TEXT
    return "a zip archive", "Unpack it with unzip, and name a file in it."


@dataclass(frozen=True)
class _Format:
    """A text format.

    `pattern` matches its first line that is not a comment, with the `after` lines that follow.
    `own` are the kinds of file for which this format is right.
    """

    name: str
    pattern: str
    advice: str
    own: tuple[FileKind, ...] = ()
    after: int = 0


_CUT = (
    "Cut the letters out of the genome, on the right strand (bedtools getfasta -s -fi GENOME.fa "
    "-bed FILE), and write them as a table with the columns rna and protein. An import needs bound "
    "and unbound windows, and the column label."
)
_PEAKS = (
    "`rpbind import peaks` imports it with the genome's FASTA. For `rpbind predict`, cut the "
    "letters out of the genome, on the right strand (bedtools getfasta -s -fi GENOME.fa -bed FILE)."
)
_STRAND = (
    "`rpbind import peaks` imports it with the genome's FASTA; as it may have no strand, that "
    "takes --strand. For `rpbind predict`, write it as BED with the strand (+ or -) in column 6, "
    "and cut the letters out of the genome (bedtools getfasta -s -fi GENOME.fa -bed PEAKS.bed)."
)
_SIGNAL = (
    "It has no strand either: write it as BED with the strand in column 6, for `rpbind import "
    "peaks`."
)
_LABELLED = "Each window needs a label; `rpbind import --help` lists the formats."
_HEADED = (
    "Name its columns for `rpbind import table`, for example --columns rna,protein,label. Or add a "
    "first line that names them: rna, protein, and for an import also label."
)
_PRISMNET = (
    "`rpbind import table` reads it with --columns=-,-,rna,-,-,label and --name-pattern "
    "'{protein}.*', which takes the protein from the file's name."
)
_ECLIP = (
    "Name it GENE_CELL and put it into a folder for `rpbind import eclip`. Or name its columns for "
    "`rpbind import table`: --columns rna,label and --name-pattern '{protein}.*'."
)
_FASTA = (
    "`rpbind import fasta` reads it if its headers name protein and label. `rpbind predict` reads "
    "it if its name ends in .fa."
)
_TABLE = "`rpbind import table` reads it if its name ends in .csv or .tsv."
_OF_FOLDERS = {
    _TABLE: "`rpbind import table` reads a folder of such files; the protein is the file's name, "
    "if the table has no column for it.",
    _FASTA: "`rpbind import fasta` reads a folder of windows in FASTA. Move a file of other "
    "sequences, such as proteins, to another folder.",
}
"""The advice for a file in a folder of eCLIP files."""

_WHERE = "with genome coordinates and no letters"
_NUMBER = r"[-+]?[\d.]+(?:[eE][-+]?\d+)?"
_PLACE = r"\S+[\t ]+\d+[\t ]+\d+"
_PEAK = rf"{_PLACE}(?:[\t ]+\S+){{2}}[\t ]+[-+.](?:[\t ]+{_NUMBER}){{3}}[\t ]+-?\d+\s*$"
_CHROM = r"(?i)[\"']?#?\s*(?:chr|chrom|chromosome|seqnames)[\"']?[\t,; ]+[\"']?(?:chrom_?)?start\b"
_ICSHAPE = rf"[^\t]+\t[^\t]+\t{_LETTERS}{{4,}}\t-?[\d.]+(?:,-?[\d.]+)+\t"
_WINDOW = rf"(?:.*[\t,; |\"])?{_LETTERS}{{10,}}(?:[\t,;|\"]|\s+\S|$)"
_COLUMN = r"(?i)(?:.*[\t,;|])?\"?(?:rna|seq|sequence|protein|label)\"?(?:[\t,;|]|$)"

_TEXTS = (
    _Format(f"is a narrowPeak file {_WHERE}", _PEAK, _PEAKS),
    _Format(f"is a bedGraph file {_WHERE}", rf"{_PLACE}[\t ]+{_NUMBER}\s*$", _STRAND),
    _Format(f"is a BED file {_WHERE}", rf"{_PLACE}(?:[\t ]+\S+){{2}}[\t ]+[-+]", _PEAKS),
    _Format(f"is a BED file {_WHERE}", rf"{_PLACE}(?:[\t ]|$)", _STRAND),
    _Format(f"is a table {_WHERE}", _CHROM, _CUT),
    _Format(
        f"is a GTF or GFF file {_WHERE}",
        r"(?:[^\t]+\t){3}\d+\t\d+\t[^\t]*\t[-+.?]\t",
        _CUT,
    ),
    _Format(f"is a wiggle file {_WHERE}", "(?:fixed|variable)Step ", _SIGNAL),
    _Format("is a SAM file, with reads and no labels", r"@(?:HD|SQ|RG|PG|CO)\t", _LABELLED),
    _Format("is a VCF file, with variants and no windows", r"#?CHROM\tPOS\t", _LABELLED),
    _Format("is FASTQ, with reads and no labels", r"@.*\n.*\n\+", _LABELLED, after=2),
    _Format("is a web page (HTML)", r"(?i)<(?:!doctype|html)", "Download the file itself."),
    _Format("is JSON", r"(?:\{\s*(?:\"|$)|\[\s*(?:\{|\[|\"|$))", _AS_TEXT),
    _Format("is XML", r"<\?xml", _AS_TEXT),
    _Format("is a GenBank or EMBL file", r"LOCUS |ID   \S", "Convert it to FASTA first."),
    _Format("is an alignment", "CLUSTAL|#NEXUS", "Convert it to FASTA without gaps first."),
    _Format("is a PrismNet table, without a header line or a protein", _ICSHAPE, _PRISMNET),
    _Format(
        "is an eCLIP file (letters, a tab and a label) without a header line",
        rf"{_LETTERS}{{4,}}\t[01](?:\.0)?\s*$",
        _ECLIP,
        own=("eCLIP",),
    ),
    _Format(
        "has no header line: its first line holds a window",
        _WINDOW,
        _HEADED,
        own=("FASTA", "eCLIP", "proteins"),
    ),
    _Format("is FASTA", ">", _FASTA, own=("FASTA", "proteins")),
    _Format("is a table as text", _COLUMN, _TABLE, own=("table",)),
)


def check_not_foreign(path: Path, text: bytes, kind: FileKind) -> None:
    """Raise an error that names the format of a file, if it is a known format but not `kind`.

    Call it only after reading the file as `kind` has failed, so that no valid file is refused
    for resembling another format.

    Parameters
    ----------
    path
        The file, for the message.
    text
        Its content.
    kind
        The kind of file to read.

    Raises
    ------
    UserError
        If the first lines are of another known format.
    """
    head = text[:_HEAD].decode(errors="replace").split("\n")
    lines = [line for line in head if line.strip() and not line.startswith(_COMMENTS)]
    if not lines:
        return
    for known in _TEXTS:
        if kind not in known.own and re.match(known.pattern, "\n".join(lines[: known.after + 1])):
            advice = _FASTA_OF_PROTEINS if kind == "proteins" else known.advice
            if kind == "eCLIP":
                advice = _OF_FOLDERS.get(advice, advice)
            raise UserError(f"{path} {known.name}. {advice.replace('FILE', path.name)}")
