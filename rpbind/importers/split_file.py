"""Reads a table that says of windows of a dataset to which part or fold they belong.

Shapes: N windows of the dataset, M rows of the table.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rpbind.counted import counted, verb
from rpbind.data.alphabet import decode
from rpbind.data.dataset import Dataset
from rpbind.data.manifest import WINDOWS, FileHash
from rpbind.data.splits import UNUSED
from rpbind.data.writer import Origin
from rpbind.errors import UserError
from rpbind.reading.table import read_columns
from rpbind.splitting.saved import parts_from_words

PART_COLUMNS = ("part", "split", "fold")
KEYS = ("row", "line", "rna")
OTHERS = ("file", "protein")


def read_split(
    path: Path, dataset: Dataset, column: str | None = None
) -> tuple[NDArray[np.uint8], int, FileHash, str]:
    """Read the part or fold of each window of a dataset from a table.

    A row names its window by `row` (its number in the dataset, from 0), by `line` (its line in
    the file that was imported; with `file`, if there were several), or by `rna` and `protein`.

    Parameters
    ----------
    path
        The table: .csv, .tsv, .txt (tabs), each also with .gz, or .parquet.
    dataset
        The dataset.
    column
        The column with the part or fold; without it, `part`, `split` or `fold`.

    Returns
    -------
    tuple[NDArray[np.uint8], int, FileHash, str]
        (N,) parts and 0, or (N,) folds and their number; the table's hash; and a sentence about
        windows that the table does not name, which are unused, or "".

    Raises
    ------
    UserError
        If the table cannot be read, or names a window that is not there, or one twice.
    """
    wanted = (column,) if column else PART_COLUMNS
    texts, origin, file_hash = read_columns(
        path, [column] if column else [], (*PART_COLUMNS, *KEYS, *OTHERS)
    )
    found = next((name for name in wanted if name in texts), None)
    key = next((name for name in KEYS if name in texts), None)
    if found is None or key is None:
        raise UserError(
            f"{path} needs a column part (or split, or fold), and a column row, line, or rna with "
            f"protein, which names the window; it has {', '.join(texts) or 'none of these'}. "
            "Rename its columns."
        )
    window_M = _windows(
        path, dataset, key, {name: texts[name].to_pylist() for name in texts}, origin
    )
    _check_once(window_M, origin)
    part_M, folds = parts_from_words(texts[found].to_pylist(), origin.place)
    part_N = np.full(len(dataset), UNUSED, dtype=np.uint8)
    part_N[window_M] = part_M
    left = len(dataset) - len(window_M)
    unnamed = f"{counted(left, 'window')} that {path.name} does not name"
    note = f"{unnamed} {verb('are', left)} unused." if left else ""
    return part_N, folds, file_hash, note


def _windows(
    path: Path, dataset: Dataset, key: str, texts: dict[str, list[str]], origin: Origin
) -> NDArray[np.int64]:
    """Return the window that each row names."""
    named: list[Any]
    if key == "rna":
        if "protein" not in texts:
            raise UserError(
                f"{path} names windows by their letters, and one window can belong to several "
                "proteins. Add the column protein."
            )
        known = _by_letters(dataset)
        letters = [text.strip().upper().replace("T", "U") for text in texts["rna"]]
        named = list(zip(letters, (text.strip() for text in texts["protein"]), strict=True))
    elif key == "line":
        known = _by_line(dataset, with_file="file" in texts)
        lines = [text.strip() for text in texts["line"]]
        named = list(zip(texts["file"], lines, strict=True)) if "file" in texts else list(lines)
    else:
        known = {str(number): number for number in range(len(dataset))}
        named = [text.strip() for text in texts["row"]]
    missing = [number for number, name in enumerate(named) if name not in known]
    if missing:
        first = missing[0]
        shown = named[first] if isinstance(named[first], str) else " of ".join(named[first])
        more = f" (and {len(missing) - 1:,} more such rows)" if len(missing) > 1 else ""
        raise UserError(
            f"{origin.place(first)}: {dataset.root} has no window with the {key} "
            f"'{shown[:60]}'{more}. `row` counts its windows from 0; `line` is the line in "
            "the imported file; rows that the import dropped must be left out."
        )
    return np.array([known[name] for name in named], dtype=np.int64)


def _by_letters(dataset: Dataset) -> dict[object, int]:
    names = [protein.id for protein in dataset.proteins]
    proteins = (names[protein] for protein in dataset.protein_N.tolist())
    return {
        (decode(rna_L), name): n
        for n, (rna_L, name) in enumerate(zip(dataset.rna_NL, proteins, strict=True))
    }


def _by_line(dataset: Dataset, *, with_file: bool) -> dict[object, int]:
    """Return the window of each line of the imported files."""
    table = pq.read_table(dataset.root / WINDOWS, columns=["source_file", "source_row"])
    files, lines = table["source_file"].to_pylist(), table["source_row"].to_pylist()
    if None in lines:
        raise UserError(
            f"{dataset.root} does not know the lines of its sources. Name windows by row."
        )
    if with_file:
        return {
            (file, str(line)): n for n, (file, line) in enumerate(zip(files, lines, strict=True))
        }
    if len(several := sorted(set(files))) > 1:
        raise UserError(
            f"{dataset.root} was made from {len(several):,} files, such as {several[0]}, so a line "
            "alone names no window. Add the column file."
        )
    return {str(line): n for n, line in enumerate(lines)}


def _check_once(window_M: NDArray[np.int64], origin: Origin) -> None:
    _, first_W = np.unique(window_M, return_index=True)
    again = np.setdiff1d(np.arange(len(window_M)), first_W)
    if len(again):
        raise UserError(
            f"{origin.place(int(again[0]))}: names a window that an earlier row names"
            f"{f' (and {len(again) - 1:,} more such rows)' if len(again) > 1 else ''}. Give each "
            "window one row."
        )
