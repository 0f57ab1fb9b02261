"""Reads any file of text, with its hash."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpbind.data.manifest import FileHash
from rpbind.data.writer import Origin
from rpbind.errors import UserError
from rpbind.reading.text import plain_text


def one_file(path: Path, row_N: NDArray[np.int32]) -> Origin:
    """Return the origin of windows that all come from one file.

    Parameters
    ----------
    path
        The file.
    row_N
        (N,) line or row of each window, from 1.

    Returns
    -------
    Origin
        The origin.
    """
    return Origin([path.name], np.zeros(len(row_N), dtype=np.int32), row_N)


def read_file(path: Path) -> tuple[bytes, FileHash]:
    """Read a text file.

    Parameters
    ----------
    path
        The file, which may be packed with gzip.

    Returns
    -------
    tuple[bytes, FileHash]
        Its text, unpacked, in UTF-8 with LF line ends; and the hash of the file itself.

    Raises
    ------
    UserError
        If it is missing, damaged, empty or not text.
    """
    check_is_file(path)
    raw = path.read_bytes()
    file_hash = FileHash(sha256=hashlib.sha256(raw).hexdigest(), bytes=len(raw))
    return plain_text(path, raw), file_hash


def check_is_file(path: Path, advice: str = "") -> None:
    """Raise `UserError` unless the path is a file; `advice` is shown if it is a folder."""
    if path.is_dir():
        raise UserError(f"{path} is a folder; expected a file. {advice or 'Name a file in it.'}")
    if not path.is_file():
        raise UserError(f"{path} does not exist or is not a file. Check the path.")


FOLDER = "`rpbind import eclip` reads a folder with a file per protein."
"""Advice if a folder is given instead of a file of windows."""
