"""What the names of files say: protein, label and part, by a pattern; and the files of a folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rpbind.errors import UserError, did_you_mean
from rpbind.reading.refuse import and_more

FIELDS = ("protein", "label", "part")
"""What a pattern can take from the path of a file."""


@dataclass(frozen=True)
class SourceFile:
    """A file of windows.

    Parameters
    ----------
    path
        The file.
    name
        Its name for messages and for the dataset; different for each file of an import.
    fields
        What its path says by the pattern.
    stem
        Its name up to the first dot: the protein, if nothing else names it; "" if it may not.
    """

    path: Path
    name: str
    fields: dict[str, str]
    stem: str = ""


class NamePattern:
    """The form of paths, such as `{protein}/{part}_sample_*/sequences.fa.gz`.

    `*` stands for anything within a name. A pattern with n slashes is compared with the last n
    folders and the name of a file.

    Parameters
    ----------
    text
        The pattern.
    fields
        The fields that it may have, each once.

    Raises
    ------
    UserError
        If it has another field, a field twice, or none.
    """

    def __init__(self, text: str, fields: Sequence[str] = FIELDS) -> None:
        self.text, self.depth = text, text.count("/")
        named = re.findall(r"\{([^}]*)\}", text)
        wrong = [name for name in named if name not in fields]
        if wrong or not named or len(set(named)) < len(named):
            known = ", ".join(f"{{{field}}}" for field in fields)
            hint = did_you_mean(wrong[0], fields) if wrong else ""
            raise UserError(
                f"--name-pattern takes {known}, each at most once and at least one of them, and * "
                f"for anything; got {text!r}.{hint}"
            )
        lazy = re.escape(text).replace(r"\*", "[^/]*")
        self._form = re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+?)", lazy))

    def fields_of(self, path: Path) -> dict[str, str] | None:
        """Return {field: its value in a path}; None if the path is not of this form."""
        found = self._form.fullmatch("/".join(path.parts[-self.depth - 1 :]))
        return None if found is None else found.groupdict()

    def check(self, paths: Sequence[Path]) -> None:
        """Raise `UserError` if a path is not of this form."""
        wrong = [path for path in paths if self.fields_of(path) is None]
        if wrong:
            raise UserError(
                f"{wrong[0]}{and_more(len(wrong))}: the name is not of the form '{self.text}'. "
                "Give another --name-pattern, with * for what changes from file to file."
            )


def source_files(given: Sequence[Path], pattern: str | None) -> tuple[list[SourceFile], str]:
    """Return the files that a user gives, and those in the folders that she gives.

    Parameters
    ----------
    given
        Files and folders.
    pattern
        The form of their paths. Files in folders that have another form are left out; without a
        pattern, all files in a folder are taken, and their names are those of proteins.

    Returns
    -------
    tuple[list[SourceFile], str]
        The files, in the order of their paths, and a sentence about those left out, or "".

    Raises
    ------
    UserError
        If there is no file, or a given file has another form.
    """
    form = None if pattern is None else NamePattern(pattern)
    files, left = [], []
    for place in given:
        if not place.is_dir():
            if form is not None and place.is_file():
                form.check([place])
            files.append((place, place.name, ""))
            continue
        inside = [path for path in sorted(place.rglob("*")) if path.is_file()]
        for path in inside:
            name = path.relative_to(place)
            if any(part.startswith(".") for part in name.parts):
                continue
            if form is not None and form.fields_of(name) is None:
                left.append(path)
            else:
                files.append((path, str(name), path.name.partition(".")[0]))
    if not files:
        raise UserError(_nothing(given, pattern, left))
    names = [name for _, name, _ in files]
    if len(set(names)) < len(names):  # from several folders
        files = [(path, str(path), stem) for path, _, stem in files]
    sources = [
        SourceFile(
            path, name, (form.fields_of(path) or {}) if form else {}, stem if not form else ""
        )
        for path, name, stem in files
    ]
    said = f"do not have the form '{pattern}' and were left out, such as"
    return sources, f"{len(left):,} files {said} {left[0]}." if left else ""


def _nothing(given: Sequence[Path], pattern: str | None, left: Sequence[Path]) -> str:
    where = ", ".join(map(str, given[:3])) or "the list"
    if not left:
        return f"{where} has no files. Give a folder with files of windows."
    return (
        f"{where}: none of {len(left):,} files has the form '{pattern}'; the first is {left[0]}. "
        "Give another --name-pattern, with * for what changes from file to file."
    )
