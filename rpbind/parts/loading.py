"""Load a user's class from recorded content; an error ends in the user's file and line.

A custom file is self-contained: it may import installed packages, and no file beside it, whose
content would be neither hashed nor sent to workers.
"""

from __future__ import annotations

import ast
import linecache
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.abc import InspectLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from rpbind.errors import UserError, did_you_mean
from rpbind.parts.contents import Content, content_of
from rpbind.parts.reference import Part

_modules: dict[str, ModuleType] = {}


def load(part: Part, what: str) -> type:
    """Import a class from content with the recorded hash. This runs the user's code.

    Parameters
    ----------
    part
        The class, and the hash of its file's content.
    what
        The option or field that names the class, for messages: "model.encoder".

    Returns
    -------
    type
        The class; the same object each time in a process.

    Raises
    ------
    UserError
        If the content is not there, cannot be imported (the message ends in the user's file and
        line), imports a file beside it, or has no such class.
    """
    content = content_of(part.sha256, part.file)
    module = _module(part, content, what)
    found = vars(module).get(part.class_name)
    if found is None:
        classes = [name for name, value in vars(module).items() if isinstance(value, type)]
        raise UserError(
            f"{what}: {content.origin} has no class '{part.class_name}'."
            f"{did_you_mean(part.class_name, classes)}"
        )
    if not isinstance(found, type):
        raise UserError(
            f"{what}: '{part.class_name}' in {content.origin} is no class, but "
            f"{type(found).__name__}. Name a class."
        )
    return found


def load_function(part: Part, what: str) -> Callable[..., Any]:
    """Import a function from content with the recorded hash. This runs the user's code.

    Parameters
    ----------
    part
        The function's name, and the hash of its file's content.
    what
        The option or field that names the function, for messages: "metrics".

    Returns
    -------
    callable
        The function.

    Raises
    ------
    UserError
        If the content cannot be imported, or has no such function.
    """
    content = content_of(part.sha256, part.file)
    module = _module(part, content, what)
    found = vars(module).get(part.class_name)
    if not callable(found):
        functions = [name for name, value in vars(module).items() if callable(value)]
        raise UserError(
            f"{what}: {content.origin} has no function '{part.class_name}'."
            f"{did_you_mean(part.class_name, functions)}"
        )
    made: Callable[..., Any] = found
    return made


def is_loaded(part: Part) -> bool:
    """Whether this process has imported the content already."""
    return part.sha256 in _modules


def class_file(kind: type | Callable[..., Any]) -> str:
    """Return the path of the file that a class or function came from, as its tracebacks name it."""
    module = sys.modules.get(kind.__module__)
    return getattr(module, "__file__", None) or kind.__module__


def declared(of: object, name: str, default: object) -> object:
    """Return an attribute that a user's class or object declares.

    Parameters
    ----------
    of
        The class or object.
    name
        The attribute, as its contract names it.
    default
        What a class without it means.

    Returns
    -------
    object
        The attribute, or the default.
    """
    return getattr(of, name, default)


@contextmanager
def errors_in(file: str, what: str) -> Iterator[None]:
    """Turn an error of user's code into a message that ends in two lines: where, and what stands
    there.

    Parameters
    ----------
    file
        The user's file, as tracebacks name it.
    what
        The first words of the message: "model.encoder cannot be built".

    Returns
    -------
    Iterator
        A context manager; a `UserError` of the block passes through.
    """
    try:
        yield
    except UserError:
        raise
    except (Exception, SystemExit) as error:
        raise UserError(f"{what}: {_words(error)}\n{_place(error, file)}") from None


def _words(error: BaseException) -> str:
    text = str(error.msg if isinstance(error, SyntaxError) else error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place(error: BaseException, file: str) -> str:
    """Return the last line of user's code that an error passed through, as a traceback does."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return _lines(file, error.lineno or 1, (error.text or "").strip())
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
    if not frames:
        return f'  File "{file}"'
    return _lines(file, frames[-1].lineno or 1, frames[-1].line or "")


def _lines(file: str, line: int, text: str) -> str:
    return f'  File "{file}", line {line}\n    {text}'


def _module(part: Part, content: Content, what: str) -> ModuleType:
    """Return the module with this content, imported once in a process."""
    if content.sha256 in _modules:
        return _modules[content.sha256]
    name = f"rpbind_custom_{content.sha256[:16]}"
    loader = _Recorded(content)
    linecache.cache[content.origin] = (
        len(content.raw), None, loader.get_source(name).splitlines(keepends=True), content.origin,
    )  # fmt: skip
    with errors_in(content.origin, f"{what} cannot be imported from {content.name}"):
        _check_self_contained(part, content, what)
        spec = spec_from_loader(name, loader, origin=content.origin)
        assert spec is not None
        module = module_from_spec(spec)
        module.__file__ = content.origin
        sys.modules[name] = module  # dataclasses and type hints look their module up there
        try:
            loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    _modules[content.sha256] = module
    return module


class _Recorded(InspectLoader):
    """Import from recorded bytes, not from what the file holds now, and without cached bytecode."""

    def __init__(self, content: Content) -> None:
        self.content = content

    def get_source(self, fullname: str) -> str:
        return self.content.raw.decode("utf-8-sig", errors="replace")

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.content.raw, self.content.origin)

    def is_package(self, fullname: str) -> bool:
        return False


def _check_self_contained(part: Part, content: Content, what: str) -> None:
    """Refuse imports of files beside a custom file: they are neither hashed nor sent along."""
    beside = Path(content.origin).parent
    for node in ast.walk(ast.parse(content.raw, content.origin)):
        if isinstance(node, ast.Import):
            names = [alias.name.split(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [(node.module or "").split(".")[0]]
        else:
            continue
        is_relative = isinstance(node, ast.ImportFrom) and node.level > 0
        # beside an installed module are other installed ones
        siblings = [] if part.is_module else [name for name in names if _is_in(beside, name)]
        if is_relative or siblings:
            text = linecache.getline(content.origin, node.lineno).strip()
            raise UserError(
                f"{what}: {content.name} imports a file beside it, which would not be recorded "
                "with a study or sent to its workers. Put everything into one file, or install the "
                f"other one as a package.\n{_lines(content.origin, node.lineno, text)}"
            )


def _is_in(folder: Path, module: str) -> bool:
    """Whether a folder holds a module or a package of this name that is not Python's own or rpbind,
    which lies beside the files in a checkout."""
    there = (folder / f"{module}.py").is_file() or any((folder / module).glob("*.py"))
    return module not in ("", "rpbind", *sys.stdlib_module_names) and there
