"""The content of custom files, by hash: read from the user's file, or from the copy in a folder.

A copy is called `SHA256-NAME.py`. A folder that keeps copies is searched after `seek_in`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from rpbind.errors import UserError
from rpbind.files.atomic import list_folder, read, write_new

FOLDER = "parts"
"""The folder of a study, or of a model, that keeps the custom files that it was made with."""


@dataclass(frozen=True)
class Content:
    """The content of one custom file.

    Parameters
    ----------
    name
        The file's name without its folders: "my_parts.py".
    raw
        Its bytes.
    origin
        The path that it was read from, for messages and tracebacks.
    """

    name: str
    raw: bytes = field(repr=False)
    origin: str = field(compare=False)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes, 64 hex digits."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def copy_name(self) -> str:
        """The name of its copies."""
        return f"{self.sha256}-{self.name}"


_known: dict[str, Content] = {}
_folders: dict[Path, None] = {}
_base: ContextVar[Path | None] = ContextVar("base", default=None)


@contextmanager
def relative_to(folder: Path) -> Iterator[None]:
    """Read the paths of custom files relative to a folder while the block runs.

    Parameters
    ----------
    folder
        The folder of the file (a recipe, a study, a search space) that names them. A path that does
        not exist there is read relative to the current folder.

    Returns
    -------
    Iterator
        A context manager.
    """
    token = _base.set(folder)
    try:
        yield
    finally:
        _base.reset(token)


def path_of(name: str) -> Path:
    """Return the path of a custom file as the user gave it, see `relative_to`."""
    beside = (_base.get() or Path()) / name
    return beside if beside.is_file() else Path(name)


def is_given_now() -> bool:
    """Whether a user names custom files now, in contrast to a record that is read."""
    return _base.get() is not None


@contextmanager
def given_now() -> Iterator[None]:
    """Read custom files that a user names while the block runs: relative to the current folder,
    unless an outer `relative_to` names another one."""
    token = _base.set(_base.get() or Path())
    try:
        yield
    finally:
        _base.reset(token)


def remember(content: Content) -> Content:
    """Keep a content for `content_of` in this process; return the first one with this hash."""
    return _known.setdefault(content.sha256, content)


def seek_in(folder: Path) -> None:
    """Search a folder for the content of custom files, from now on in this process.

    Parameters
    ----------
    folder
        A folder with copies, such as `reports/STUDY/parts`. It need not exist yet.
    """
    _folders[folder.absolute()] = None


def content_of(sha256: str, name: str) -> Content:
    """Return the content with a hash: of a file that this process has read, or of a copy.

    Parameters
    ----------
    sha256
        The recorded hash.
    name
        The file's name, for the message.

    Returns
    -------
    Content
        The content, with exactly this hash.

    Raises
    ------
    UserError
        If no folder has it, or if the copy was changed.
    """
    if sha256 in _known:
        return _known[sha256]
    for folder in _folders:
        for file in kept_in(folder):
            if file.name.startswith(f"{sha256}-"):
                return remember(_copy(file, sha256))
    now = path_of(name)
    if now.is_file():
        content = Content(now.name, read(now), str(now))
        if content.sha256 == sha256:
            return remember(content)
        raise UserError(
            f"{name} has changed: content {sha256[:8]} is recorded, and {now} now has "
            f"{content.sha256[:8]}. Restore the file, or give the study's copy, "
            f"{FOLDER}/{sha256[:8]}...-{name}."
        )
    raise UserError(
        f"The custom file {name} with content {sha256[:8]} is not there. Put it into the current "
        f"folder, or give the folder of the study that keeps it in {FOLDER}/."
    )


def kept_in(folder: Path) -> list[Path]:
    """Return the copies of custom files in a folder.

    Parameters
    ----------
    folder
        The folder; it need not exist.

    Returns
    -------
    list of Path
        Their paths, sorted.
    """
    return [file for file in list_folder(folder, "*-*.py") if len(file.name.split("-")[0]) == 64]


def keep(folder: Path, parts: Iterable[tuple[str, str]]) -> None:
    """Copy the content of custom files into a folder, each whole or not at all.

    Parameters
    ----------
    folder
        The folder; it is made if it does not exist.
    parts
        Pairs of (hash, name of the file).

    Raises
    ------
    UserError
        If a content is not known, or if an existing copy was changed.
    """
    for sha256, name in dict.fromkeys(parts):
        content = content_of(sha256, name)
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / content.copy_name
        if not write_new(file, lambda out, raw=content.raw: out.write(raw)):  # type: ignore[misc]
            _copy(file, sha256)


def _copy(file: Path, sha256: str) -> Content:
    """Read a copy, and check that it has the hash in its name."""
    content = Content(file.name.removeprefix(f"{sha256}-"), read(file), str(file))
    if content.sha256 != sha256:
        raise UserError(
            f"{file} was changed: its content has the hash {content.sha256[:8]}. Restore the file, "
            "whose name begins with the hash of its content."
        )
    return content
