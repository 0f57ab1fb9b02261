"""Reads a large table or FASTA file piece by piece; small ones are one piece.

Shapes: N rows.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rpbind.data.manifest import FileHash, hash_file
from rpbind.data.writer import Origin
from rpbind.errors import UserError
from rpbind.reading.files import one_file
from rpbind.reading.header import without_separator_line
from rpbind.reading.table import read_columns, texts_of
from rpbind.reading.text import plain_text
from rpbind.reading.text_table import Form, parse_text

LARGE = 64_000_000
"""Files of at most so many bytes are read whole; of packed ones, an eighth."""

_PIECE = 32_000_000  # bytes of text
_ROWS = 250_000

Piece = tuple[dict[str, pa.ChunkedArray], Origin, FileHash]
"""{column: its texts}, where the rows come from, and the hash of the whole file."""


def is_large(path: Path) -> bool:
    """Whether a file is read in pieces."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return path.stat().st_size > LARGE // (8 if packed else 1)


def column_pieces(
    path: Path, names: list[str], optional: tuple[str, ...], form: Form
) -> Iterator[Piece]:
    """Read columns of a table as text, piece by piece if it is large.

    Parameters
    ----------
    path, names, optional, form
        As for `rpbind.reading.table.read_columns`.

    Yields
    ------
    Piece
        The next rows. A wrong row is refused with a count of those in its piece.
    """
    suffix = path.suffix.lower()
    if not is_large(path) or suffix == ".xlsx" or form.sheet is not None:
        yield read_columns(path, names, optional, form)
        return
    file_hash = hash_file(path)
    tables = _of_parquet(path, form) if suffix == ".parquet" else None
    for table, row_N in tables or _of_text(path, names, optional, form):
        yield texts_of(path, table, names, optional), one_file(path, row_N), file_hash


def _of_parquet(path: Path, form: Form) -> Iterator[tuple[pa.Table, NDArray[np.int32]]] | None:
    """Return the pieces of a Parquet file; None if it is not one, or has to be refused."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError):
        return None
    return None if form.header else _batches(file)


def _batches(file: pq.ParquetFile) -> Iterator[tuple[pa.Table, NDArray[np.int32]]]:
    done = 0
    for batch in file.iter_batches(batch_size=_ROWS):
        table = pa.Table.from_batches([batch])
        yield table, np.arange(done + 1, done + 1 + len(table), dtype=np.int32)
        done += len(table)


def _of_text(
    path: Path, names: list[str], optional: tuple[str, ...], form: Form
) -> Iterator[tuple[pa.Table, NDArray[np.int32]]]:
    head, lines_before = b"", 0
    for raw in raw_pieces(path, b'"'):
        lines = raw.count(b"\n")
        if raw.strip():
            text = plain_text(path, head + raw)
            table, line_N = parse_text(path, text, names, optional, form)
            yield table, line_N + np.int32(lines_before - head.count(b"\n"))
        if not lines_before and not form.header:
            _, separator_line = without_separator_line(raw)
            head = raw[: raw.index(b"\n", len(separator_line)) + 1]
        lines_before += lines


def raw_pieces(path: Path, quote: bytes = b"", begin: bytes = b"") -> Iterator[bytes]:
    """Yield the unpacked content of a file in pieces that end at the end of a line.

    Parameters
    ----------
    path
        The file, which may be packed with gzip.
    quote
        A line break between two of these is not the end of a line.
    begin
        What the next line has to begin with.

    Yields
    ------
    bytes
        The next lines.

    Raises
    ------
    UserError
        If it is a damaged gzip file.
    """
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    rest = b""
    with gzip.open(path) if packed else path.open("rb") as source:
        while True:
            try:
                chunk = source.read(_PIECE)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise UserError(
                    f"{path} is not a complete gzip file ({error}). Download it again."
                ) from None
            rest += chunk
            end = _end_of_line(rest, quote, begin) if chunk else len(rest)
            if end:
                yield rest[:end]
            rest = rest[end:]
            if not chunk:
                return


def _end_of_line(text: bytes, quote: bytes, begin: bytes) -> int:
    """Return where the last whole line ends; 0 if none does."""
    end = text.rfind(b"\n" + begin) + 1
    odd = bool(quote) and text.count(quote, 0, end) % 2 == 1
    while odd and end:
        before = text.rfind(b"\n" + begin, 0, end - 1) + 1
        odd = (text.count(quote, before, end) % 2 == 1) != odd
        end = before
    return end
