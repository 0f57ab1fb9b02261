"""Reads the records of a FASTA file."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from Bio.SeqIO.FastaIO import SimpleFastaParser
from numpy.typing import NDArray

from rpbind.data.manifest import FileHash
from rpbind.errors import UserError
from rpbind.reading.files import read_file
from rpbind.reading.formats import FileKind, check_not_foreign


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
