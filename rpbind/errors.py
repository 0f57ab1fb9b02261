"""The errors that a user may see: they say what was wanted, what came and what to do."""

from __future__ import annotations

import errno
import re
import reprlib
from collections.abc import Container, Iterable
from itertools import dropwhile
from pathlib import Path
from typing import TYPE_CHECKING

from rpbind.names import closest_spelling

if TYPE_CHECKING:  # pydantic takes long to import, and an error alone does not need it
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails


class UserError(Exception):
    """A mistake in what the user gave; the command line prints it without a traceback."""


class PausedError(Exception):
    """Something outside is gone for now: what is recorded is whole, the same command goes on."""


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SAYS_FULL = re.compile(
    r"\d+ requested and \d+ written|No space left on device|[Qq]uota exceeded|disk is full|"
    r"File too large|No usable temporary directory"
)


def is_full_disk(error: BaseException) -> bool:
    """Whether a full disk is behind an error; numpy, torch and others keep no number of it."""
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        if getattr(cause, "errno", None) in FULL or _SAYS_FULL.search(str(cause)):
            return True
        seen.append(cause)
        cause = cause.__cause__ or cause.__context__
    return False


def check_one_of(what: str, word: str, known: Iterable[str]) -> None:
    """Raise `UserError` with the nearest right word where `word` is not a known one."""
    words = list(known)
    if word not in words:
        raise UserError(
            f"{what} is one of {', '.join(words)}; got '{word}'.{did_you_mean(word, words)}"
        )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the nearest known word, or "" where nothing is near."""
    near = closest(word, known)
    return f" Did you mean '{near}'?" if near else ""


def closest(word: str, known: Iterable[str]) -> str:
    """Return the known word that was meant: of the same initials (lr), or spelt alike; or ""."""
    words = list(known)
    short = [other for other in words if other == _short(word) or _short(other) == word != ""]
    return short[0] if short else closest_spelling(word, words)


def _short(path: str) -> str:
    """Shorten the last name of a path to its initials: train.learning_rate to train.lr."""
    parents, dot, last = path.rpartition(".")
    return f"{parents}{dot}{''.join(part[:1] for part in last.split('_'))}" if "_" in last else ""


def reason(error: str | BaseException) -> str:
    """Return the one line of an error that says why; "" where it says nothing.

    Of a traceback (Python's, or the one that Ray keeps of a dead trial) that is the line with the
    exception, which comes after the last frame; of any other text, the first line.
    """
    lines = [line.rstrip() for line in _ESCAPE.sub("", _text(error)).splitlines() if line.strip()]
    frames = [number for number, line in enumerate(lines) if _FRAME.match(line)]
    if frames:
        after = list(dropwhile(lambda line: line[0].isspace(), lines[frames[-1] + 1 :]))
        lines = after or lines[-1:]
    else:
        lines = [line for line in lines if not _HEADING.fullmatch(line)]
    if not lines:
        return ""
    goes_on = lines[0].endswith(":") and len(lines) > 1
    return " ".join(line.strip() for line in lines[: 1 + goes_on])


def _text(error: str | BaseException) -> str:
    if isinstance(error, str):
        return error
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    from pydantic import ValidationError  # takes long to import, and most errors are others

    if isinstance(error, ValidationError):
        return mistakes(error)
    return str(error) or type(error).__name__


_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r'\s+File ".*", line \d+')
_HEADING = re.compile(
    r"(the trial died: )?(Failure # \d+ \(.*\)|ray::.*|Traceback \(most recent call last\):)"
)
"""Lines of an error that come before what happened."""


def mistakes(error: ValidationError) -> str:
    """Say what pydantic refused: for each field its path, what was expected, what was found.

    At most three mistakes are named.
    """
    found = error.errors(include_url=False)
    told = "; ".join(mistake(one, mistake_path(one)) for one in found[:MAX_MISTAKES])
    return f"{told}; and {len(found) - MAX_MISTAKES} more" if len(found) > MAX_MISTAKES else told


def mistake_path(one: ErrorDetails, fields: Container[str] | None = None) -> str:
    """Return the path of a mistake, "model.encoder.dim"; "it" where the whole is wrong.

    Pydantic puts the kind of a variant into a path, which the user's file has not: with `fields`,
    only names among them stand in a path.
    """
    *parents, last = one["loc"] or ("it",)
    kept = [
        str(name)
        for name in parents
        if fields is None or not isinstance(name, str) or name in fields
    ]
    return ".".join([*kept, str(last)])


def mistake(one: ErrorDetails, path: str) -> str:
    """Say one mistake: "model.encoder.dim: expected a valid integer, found 'wide'"."""
    if one["type"] == "missing":
        return f"{path} is missing"
    if one["type"] == "extra_forbidden":
        return f"'{path}' is no known field"
    told = one["msg"].removeprefix("Value error, ")
    told = re.sub("^Input should be (greater|less)", r"expected a value \1", told)
    told = re.sub("^Input should be ", "expected ", told).replace(" after validation", "")
    told = told[:1].lower() + told[1:]
    if one["type"] in ("value_error", "json_invalid"):
        return f"{path}: {told}"
    return f"{path}: {told}, found {shortened(one['input'])}"


def shortened(value: object) -> str:
    """Return a value as Python writes it, shortened where it is long."""
    return _SHORT.repr(value)


MAX_MISTAKES = 3
"""So many mistakes of one file are named."""

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxdict = 3


def check_no_yaml(what: str, path: Path) -> None:
    """Raise `UserError` on a file in YAML, of which TOML and JSON make no sense."""
    if path.suffix.lower() in (".yaml", ".yml"):
        raise UserError(
            f"{what} is written in TOML, and {path} is in YAML. Write it anew: `train:` and "
            "`lr: 0.001` below it are `[train]` and `lr = 0.001` in TOML."
        )


def check_not_url(option: str, path: Path) -> None:
    """Raise `UserError` on a URL: as a path it would silently be a folder of this machine."""
    if re.match(r"[A-Za-z][\w+.-]+:/", str(path)):
        raise UserError(
            f"{option} is the path of a folder, and got the URL {path}. Mount its storage on every "
            "machine that takes part, and name the folder there (docs/cluster.md)."
        )


_LOST = re.compile(r"The actor (\w+ )?(died|is unavailable)")
"""What Ray says of a trial whose process or node is gone, and of no exception in it."""


def is_process_lost(why: str) -> bool:
    """Whether a run's error says that its process or node was lost, and not that its code failed.

    Parameters
    ----------
    why
        The error of a run, as Ray words it.
    """
    return bool(_LOST.search(why))
