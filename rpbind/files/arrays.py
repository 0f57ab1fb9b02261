"""Reads and writes .npy files so that a full disk raises an `OSError` with its error number.

`np.save` raises an error without a number, and writing to an array of `open_memmap` on a full disk
kills the process.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray


def load_array(path: Path, mapped: Literal["r", "c"] | None = None) -> NDArray[Any]:
    """Read a .npy file, or map it into memory.

    Only the first sentence of numpy's error is kept: the rest advises unsafe loading.

    Parameters
    ----------
    path
        The file.
    mapped
        "r" maps it read-only, "c" copy-on-write; None reads it.

    Returns
    -------
    NDArray[Any]
        The array.

    Raises
    ------
    ValueError
        If the file is no .npy file, or is truncated.
    """
    try:
        array = np.load(path, mmap_mode=mapped)
    except (ValueError, EOFError, ArithmeticError, zipfile.BadZipFile) as error:
        raise ValueError(str(error).partition(". ")[0] or type(error).__name__) from None
    if not isinstance(array, np.ndarray):
        raise ValueError("it holds several arrays")
    return array


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write a .npy file with the same bytes as `np.save`.

    Parameters
    ----------
    path
        The file; an existing one is overwritten.
    array
        What to write.
    """
    save_blocks(path, [array], array.shape)


def save_blocks(path: Path, blocks: Sequence[NDArray[Any]], shape: tuple[int, ...]) -> str:
    """Write blocks of rows as one .npy file.

    Parameters
    ----------
    path
        The file; an existing one is overwritten.
    blocks
        At least one array; all have one dtype, and together they have the rows of `shape`.
    shape
        Shape of the whole array.

    Returns
    -------
    str
        SHA-256 (hex) of the rows, without the header.
    """
    descr = np.lib.format.dtype_to_descr(blocks[0].dtype)
    digest = hashlib.sha256()
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": descr, "fortran_order": False, "shape": shape}
        )
        for block in blocks:
            rows = np.ascontiguousarray(block).data
            digest.update(rows)
            file.write(rows)
    return digest.hexdigest()
