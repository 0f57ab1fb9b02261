"""Whether a file can be made in a place, found out before any work is done for it."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from rpbind.errors import UserError, is_full_disk


def check_writable(folder: Path) -> None:
    """Raise the system's error where no file can be made in `folder`, which need not be there."""
    path = folder.absolute()
    there = next(place for place in (path, *path.parents) if os.path.lexists(place))
    try:
        with tempfile.TemporaryFile(dir=there):  # it has no name, where the system can
            pass
    except OSError as error:
        error.filename = str(there)
        raise


def check_place(what: str, folder: Path) -> None:
    """Raise `UserError` where `what` cannot be put in `folder`, which need not be there yet."""
    try:
        check_writable(folder)
    except OSError as error:
        if is_full_disk(error):
            raise
        why = f"{error.filename}: {error.strerror}"
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            why = f"you may not write to {error.filename} ({error.strerror})"
        if error.errno == errno.ENOTDIR:
            why = f"{error.filename} is no folder"
        raise UserError(f"{what} cannot be made: {why}. Name a folder in another place.") from None


def check_creatable(path: Path) -> None:
    """Raise `UserError`, before any work, where `path` cannot be made, a file or a folder."""
    check_place(str(path), path.absolute().parent)
    try:
        path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise UserError(f"{path} cannot be made: {error.strerror}. Give it another name.") from None
