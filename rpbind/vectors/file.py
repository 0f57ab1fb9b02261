"""A file with vectors of proteins, open for reading."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from rpbind.errors import UserError


@dataclass(frozen=True)
class VectorFile:
    """A file with vectors of proteins.

    Parameters
    ----------
    path
        The file.
    names
        The names of each entry, by its key in the file; the name that messages show is the first.
    load
        Reads an entry: (width,) if the file has one vector per protein, else (residues, width).
    sequences
        Sequences of entries, if the file has them.
    """

    path: Path
    names: Mapping[str, tuple[str, ...]] = field(repr=False)
    load: Callable[[str], NDArray[Any]] = field(repr=False)
    sequences: Mapping[str, str] = field(default_factory=dict, repr=False)

    def sha256(self) -> str:
        """Return the SHA-256 (hex) of the file's content; of a folder, of its files' hashes."""
        if not self.path.is_dir():
            return _digest(self.path)
        lines = [f"{name} {_digest(self.path / name)}" for name in sorted(self.names)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unreadable(path: Path, what: str, why: object) -> UserError:
    """Return the error on a file that is not what its name says.

    Parameters
    ----------
    path
        The file.
    what
        The format, such as "an HDF5 file".
    why
        What the reader says of it; only the first line is shown.

    Returns
    -------
    UserError
        The error.
    """
    said = " ".join(str(why).split()).partition(". ")[0][:200] or type(why).__name__
    return UserError(
        f"{path} cannot be read as {what}: it is damaged, cut short, or of another format "
        f"({said}). Copy or download it again."
    )


def convert_pickle(path: Path) -> UserError:
    """Return the error on a pickle, with the command that turns a dictionary in it into .npz."""
    new = path.with_suffix(".npz")
    return UserError(
        f"{path} is a Python pickle, and reading a pickle runs whatever code is in it. If you "
        "trust it, and it holds a dictionary from names to arrays, convert it: python -c 'import "
        f'numpy, pickle; numpy.savez("{new.name}", **pickle.load(open("{path.name}", "rb")))\''
    )
