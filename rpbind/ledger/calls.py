"""When each call of a study began and ended: what its runs cost is told beside that.

`calls.json` lists them. Only the process that runs the study writes it, as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from rpbind.errors import UserError, mistakes
from rpbind.files.atomic import read, write_atomic
from rpbind.ledger.records import Call

_CALLS = TypeAdapter(tuple[Call, ...])


def calls(study: Path) -> tuple[Call, ...]:
    """Return the calls of a study in their order; none where none was noted."""
    path = study / "calls.json"
    try:
        return _CALLS.validate_json(read(path))
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except ValidationError as error:
        raise UserError(
            f"{path} is no list of calls: {mistakes(error)}. Take it away: it only says how long "
            "they took."
        ) from None


@contextmanager
def record_call(study: Path) -> Iterator[Callable[[int], None]]:
    """Note a call that lasts as long as the block; `UserError` where the list cannot be read.

    It is there once what the block is given was called with the number of runs at once. One that is
    killed keeps no end.
    """
    began, before, told = _now(), calls(study), list[Call]()

    def begin(slots: int) -> None:
        told.append(Call(began=began, slots=slots))
        _write(study, (*before, told[0]))

    try:
        yield begin
    finally:
        if told:
            _write(study, (*before, told[0].model_copy(update={"ended": _now()})))


def _write(study: Path, every: tuple[Call, ...]) -> None:
    write_atomic(study / "calls.json", _CALLS.dump_json(every, indent=1))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
