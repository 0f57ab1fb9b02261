"""Read the windows to be predicted from FASTA or a table; they have no labels.

Shapes: N windows, L letters per window.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpbind.data.writer import Origin
from rpbind.errors import UserError
from rpbind.importers.fasta import protein_in, read_records
from rpbind.importers.formats import check_not_foreign
from rpbind.importers.sources import index_names, one_file, read_file, tokens_of
from rpbind.importers.table import filled_cells, read_columns

FASTA = (".fa", ".fasta", ".fna")
TABLES = (".csv", ".tsv", ".txt", ".parquet")


@dataclass(frozen=True, eq=False)
class WindowInput:
    """Windows as tokens, each with a protein: `protein_N` is the index into `proteins`.

    `titles` are the first words of FASTA headers; None for the rows of a table.
    """

    rna_NL: NDArray[np.uint8]
    protein_N: NDArray[np.int32]
    proteins: tuple[str, ...]
    titles: list[str | None]
    origin: Origin


def read_windows(path: Path, length: int, protein: str | None) -> WindowInput:
    """Read windows of `length` nt from FASTA (.fa, .fasta, .fna) or a table, each also with .gz.

    A FASTA header names the protein, such as `>12_AARS_K562_ENCSR825SVO; chr21`; a table has the
    columns `rna` and `protein`. If `protein` is given, it replaces the file's proteins. Raises
    `UserError` with file and line if a window cannot be read or has another length.
    """
    suffix = Path(path.name.removesuffix(".gz")).suffix
    if suffix in FASTA:
        titles, rna, origin, names = _fasta(path, protein)
    elif suffix in TABLES:
        titles, rna, origin, names = _table(path, protein)
    else:
        check_not_foreign(path, read_file(path)[0], "table")
        raise UserError(
            f"Windows come as FASTA ({', '.join(FASTA)}) or as a table ({', '.join(TABLES)}), each "
            f"also with .gz; got {path} with the ending '{suffix}'."
        )
    sizes = np.array([len(letters) for letters in rna], dtype=np.int64)
    wrong_N = np.flatnonzero(sizes != length)
    if len(wrong_N):
        raise UserError(
            f"{origin.place(int(wrong_N[0]))}: {sizes[wrong_N[0]]} letters; the model reads "
            f"windows of {length} nt. Cut or centre the windows to that length."
        )
    rna_NL = tokens_of(rna, origin)
    proteins, protein_N = index_names(names)
    return WindowInput(rna_NL, protein_N, proteins, titles, origin)


SourceColumns = tuple[list[str | None], list[str], Origin, list[str]]
"""Titles, letters, origin (file and lines) and protein names of the windows."""


def _fasta(path: Path, protein: str | None) -> SourceColumns:
    records = read_records(path)
    names = []
    for title, line in zip(records.titles, records.line_N, strict=True):
        name = protein or protein_in(title)
        if name is None:
            raise UserError(
                f"{path}, line {line}: '>{title}' names no protein. Give a header such as "
                "'>12_AARS_K562_ENCSR825SVO' (number and protein; _pos or _neg and the rest are "
                "ignored), or --protein NAME for all windows."
            )
        names.append(name)
    titles: list[str | None] = [re.split(r"[;\s]", title)[0] for title in records.titles]
    return titles, records.sequences, one_file(path, records.line_N), names


def _table(path: Path, protein: str | None) -> SourceColumns:
    columns = ["rna"] if protein else ["rna", "protein"]
    texts, origin, _ = read_columns(path, columns)
    rna: list[str] = texts["rna"].to_pylist()
    names = [protein] * len(rna) if protein else filled_cells(texts["protein"], "protein", origin)
    return [None] * len(rna), rna, origin, names
