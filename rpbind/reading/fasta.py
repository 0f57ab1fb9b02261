"""Reads the records of a FASTA file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from Bio.SeqIO.FastaIO import SimpleFastaParser
from numpy.typing import NDArray

from rpbind.data.manifest import FileHash, hash_file
from rpbind.errors import UserError
from rpbind.reading.files import read_file
from rpbind.reading.formats import FileKind, check_not_foreign
from rpbind.reading.pieces import is_large, raw_pieces
from rpbind.reading.text import plain_text


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
    return _parsed(path, *read_file(path), kind)


def record_pieces(path: Path) -> Iterator[Records]:
    """Read the records of a FASTA file, piece by piece if it is large.

    Parameters
    ----------
    path
        The file.

    Yields
    ------
    Records
        The next records; the hash is that of the whole file.
    """
    if not is_large(path):
        yield read_records(path)
        return
    file_hash, before = hash_file(path), 0
    for raw in raw_pieces(path, begin=b">"):
        found = _parsed(path, plain_text(path, raw), file_hash, "FASTA")
        yield replace(found, line_N=found.line_N + np.int32(before))
        before += raw.count(b"\n")


def _parsed(path: Path, text: bytes, file_hash: FileHash, kind: FileKind) -> Records:
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
