"""Reads windows from FASTA whose headers name protein and label, as in the original model's data.

Shapes: N windows (records), L letters per window.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from Bio.SeqIO.FastaIO import SimpleFastaParser
from numpy.typing import NDArray

from rpbind.data.clusters import Progress
from rpbind.data.manifest import FileHash
from rpbind.errors import UserError
from rpbind.importers.formats import FileKind, check_not_foreign
from rpbind.importers.sources import (
    FOLDER,
    Rows,
    check_is_file,
    index_names,
    one_file,
    read_file,
    tokens_of,
)

_HEADER = re.compile(
    r"\d+_(?P<protein>\S+)_(?P<sign>pos|neg);(?:.*;)?\s*class:(?P<label>[01])\s*$", re.I
)
_UNLABELLED = re.compile(r"\d+_(?P<protein>[^\s;]+?)(_pos|_neg)?(;|\s|$)", re.I)
_FORMS = {
    "of RBP-31 and names no protein": re.compile(r"chr\w+,[+-],\d+,\d+"),
    "of a circRNA set and names no protein": re.compile(r"hsa_circ_\d+"),
    "what bedtools getfasta writes and names no protein": re.compile(r"(\S*::)?[\w.]+:\d+-\d+"),
    "of a protein, not of a window": re.compile(r"(sp|tr)\|\w+\||ENSP\d+"),
}
_LABEL_OF_SIGN = {"neg": "0", "pos": "1"}


@dataclass(frozen=True, eq=False)
class Records:
    """The records of a FASTA file; `line_N` has the line of each header, from 1."""

    titles: list[str]
    sequences: list[str]
    line_N: NDArray[np.int32]
    file_hash: FileHash


def read_records(path: Path, kind: FileKind = "FASTA") -> Records:
    """Read the records of a FASTA file, also packed with gzip.

    Parameters
    ----------
    path
        The file.
    kind
        What the file should hold, for messages.

    Returns
    -------
    Records
        At least one record.

    Raises
    ------
    UserError
        If the file has no record, has text before the first one, or is of another format.
    """
    text, file_hash = read_file(path)
    lines = text.split(b"\n")
    number, begin = next((n, line) for n, line in enumerate(lines, 1) if line.strip())
    if not begin.startswith(b">"):
        check_not_foreign(path, text, kind)
        if b"\n>" not in text:
            raise UserError(
                f"{path} has no FASTA record: none of its lines begins with '>'. Give a FASTA file."
            )
        raise UserError(
            f"{path}, line {number}: expected a header that begins with '>'; got "
            f"{begin[:40].decode(errors='replace')!r}. Add the header, or remove this text."
        )
    pairs = list(SimpleFastaParser(io.StringIO(text.decode())))
    headers = [number for number, line in enumerate(lines, 1) if line.startswith(b">")]
    return Records(
        titles=[title for title, _ in pairs],
        sequences=[sequence for _, sequence in pairs],
        line_N=np.array(headers, dtype=np.int32),
        file_hash=file_hash,
    )


def read_fasta(path: Path, progress: Progress) -> Rows:
    """Read windows with headers such as `>12_AARS_K562_ENCSR825SVO_pos; chr21; class:1`.

    The protein is between the number and the sign; sign and class must agree. The source row of a
    window is the line of its header. Raises `UserError` with file and line.
    """
    check_is_file(path, FOLDER)
    records = read_records(path)
    origin = one_file(path, records.line_N)
    headers = [
        _header(title, f"{path}, line {line}")
        for title, line in zip(records.titles, records.line_N, strict=True)
    ]
    names, protein_N = index_names([protein for protein, _ in headers])
    rows = Rows(
        rna_NL=tokens_of(records.sequences, origin),
        label_N=np.array([label for _, label in headers], dtype=np.uint8),
        protein_N=protein_N,
        names=names,
        cluster_N=None,
        origin=origin,
        sources={path.name: records.file_hash},
    )
    progress(1, 1)
    return rows


def protein_in(title: str) -> str | None:
    """Return the protein that a header names, such as `12_AARS_K562_ENCSR825SVO_pos; chr21`.

    Sign and class may be missing: windows to be scored have neither.

    Parameters
    ----------
    title
        The header, without ">".

    Returns
    -------
    str | None
        The protein; None if the header has another form.
    """
    match = _HEADER.match(title) or _UNLABELLED.match(title)
    return match and match["protein"]


def _form_of(title: str) -> str:
    """Describe a header that does not name protein, sign and class, if its form is known."""
    form = next((form for form, pattern in _FORMS.items() if pattern.match(title)), None)
    return f", which is {form}" if form else ""


def _header(title: str, place: str) -> tuple[str, int]:
    match = _HEADER.match(title)
    if match is None:
        raise UserError(
            f"{place}: expected a header such as '>12_AARS_K562_ENCSR825SVO_pos; chr21; class:1', "
            f"with class 0 or 1; got '>{title[:80]}'{_form_of(title)}. Write such headers, or a "
            "table with the columns rna, protein and label for `rpbind import table`."
        )
    if _LABEL_OF_SIGN[match["sign"].lower()] != match["label"]:
        raise UserError(
            f"{place}: '_{match['sign']}' and 'class:{match['label']}' contradict each other in "
            f"'>{title}'. Correct one of them."
        )
    return match["protein"], int(match["label"])
