"""The history of a dataset: the commands that made or changed it, in its manifest.

Every function of `import rpbind` states its call (`calling`). What writes a dataset, or something
into its folder, turns that call into a step.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from rpbind import __version__
from rpbind.files.atomic import write_atomic
from rpbind.files.locks import exclusive

MANIFEST = "manifest.json"
LOCK = ".history.lock"
"""The lock file in a dataset's folder: the process that adds to its manifest holds its lock."""

_GROUP = "import"
_OPTION_NAMES = {
    "options": "option",
    "source": "from",
}  # where a command's option has another name than Python's


class Step(BaseModel):
    """One command that made or changed a dataset.

    Parameters
    ----------
    command
        Its words, such as `import table`.
    arguments
        What it was given, without defaults; the first is the command's argument, all others are
        options.
    sources
        SHA-256 (hex) of what it read, by name.
    rpbind
        Version of rpbind.
    created
        Date and time (ISO 8601, UTC).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    command: str
    arguments: dict[str, Any]
    sources: dict[str, str] = {}
    rpbind: str = __version__
    created: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def makes(self) -> bool:
        """Whether it made a dataset; otherwise it added to the folder of one."""
        return "out" in self.arguments

    @property
    def is_inherited(self) -> bool:
        """Whether a dataset that is drawn from this one has it: what made it, and saved splits."""
        return self.makes or (self.command == "split" and "source" in self.arguments)

    @property
    def shell(self) -> str:
        """The command line."""
        first, *options = self.arguments.items()
        words = ["rpbind", *self.command.split(), *_listed(first[1])]
        for name, value in options:
            words += _option(name, value)
        return shlex.join(words)

    @property
    def remark(self) -> str:
        """When it ran, and the hashes of its sources."""
        read = ", ".join(f"{name} {digest[:12]}" for name, digest in self.sources.items())
        return f"{self.created}, rpbind {self.rpbind}{f'; SHA-256 of {read}' if read else ''}"

    @property
    def python(self) -> str:
        """The same as a call of `import rpbind as rb`."""
        first, *options = self.arguments.items()
        given = [_literal(first[1]), *(f"{name}={_literal(value)}" for name, value in options)]
        return f"rb.{self.command.replace(' ', '_')}({', '.join(given)})"


@dataclass(frozen=True)
class _Call:
    function: str
    arguments: Mapping[str, Any]


_CALL: ContextVar[_Call | None] = ContextVar("call", default=None)


@contextmanager
def calling(function: str, arguments: Mapping[str, Any]) -> Iterator[None]:
    """State which function of the face runs in the block; within another one, that one stays.

    Parameters
    ----------
    function
        Its name, such as `import_table`.
    arguments
        What it was given, without defaults.

    Yields
    ------
    None
        The call is stated.
    """
    token = _CALL.set(_CALL.get() or _Call(function, arguments))
    try:
        yield
    finally:
        _CALL.reset(token)


def making_step(sources: Mapping[str, str]) -> Step | None:
    """Return the step that makes a dataset now.

    Parameters
    ----------
    sources
        SHA-256 (hex) of what it reads, by name.

    Returns
    -------
    Step | None
        The call of the face that runs; None if none makes a dataset: a study that simulates its
        data, or a program that writes a dataset itself.
    """
    call = _CALL.get()
    if call is None or "out" not in call.arguments:
        return None
    return Step(
        command=_command(call.function), arguments=_plain(call.arguments), sources=dict(sources)
    )


def add_step(
    root: Path, command: str, arguments: Mapping[str, Any], sources: Mapping[str, str] | None = None
) -> None:
    """Write into a dataset's manifest that something is added to its folder.

    Call it when all is ready to appear under its name: a process that is killed between the two
    leaves a step that the next run of the same command does not repeat.

    Parameters
    ----------
    root
        The dataset's folder.
    command
        The words of the command that adds it, such as `split`.
    arguments
        The arguments that add the same. If this command itself runs, its own are kept instead.
    sources
        SHA-256 (hex) of what it read, by name.
    """
    call = _CALL.get()
    if call is not None and _command(call.function) == command:
        arguments = call.arguments
    step = Step(command=command, arguments=_plain(arguments), sources=dict(sources or {}))
    path = root / MANIFEST
    if not path.exists():
        return  # a folder that is no dataset, such as that of a store alone
    with exclusive(root / LOCK, f"the history of {root}"):
        tree = json.loads(path.read_bytes())
        known = [_content(one) for one in tree.get("history", [])]
        if _content(step.model_dump()) not in known:
            tree["history"] = [*tree.get("history", []), step.model_dump()]
            write_atomic(path, json.dumps(tree, indent=1).encode())


def _content(step: Mapping[str, Any]) -> tuple[Any, ...]:
    return step["command"], step["arguments"], step["sources"]


def _command(function: str) -> str:
    """Return the words of the command that is written on a function of the face."""
    group, _, rest = function.partition("_")
    return f"{group} {rest}" if group == _GROUP else function


def _plain(value: Any) -> Any:
    """Return a value as JSON has it, with paths as text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one) for one in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value if isinstance(value, str | int | float | None) else str(value)


def _listed(value: Any) -> list[str]:
    return [str(one) for one in (value if isinstance(value, list) else [value])]


def _option(name: str, value: Any) -> list[str]:
    option = f"--{_OPTION_NAMES.get(name, name).replace('_', '-')}"
    if isinstance(value, bool):
        return [option if value else f"--no-{option[2:]}"]
    if isinstance(value, dict):
        return [word for key, one in value.items() for word in (option, f"{key}={one}")]
    return [word for one in _listed(value) for word in (option, one)]


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_literal(key)}: {_literal(one)}' for key, one in value.items())}}}"
    return repr(value)
