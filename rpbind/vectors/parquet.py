"""Protein vectors in a Parquet file: a column of names, a column of lists, perhaps sequences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rpbind.errors import UserError
from rpbind.vectors.file import VectorFile, unreadable

_NAME_COLUMNS = ("protein", "name", "id")
_SEQUENCE_COLUMN = "sequence"


def open_parquet(path: Path) -> VectorFile:
    """Open a Parquet file with one row per protein.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    VectorFile
        The open file; its rows stay in memory.

    Raises
    ------
    UserError
        If it is damaged, its columns are not clear, or a row has no name of its own.
    """
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, "a Parquet file", error) from None
    texts = [one.name for one in schema
             if pa.types.is_string(one.type) or pa.types.is_large_string(one.type)]  # fmt: skip
    lists = [one.name for one in schema
             if pa.types.is_list(one.type) or pa.types.is_large_list(one.type)
             or pa.types.is_fixed_size_list(one.type)]  # fmt: skip
    named = [name for name in texts if name != _SEQUENCE_COLUMN]
    named = [name for name in _NAME_COLUMNS if name in named] or named or texts
    if len(lists) != 1 or not named or (len(named) > 1 and named[0] not in _NAME_COLUMNS):
        raise UserError(
            f"{path} has the columns {', '.join(schema.names)}. Expected one column of lists (the "
            f"vectors) and one of names, called {' or '.join(_NAME_COLUMNS)} if there are several "
            "of text."
        )
    name, vectors = named[0], lists[0]
    wanted = list(dict.fromkeys([name, *(one for one in (_SEQUENCE_COLUMN,) if one in texts)]))
    try:
        table = pq.read_table(path, columns=[*wanted, vectors], memory_map=True)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, "a Parquet file", error) from None
    titles = table[name].to_pylist()
    rows: dict[str, int] = {}
    for row, title in enumerate(titles):
        if title is None or title in rows:
            what = "no name" if title is None else f"the name '{title}' of row {rows[title] + 1}"
            raise UserError(
                f"{path}: row {row + 1} has {what}. Expected one row per protein, each with a name "
                f"of its own in column '{name}'."
            )
        rows[title] = row

    def load(key: str) -> NDArray[Any]:
        value = table[vectors][rows[key]]
        if not value.is_valid:
            return np.zeros(0)
        inner = value.values
        try:
            if hasattr(inner.type, "value_type"):
                return np.stack([_numbers(row.values) for row in inner])
            return _numbers(inner)
        except (ValueError, TypeError, AttributeError) as error:  # None for a row; other lengths
            raise UserError(
                f"{path}: the vectors of '{key}' are no rectangle of numbers ({error})."
            ) from None

    sequences: dict[str, str] = {}
    if _SEQUENCE_COLUMN in wanted:
        found = table[_SEQUENCE_COLUMN].to_pylist()
        sequences = {title: found[row] for title, row in rows.items() if found[row]}
    return VectorFile(path, {title: (title,) for title in rows}, load, sequences)


def _numbers(values: Any) -> NDArray[Any]:
    """Return an Arrow array as numbers; a null is NaN."""
    return np.asarray(values.to_numpy(zero_copy_only=False))
