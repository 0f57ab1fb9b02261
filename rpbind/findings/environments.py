"""Where each call of a study ran: command, commit and its changes, versions, hardware.

`environments.json` lists them in the order of the calls, and `diffs/HASH.diff` holds the changes to
the checkout that a call ran with. Only the process that runs the study writes them.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, TypeAdapter, ValidationError

from rpbind.files.atomic import read, write_atomic
from rpbind.ledger.records import Record, Time

FILE = "environments.json"
DIFFS = "diffs"


class Environment(Record):
    """Where one call of a study ran.

    Parameters
    ----------
    began
        When the call began, in ISO 8601.
    command
        The command, as it was typed; "" for a call from Python.
    rpbind, python
        Versions.
    commit
        Commit of rpbind's checkout; "" without one.
    diff
        Hash of the changes to it that are in no commit; "" if there are none.
    platform
        Operating system, its version and the kind of machine.
    processor
        Model of the CPU.
    cores
        Number of CPU cores that the process may use.
    memory
        Memory in bytes; 0 where it is not known.
    gpus
        Names of the GPUs that this process sees.
    packages
        {installed package: its version}.
    """

    began: Time
    command: str = ""
    rpbind: str = ""
    python: str = ""
    commit: str = ""
    diff: str = Field(default="", pattern="^[0-9a-f]*$")
    platform: str = ""
    processor: str = ""
    cores: int = 0
    memory: int = 0
    gpus: tuple[str, ...] = ()
    packages: dict[str, str] = Field(default_factory=dict)


_ALL = TypeAdapter(tuple[Environment, ...])


def environments(study: Path) -> tuple[Environment, ...]:
    """Return where the calls of a study ran.

    Parameters
    ----------
    study
        The study's folder.

    Returns
    -------
    tuple of Environment
        In the order of the calls; empty for a study of a version that did not record it, or if the
        file is damaged: no result depends on it.
    """
    try:
        return _ALL.validate_json(read(study / FILE))
    except (FileNotFoundError, NotADirectoryError, ValidationError):
        return ()


def diff_text(study: Path, name: str) -> str:
    """Return the changes to the checkout with a hash; "" if they were not kept."""
    try:
        return read(study / DIFFS / f"{name}.diff").decode(errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return ""


def add_environment(study: Path, one: Environment, diff: str = "") -> None:
    """Add the environment of a call.

    Parameters
    ----------
    study
        The study's folder.
    one
        The environment.
    diff
        The changes to the checkout, whose hash it has.
    """
    if diff:
        (study / DIFFS).mkdir(parents=True, exist_ok=True)
        write_atomic(study / DIFFS / f"{one.diff}.diff", diff.encode())
    write_atomic(study / FILE, _ALL.dump_json((*environments(study), one), indent=1))
