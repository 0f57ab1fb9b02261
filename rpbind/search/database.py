"""Optuna's database (`--storage`): what is wrong with one is a sentence, and so is losing it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    SQLAlchemyError,
    TimeoutError,
)

from rpbind.errors import PausedError, UserError
from rpbind.terminal import masked

QUERY_ERRORS = (DataError, IntegrityError, NotSupportedError)
"""What a database says of a wrong question: it is there, and the mistake is a program's."""


def open_database(url: str) -> RDBStorage:
    """Return Optuna's storage at a URL; raises `UserError` where it cannot be opened."""
    try:
        place = make_url(url)
        if place.drivername == "postgresql":  # the driver of our extra, whatever SQLAlchemy prefers
            place = place.set(drivername="postgresql+psycopg")
        return RDBStorage(place.render_as_string(hide_password=False))
    except ImportError:
        raise UserError(
            f"--storage {masked(url)} needs a database driver that is not installed. {_driver(url)}"
        ) from None
    except (SQLAlchemyError, StorageInternalError, ValueError) as error:
        raise UserError(
            f"--storage {masked(url)} cannot be opened ({_why(error)}). It is a URL such as "
            "sqlite:///trials.db or postgresql://user@host/database."
        ) from None
    except RuntimeError as error:  # the tables of another version of Optuna
        raise UserError(f"--storage {masked(url)} is of another Optuna: {_why(error)}") from None


@contextmanager
def pausing_if_lost(url: str | None) -> Iterator[None]:
    """Say it in a sentence, as `PausedError`, where the database at `url` fails in the block.

    Tune turns what its callbacks raise into text, but does so while it handles the error itself.
    """
    try:
        yield
    except Exception as error:
        lost = next((e for e in _chain(error) if isinstance(e, DBAPIError | TimeoutError)), None)
        if url is None or lost is None or isinstance(lost, QUERY_ERRORS):
            raise
        raise PausedError(
            f"The database {masked(url)} has failed ({_why(lost)}). What has been trained is in "
            "the ledger; when it answers again, the same command goes on. So it does with "
            "another --storage, which is told of all trials that have ended."
        ) from error


def _driver(url: str) -> str:
    if make_url(url).get_backend_name() == "postgresql":
        return (
            "pip install --editable '.[postgresql]' in rpbind's folder brings psycopg, and the URL "
            "then begins with postgresql:// alone."
        )
    return "Install the one that SQLAlchemy's documentation names for it."


def _why(error: BaseException) -> str:
    """Return what the database itself says, in a line and without a password."""
    inner = next((e for e in _chain(error) if isinstance(e, DBAPIError)), None)
    told = error if inner is None else inner.orig
    words = str(told).partition("(Background on this error")[0].split()
    return masked(" ".join(words).rstrip("."))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, and those of which it came."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
