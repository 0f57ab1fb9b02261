"""Arrays that grow on disk and are mapped, so that their rows need not fit into memory.

An import opens a scratch folder beside its output (`rpbind.files.draft.scratch_folder`). What grows
or is spread over files while it is open is there; without one, arrays are in memory.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 1 << 18
"""Rows that are worked on at a time."""

_SCRATCH: ContextVar[Path | None] = ContextVar("scratch", default=None)


@contextmanager
def spilling_to(folder: Path) -> Iterator[None]:
    """Let arrays grow in a folder while the block runs.

    Parameters
    ----------
    folder
        An existing folder, which outlives the arrays.

    Yields
    ------
    None
        `scratch` returns the folder.
    """
    token = _SCRATCH.set(folder)
    try:
        yield
    finally:
        _SCRATCH.reset(token)


def scratch() -> Path | None:
    """Return the folder for temporary files; None if none is open."""
    return _SCRATCH.get()


def blocks(rows: int, size: int = 0) -> Iterator[slice]:
    """Yield consecutive slices that cover so many rows.

    Parameters
    ----------
    rows
        Number of rows.
    size
        Rows of a slice; 0 for `BLOCK`.

    Yields
    ------
    slice
        The next rows.
    """
    size = size or BLOCK
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


class Growing:
    """An array to which rows are added at the end: in a file if a scratch folder is open."""

    def __init__(self) -> None:
        folder = scratch()
        self._path = None if folder is None else folder / f"{uuid.uuid4().hex}.rows"
        self._parts: list[NDArray[Any]] = []  # all of them, or none but the type
        self._rows = 0

    def add(self, rows: NDArray[Any]) -> None:
        """Add rows; all have one dtype and one shape."""
        self._rows += len(rows)
        if self._path is None:
            self._parts.append(rows)
            return
        self._parts = self._parts or [rows[:0]]
        if rows.dtype != self._parts[0].dtype or rows.shape[1:] != self._parts[0].shape[1:]:
            raise ValueError(f"rows {rows.dtype} {rows.shape} after {self._parts[0].dtype}")
        with self._path.open("ab") as file:
            file.write(np.ascontiguousarray(rows).data)

    def array(self) -> NDArray[Any]:
        """Return all rows, at least one block of them; those of a file are mapped read-only.

        Nothing can be added after this.
        """
        if self._path is None or not self._rows:
            return np.concatenate(self._parts)
        like = self._parts[0]
        array = np.memmap(self._path, like.dtype, "r", shape=(self._rows, *like.shape[1:]))
        self._path.unlink()  # its space is free again when nothing uses the array
        return array


def writable(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """Return an array to be filled in any order: in a file if a scratch folder is open.

    Parameters
    ----------
    shape
        Its shape.
    dtype
        Its type.

    Returns
    -------
    NDArray[Any]
        The array, with any content.
    """
    folder, size = scratch(), int(np.prod(shape)) * np.dtype(dtype).itemsize
    if folder is None or not size:
        return np.empty(shape, dtype)
    path = folder / f"{uuid.uuid4().hex}.rows"
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, size)  # a full disk is an error now; later, it kills
    array = np.memmap(path, dtype, "r+", shape=shape)
    path.unlink()  # its space is free again when nothing uses the array
    return array


def stacked(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Return the rows of several arrays, one after another: in a file if a scratch folder is open.

    Parameters
    ----------
    parts
        At least one array.

    Returns
    -------
    NDArray[Any]
        All rows.
    """
    if scratch() is None:
        return np.concatenate(parts)
    grown = Growing()
    for array in parts:
        for part in blocks(len(array)) if len(array) else [slice(0, 0)]:
            grown.add(np.asarray(array[part]))
    return grown.array()


def taken(array: NDArray[Any], rows_M: NDArray[np.integer]) -> NDArray[Any]:
    """Return only some rows of an array: in a file if a scratch folder is open.

    Parameters
    ----------
    array
        The array.
    rows_M
        (M,) indices of its rows.

    Returns
    -------
    NDArray[Any]
        M rows.
    """
    if scratch() is None or not len(rows_M):
        return array[rows_M]
    grown = Growing()
    for part in blocks(len(rows_M)):
        grown.add(np.asarray(array[rows_M[part]]))
    return grown.array()
