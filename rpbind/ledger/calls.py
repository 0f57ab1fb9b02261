"""When each call of a study's command began and ended; the report compares this with run times.

`calls.json` lists the calls. Only the process that runs the study writes it, and replaces it whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from rpbind.errors import UserError
from rpbind.files.atomic import read, write_atomic
from rpbind.ledger.records import Call
from rpbind.mistakes import mistakes

_CALLS = TypeAdapter(tuple[Call, ...])


def calls(study: Path) -> tuple[Call, ...]:
    """Return the calls of a study in the order in which they began.

    Parameters
    ----------
    study
        The study's folder.

    Returns
    -------
    tuple[Call, ...]
        Empty if `calls.json` does not exist.

    Raises
    ------
    UserError
        If `calls.json` cannot be read.
    """
    path = study / "calls.json"
    try:
        return _CALLS.validate_json(read(path))
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except ValidationError as error:
        raise UserError(
            f"{path} is not a list of calls: {mistakes(error)}. Delete it: it only records how "
            "long the calls took."
        ) from None


@contextmanager
def record_call(study: Path) -> Iterator[Callable[[int], None]]:
    """Record one call, which lasts as long as the block.

    A process that is killed leaves no end time. Raises `UserError` if `calls.json` cannot be read.

    Parameters
    ----------
    study
        The study's folder.

    Yields
    ------
    Callable[[int], None]
        `begin(slots)`: writes the entry, with the number of runs that fit at the same time. The
        end of the block then adds the end time; without a call of it nothing is written.
    """
    began, before, recorded = _now(), calls(study), list[Call]()

    def begin(slots: int) -> None:
        recorded.append(Call(began=began, slots=slots))
        _write(study, (*before, recorded[0]))

    try:
        yield begin
    finally:
        if recorded:
            _write(study, (*before, recorded[0].model_copy(update={"ended": _now()})))


def _write(study: Path, every: tuple[Call, ...]) -> None:
    write_atomic(study / "calls.json", _CALLS.dump_json(every, indent=1))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
