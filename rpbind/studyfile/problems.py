"""Mistakes in a study as sentences, each with the line of the file where it is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rpbind.errors import UserError, closest
from rpbind.mistakes import MAX_MISTAKES, ended, mistake
from rpbind.studyfile.reference import TABLES

NAME = "a name has letters, digits and _ . + = -, and begins with a letter or a digit"
Path_ = tuple[Any, ...]


class Source:
    """The text of a study file, which knows the line of every key.

    Parameters
    ----------
    file
        The file, for messages.
    text
        Its text.
    """

    def __init__(self, file: Path, text: str) -> None:
        self.file, self.text = file, text

    def line(self, path: Sequence[Any]) -> int | None:
        """Return the line where a key or the nearest table around it is written; None if none.

        Parameters
        ----------
        path
            Keys and, for lists, numbers.

        Returns
        -------
        int or None
            From 1.
        """
        # The key is in the first part of the file that can be read and has it. The statement
        # begins after the part before, which could be read, too.
        lines = self.text.splitlines()
        wanted = tuple(path)
        if not wanted:
            return None
        as_nested = (*wanted[:-1], *str(wanted[-1]).split("."))  # model.encoder = ... has no quotes
        last = 0
        for number in range(1, len(lines) + 1):
            try:
                tree = tomllib.loads("\n".join(lines[:number]))
            except tomllib.TOMLDecodeError:
                continue
            if _has(tree, wanted) or _has(tree, as_nested):
                return last + 1
            last = number
        return self.line(wanted[:-1])

    @contextmanager
    def place(self, *path: Any) -> Iterator[None]:
        """Add the line of a key to an error within the block.

        Parameters
        ----------
        path
            Keys and, for lists, numbers; nothing adds no line.
        """
        try:
            yield
        except UserError as error:
            absent = len(path) == 1 and self.line(path) is None  # an option gave it
            if not path or absent or getattr(error, "has_place", False):
                raise
            raise placed(f"{self.at(path)}: {error}") from None

    def at(self, path: Sequence[Any]) -> str:
        """Return the file, with the line of a key if it has one."""
        line = self.line(path)
        return str(self.file) if line is None else f"{self.file}, line {line}"


def placed(text: str) -> UserError:
    """Return an error that already says where in the file it is."""
    error = UserError(text)
    error.has_place = True  # type: ignore[attr-defined]
    return error


def refused(error: ValidationError, tree: Mapping[str, Any], source: Source | None) -> UserError:
    """Return the error for a study that the schema refuses.

    Parameters
    ----------
    error
        What pydantic raised.
    tree
        The study as it was given.
    source
        The file that it comes from; None for keywords of Python.

    Returns
    -------
    UserError
        A sentence per mistake, at most three.
    """
    found = [(_path(one, tree), one) for one in error.errors(include_url=False)]
    if source is not None:
        found.sort(key=lambda pair: source.line(pair[0]) or 0)
    texts = []
    for path, one in found[:MAX_MISTAKES]:
        start = f"{source.at(path)}: " if source else ""
        texts.append(start + _text(one, path, in_file=source is not None))
    if len(found) > MAX_MISTAKES:
        texts.append(f"And {len(found) - MAX_MISTAKES} more.")
    return placed("\n".join(texts))


def _path(one: ErrorDetails, tree: Mapping[str, Any]) -> Path_:
    """Return the path of a mistake in the file, without pydantic's names of variants."""
    path: list[Any] = []
    here: Any = tree
    *parents, last = one["loc"] or ("",)
    for key in parents:
        if _has(here, (key,)):
            path.append(key)
            here = here[key]
    names_a_form = one["type"] != "missing" and not _has(here, (last,))
    return (*path,) if names_a_form else (*path, last)


def _has(tree: Any, path: Path_) -> bool:
    for key in path:
        is_there = key in tree if isinstance(tree, Mapping) else (
            isinstance(tree, list) and isinstance(key, int) and key < len(tree)
        )  # fmt: skip
        if not is_there:
            return False
        tree = tree[key]
    return True


def _in_words(path: Path_, one: ErrorDetails, *, in_file: bool) -> str:
    """Return a path as the user wrote it; a table of a list has its number, from 1."""
    words = ""
    for place, key in enumerate(path):
        if not isinstance(key, int):
            words += f"{'.' * bool(words)}{key}" if not words.endswith(" ") else str(key)
        elif place + 1 < len(path) or isinstance(one["input"], Mapping):
            words = f"[[{words}]]" if in_file else words
            words += f" number {key + 1}, "
        # else it is in a list of words, and the message shows the word
    words = words.removesuffix(", ")
    return (words if in_file else words.removeprefix("resources.")) or "it"


def _text(one: ErrorDetails, path: Path_, *, in_file: bool) -> str:
    words = _in_words(path, one, in_file=in_file)
    if one["type"] == "literal_error":
        return _unknown_word(one, words)
    if one["type"] == "string_pattern_mismatch":
        return f"{words}: {NAME}, found {one['input']!r}."
    if one["type"] != "extra_forbidden":
        text = ended(mistake(one, words)).replace("a valid dictionary", "a table")
        return re.sub(r"a table or instance of \w+", "a table", text)
    *parents, key = path
    models = {name: model for name, (model, _) in TABLES.items()}
    models["base"] = models["reference"]
    table = next((str(k) for k in reversed(parents) if k in models), "")
    known = list(models[table].model_fields)
    where = f"[{table}]" if table else "A study"
    near = closest(str(key), known)
    others = [name for name, model in models.items() if key in model.model_fields]
    hint = f" Did you mean '{near}'?" if near else ""
    if "" in others:
        hint = f" It belongs at the top, before the first [table]: move '{key}' there."
    elif others:
        hint = f" It belongs in [{others[0]}]: move '{key}' there."
    return f"{where} has no key '{key}'; known are {', '.join(known)}.{hint}"


def _unknown_word(one: ErrorDetails, words: str) -> str:
    known = [each.strip(" '") for each in one["ctx"]["expected"].replace(" or ", ", ").split(",")]
    near = closest(str(one["input"]), known)
    hint = f" Did you mean '{near}'?" if near else ""
    return f"{words}: expected one of {', '.join(known)}, found {one['input']!r}.{hint}"
