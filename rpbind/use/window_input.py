"""Read the windows to be predicted from FASTA or a table; they have no labels.

Shapes: N windows, L letters per window.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpbind.data.writer import Origin
from rpbind.errors import UserError
from rpbind.importers.fasta import protein_in
from rpbind.importers.sources import index_names, tokens_of
from rpbind.reading import formats
from rpbind.reading.fasta import read_records
from rpbind.reading.files import one_file, read_file
from rpbind.reading.table import filled_cells, read_columns

FASTA = (".fa", ".fasta", ".fna")
TABLES = (".csv", ".tsv", ".tab", ".txt", ".xlsx", ".parquet")


@dataclass(frozen=True, eq=False)
class WindowInput:
    """Windows as tokens, each with a protein: `protein_N` is the index into `proteins`.

    `titles` are the first words of FASTA headers; None for the rows of a table. `replaced` are the
    proteins that the source names, if one protein is given for all windows in their place.
    """

    rna_NL: NDArray[np.uint8]
    protein_N: NDArray[np.int32]
    proteins: tuple[str, ...]
    titles: list[str | None]
    origin: Origin
    replaced: tuple[str, ...] = ()


@dataclass(frozen=True)
class GivenWindows:
    """Windows that are given in Python: the letters of each, and the name of its protein."""

    rna: Sequence[str]
    proteins: Sequence[str] | None = None


def given_windows(windows: Any) -> Path | GivenWindows:
    """Return what a user gives as windows, for `read_windows`.

    Parameters
    ----------
    windows
        A file, a list of sequences, or a pandas table with the columns `rna` and `protein`.

    Returns
    -------
    Path | GivenWindows
        The same; raises `UserError` if a table has no column `rna`.
    """
    if isinstance(windows, (str, Path)):
        return Path(windows)
    if not hasattr(windows, "columns"):
        return GivenWindows(list(windows))
    if "rna" not in windows.columns:
        raise UserError(
            f"A table of windows has the column `rna`; got {', '.join(map(str, windows.columns))}."
        )
    named = windows["protein"].tolist() if "protein" in windows.columns else None
    return GivenWindows(windows["rna"].tolist(), named)


def read_windows(
    source: Path | GivenWindows, protein: str | None, known: Collection[str] = ()
) -> WindowInput:
    """Read windows of any length from FASTA (.fa, .fasta, .fna) or a table, each also with .gz.

    Windows may also be given in Python.

    A FASTA header names the protein, such as `>12_AARS_K562_ENCSR825SVO; chr21`, or is a name in
    `known`, the proteins whose sequences are there; a table has the columns `rna` and `protein`.
    If `protein` is given, it replaces the source's proteins, which are then in `replaced`, for a
    check. Raises `UserError` with file and line if a window cannot be read.
    """
    titles, rna, origin, named = _columns(source, protein, known)
    rna_NL = tokens_of(rna, origin)
    proteins, protein_N = index_names([protein] * len(rna) if protein else named)
    replaced = tuple(dict.fromkeys(named)) if protein else ()
    return WindowInput(rna_NL, protein_N, proteins, titles, origin, replaced)


SourceColumns = tuple[list[str | None], list[str], Origin, list[str]]
"""Titles, letters, origin (file and lines) and protein names of the windows; if one protein is
given for all, fewer or no names may be there."""


def _columns(
    source: Path | GivenWindows, protein: str | None, known: Collection[str]
) -> SourceColumns:
    if isinstance(source, GivenWindows):
        return _given(source, protein)
    suffix = Path(source.name.removesuffix(".gz")).suffix
    if suffix in FASTA:
        return _fasta(source, protein, known)
    if suffix in TABLES:
        return _table(source, protein)
    formats.check_not_foreign(source, read_file(source)[0], "table")
    raise UserError(
        f"Windows come as FASTA ({', '.join(FASTA)}; also with .gz) or as a table "
        f"({formats.TABLES}); got {source} with the ending '{suffix}'."
    )


def _given(windows: GivenWindows, protein: str | None) -> SourceColumns:
    count = len(windows.rna)
    origin = one_file(Path("the given windows"), np.arange(1, count + 1, dtype=np.int32))
    if not count:
        raise UserError("There are no windows to score: the list is empty.")
    for number, letters in enumerate(windows.rna, start=1):
        if not isinstance(letters, str):
            raise UserError(
                f"A window is a string of letters; number {number} of the given windows is "
                f"{str(letters)[:60]!r} of type {type(letters).__name__}."
            )
    if protein is None and windows.proteins is None:
        raise UserError(
            "The windows name no protein. Give protein=NAME for all of them, or a table with a "
            "column `protein`."
        )
    names = [str(name) for name in windows.proteins or () if not protein or isinstance(name, str)]
    return [None] * count, list(windows.rna), origin, names


def _fasta(path: Path, protein: str | None, known: Collection[str]) -> SourceColumns:
    records = read_records(path)
    names = []
    for title, line in zip(records.titles, records.line_N, strict=True):
        exact = title.strip() if title.strip() in known else None
        name = exact or protein_in(title)
        if name is None and protein is None:
            raise UserError(
                f"{path}, line {line}: '>{title}' names no protein. Give a header such as "
                "'>12_AARS_K562_ENCSR825SVO' (number and protein; _pos or _neg and the rest are "
                "ignored), the exact name of a protein that the model knows, or --protein NAME for "
                "all windows."
            )
        names += [] if name is None else [name]
    titles: list[str | None] = [re.split(r"[;\s]", title)[0] for title in records.titles]
    return titles, records.sequences, one_file(path, records.line_N), names


def _table(path: Path, protein: str | None) -> SourceColumns:
    if protein:
        texts, origin, _ = read_columns(path, ["rna"], ("protein",))
        names = (
            [name for name in texts["protein"].to_pylist() if name] if "protein" in texts else []
        )
    else:
        texts, origin, _ = read_columns(path, ["rna", "protein"])
        names = filled_cells(texts["protein"], "protein", origin)
    rna = [text.strip() for text in texts["rna"].to_pylist()]
    return [None] * len(rna), rna, origin, names
