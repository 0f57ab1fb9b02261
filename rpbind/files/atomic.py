"""Writes files whole or not at all; reads and lists them."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from operator import methodcaller
from pathlib import Path
from typing import IO

from rpbind.errors import UserError

_DRAFT = re.compile(r"\.(.+\.)?[0-9a-f]{32}")


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: write a synced temporary file, then rename it.

    Parameters
    ----------
    path
        The file; an existing one is replaced.
    content
        Its bytes.
    """
    draft = _draft(path)
    try:
        with errors_name(path, draft):
            _write(draft, lambda file: file.write(content))
            draft.replace(path)
            sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a small folder whole or not at all: write a synced temporary folder, then rename it.

    An existing folder is replaced, and stays where the new one cannot take its place. A folder that
    other processes may make at the same time is written with `rpbind.files.draft.draft_folder`.

    Parameters
    ----------
    path
        The folder; its parents are made too.
    files
        Content of each file by its name, which may contain subfolders, such as "parts/a.py".
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft, old = _draft(path), _draft(path)
    try:
        with errors_name(path, draft):
            folders = {draft, *((draft / name).parent for name in files)}
            for folder in sorted(folders):
                folder.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                _write(draft / name, methodcaller("write", content))
            for folder in folders:
                sync(folder)
            if os.path.lexists(path):  # a folder that is not empty cannot be renamed over
                path.rename(old)
            draft.rename(path)
            sync(path.parent)
    except BaseException:
        if old.exists() and not os.path.lexists(path):
            old.rename(path)
        raise
    finally:
        for left in (draft, old):
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def errors_name(path: Path, draft: Path) -> Iterator[None]:
    """Replace the temporary name in an `OSError` by the name that the user knows.

    Parameters
    ----------
    path
        The name to show.
    draft
        The temporary name.

    Yields
    ------
    None
        An `OSError` of the block that names `draft`, or no file, is raised again with `path`.
    """
    try:
        yield
    except OSError as error:
        if error.errno and (error.filename is None or draft.name in str(error.filename)):
            error.filename = str(path)
        raise


def write_new(path: Path, write: Callable[[IO[bytes]], object]) -> bool:
    """Write a new file, whole or not at all.

    Parameters
    ----------
    path
        The file.
    write
        Writes the content to an open binary file.

    Returns
    -------
    bool
        False if a file of this name exists already; it stays as it is.
    """
    draft = _draft(path)
    try:
        with errors_name(path, draft):
            _write(draft, write)
            os.link(draft, path)
            sync(path.parent)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def read(path: Path) -> bytes:
    """Read a file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    bytes
        Its content.

    Raises
    ------
    UserError
        If the file exists and cannot be read. A missing file raises `FileNotFoundError`.
    """
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        raise UserError(
            f"{path} cannot be read: {error.strerror}. Check its permissions, or restore the file "
            "from a copy."
        ) from None


def list_folder(folder: Path, pattern: str) -> list[Path]:
    """List the files of a folder whose names match a pattern.

    Parameters
    ----------
    folder
        The folder.
    pattern
        Pattern of `fnmatch`, such as "*.parquet".

    Returns
    -------
    list[Path]
        The matching paths, sorted by name; empty if the folder does not exist.

    Raises
    ------
    UserError
        If the folder cannot be read: it must not be taken for an empty one.
    """
    try:
        names = [file.name for file in folder.iterdir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(
            f"The folder {folder} cannot be read: {error.strerror}. Check its permissions, or "
            "restore it from a copy."
        ) from None
    return [folder / name for name in sorted(fnmatch.filter(names, pattern))]


def sync(folder: Path) -> None:
    """Write the names of a folder's files to disk: fsync of a file does not include its name.

    Parameters
    ----------
    folder
        The folder.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_drafts(folder: Path) -> int:
    """Remove the temporary files and folders that dead processes have left in a folder.

    Parameters
    ----------
    folder
        The folder; no process writes to it now.

    Returns
    -------
    int
        How many there were.
    """
    left = [file for file in list_folder(folder, ".*") if _DRAFT.fullmatch(file.name)]
    for draft in left:
        if draft.is_dir():
            shutil.rmtree(draft)
        else:
            draft.unlink(missing_ok=True)
    return len(left)


def _draft(path: Path) -> Path:
    return path.with_name(f".{stem(path)}.{uuid.uuid4().hex}")


def stem(path: Path) -> str:
    """Return the first 50 letters of a file's name, the start of its temporary names."""
    return path.name[:50]


def _write(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    with path.open("wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
