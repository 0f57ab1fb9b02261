"""A reference to a user's class: "my_parts.py:GRUEncoder" or "package.module:GRUEncoder"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rpbind.errors import UserError, did_you_mean, reason
from rpbind.files.atomic import read
from rpbind.parts.contents import Content, path_of, remember

_CLASS = re.compile(r"[^\W\d]\w*")
_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True)
class Part:
    """A user's class, as a recipe records it.

    Parameters
    ----------
    reference
        "my_parts.py:GRUEncoder", without the file's folders, or "package.module:GRUEncoder".
    sha256
        SHA-256 of the content of the file, or of the module's file.
    """

    reference: str
    sha256: str

    @property
    def file(self) -> str:
        """The file's name: "my_parts.py", also for "package.my_parts:GRUEncoder"."""
        where, _, _ = self.reference.rpartition(":")
        return where if where.endswith(".py") else f"{where.rpartition('.')[2]}.py"

    @property
    def class_name(self) -> str:
        """The class's name in that file."""
        return self.reference.rpartition(":")[2]

    @property
    def is_module(self) -> bool:
        """Whether the reference names a module, not a file."""
        return not self.reference.rpartition(":")[0].endswith(".py")


def part(reference: str, what: str) -> Part:
    """Read the file that a reference names, without running it.

    Parameters
    ----------
    reference
        FILE.py:CLASS, or PACKAGE.MODULE:CLASS for an installed package. A file's path is relative
        to the file that names it (`relative_to`) or to the current folder.
    what
        The option or field that names the class, for messages: "model.encoder".

    Returns
    -------
    Part
        The reference without folders, and the hash of the content.

    Raises
    ------
    UserError
        If the reference has another form, or if there is no such file or module.
    """
    where, colon, name = reference.rpartition(":")
    if not colon or not _CLASS.fullmatch(name) or not where:
        raise UserError(
            f"{what} takes a class as FILE.py:CLASS or PACKAGE.MODULE:CLASS; got '{reference}'. "
            "Write for example my_parts.py:MyEncoder."
        )
    if where.endswith(".py"):
        path = path_of(where)
        _check_file(path, what)
        content = remember(Content(path.name, read(path), str(path)))
        return Part(f"{path.name}:{name}", content.sha256)
    path = _module_file(where, name, what)
    content = remember(Content(path.name, read(path), str(path)))
    return Part(reference, content.sha256)


def _check_file(path: Path, what: str) -> None:
    if path.is_file():
        return
    folder = path.parent
    beside = [file.name for file in sorted(folder.glob("*.py"))] if folder.is_dir() else []
    raise UserError(
        f"{what}: there is no file {path}.{did_you_mean(path.name, beside)} A path is relative to "
        "the file that names it, or to the current folder."
    )


def _module_file(module: str, name: str, what: str) -> Path:
    """Return the file of an installed module; only its parent packages are imported."""
    if not _MODULE.fullmatch(module):
        raise UserError(
            f"{what}: '{module}' is neither a file that ends in .py nor the name of a module. "
            "Write FILE.py:CLASS or PACKAGE.MODULE:CLASS."
        )
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):  # a parent is missing, or is no package
        spec = None
    except Exception as error:  # of the parent package, which is imported
        raise UserError(
            f"{what}: the package of '{module}' cannot be imported: {reason(error)}. Correct it, "
            "or name the class by its file: FILE.py:CLASS."
        ) from None
    if spec is None or spec.origin is None:
        raise UserError(
            f"{what}: there is no module '{module}' in this environment. Install its package, or "
            "name the class by its file: FILE.py:CLASS."
        )
    if Path(spec.origin).absolute() == Path(f"{module}.py").absolute():
        raise UserError(
            f"{what}: a module is of an installed package, and '{module}' is a file of the current "
            f"folder. Name the file: {module}.py:{name}."
        )
    if not spec.origin.endswith(".py"):
        raise UserError(
            f"{what}: the module '{module}' has no Python source ({spec.origin}), so its content "
            "cannot be recorded. Put the class into a file of its own and name it FILE.py:CLASS."
        )
    return Path(spec.origin)
