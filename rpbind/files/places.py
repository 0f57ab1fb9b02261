"""Checks that a file or folder can be made, before any work is done for it."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from rpbind.errors import UserError, is_full_disk


def check_writable(folder: Path) -> None:
    """Raise `OSError` if no file can be made in `folder`, which need not exist yet."""
    path = folder.absolute()
    there = next(place for place in (path, *path.parents) if os.path.lexists(place))
    try:
        with tempfile.TemporaryFile(dir=there):  # nameless, if the file system allows it
            pass
    except OSError as error:
        error.filename = str(there)
        raise


def check_place(what: str, folder: Path) -> None:
    """Check that a file can be made in a folder.

    Parameters
    ----------
    what
        What is to be made, for the message.
    folder
        Its folder, which need not exist yet.

    Raises
    ------
    UserError
        If the folder cannot be written to. A full disk raises `OSError`.
    """
    try:
        check_writable(folder)
    except OSError as error:
        if is_full_disk(error):
            raise
        why = f"{error.filename}: {error.strerror}"
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            why = f"you may not write to {error.filename} ({error.strerror})"
        if error.errno == errno.ENOTDIR:
            why = f"{error.filename} is not a folder"
        raise UserError(f"{what} cannot be made: {why}. Name a folder in another place.") from None


def check_creatable(path: Path) -> None:
    """Check that a file or folder can be made.

    Parameters
    ----------
    path
        The file or folder; it may exist.

    Raises
    ------
    UserError
        If its folder cannot be written to, or its name is not possible there.
    """
    check_place(str(path), path.absolute().parent)
    try:
        path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise UserError(f"{path} cannot be made: {error.strerror}. Give it another name.") from None
