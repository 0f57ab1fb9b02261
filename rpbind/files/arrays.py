"""Arrays are written as plain bytes, so that a full disk is the system's error and no crash.

numpy's own ways are another kind of error without a number (`np.save`), or a mapped file whose
pages have no room when they are written to, which ends the process (`open_memmap`).
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
    """Read a .npy file, or map it; `ValueError` on anything else, a cut file too.

    What numpy says of other files advises to read them unsafely.
    """
    try:
        array = np.load(path, mmap_mode=mapped)
    except (ValueError, EOFError, ArithmeticError, zipfile.BadZipFile) as error:
        raise ValueError(str(error).partition(". ")[0] or type(error).__name__) from None
    if not isinstance(array, np.ndarray):
        raise ValueError("it holds several arrays")
    return array


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write a .npy file, to the same bytes as `np.save` does."""
    save_blocks(path, [array], array.shape)


def save_blocks(path: Path, blocks: Sequence[NDArray[Any]], shape: tuple[int, ...]) -> str:
    """Write blocks of rows one after another as one array; return the SHA-256 of the rows."""
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
