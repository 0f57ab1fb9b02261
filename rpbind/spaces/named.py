"""The search spaces that come with rpbind, by name: `original` is `search_spaces/original.toml`."""

from __future__ import annotations

from pathlib import Path

import rpbind
from rpbind.errors import UserError, did_you_mean

SPACES = {
    file.stem: file
    for file in sorted((Path(rpbind.__file__).parent / "search_spaces").glob("*.toml"))
}
"""Name -> file. The files are data of the package, so that the wheel has them, too."""


def space_file(name: str | Path) -> Path:
    """Return the file of a search space, which may not be there.

    Parameters
    ----------
    name
        A name of `SPACES`, or the path of a TOML file.

    Returns
    -------
    pathlib.Path
        The file.
    """
    return SPACES.get(str(name)) or Path(name)


def missing(path: Path) -> UserError:
    """Return the error for a search space whose file is not there.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    UserError
        What there is instead: the spaces of rpbind, and the TOML files of the file's folder.
    """
    there = sorted(file.name for file in path.parent.glob("*.toml"))
    others = f" Its folder has {', '.join(there)}." if there else ""
    return UserError(
        f"There is no search space {path}.{did_you_mean(str(path), SPACES)} Give a TOML file, or "
        f"one of {', '.join(SPACES)}.{others}"
    )
