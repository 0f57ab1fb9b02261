"""Optuna's database (`--storage`): opening it, and pausing the study if the connection fails."""

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
"""Errors that mean our query was wrong, not that the database is unreachable."""


def open_database(url: str) -> RDBStorage:
    """Open Optuna's storage at a URL.

    Parameters
    ----------
    url
        SQLAlchemy URL, such as `sqlite:///trials.db`.

    Returns
    -------
    The storage; its tables are created if they do not exist.

    Raises
    ------
    UserError
        If a driver is not installed, the database cannot be opened, or another version of Optuna
        made its tables.
    """
    try:
        place = make_url(url)
        if place.drivername == "postgresql":  # our extra installs psycopg 3; SQLAlchemy prefers 2
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
        raise UserError(
            f"--storage {masked(url)} was made by another version of Optuna: {_why(error)}"
        ) from None


@contextmanager
def pausing_if_lost(url: str | None) -> Iterator[None]:
    """Pause the study if the connection to the database fails in the block.

    Ray Tune replaces an error of its callbacks by a text, so the original is looked for in the
    chain of causes.

    Parameters
    ----------
    url
        URL of the database; None is a journal file, whose errors are left as they are.

    Yields
    ------
    Nothing.

    Raises
    ------
    PausedError
        If an error of the connection, or one that it caused, leaves the block.
    """
    try:
        yield
    except Exception as error:
        lost = next((e for e in _chain(error) if isinstance(e, DBAPIError | TimeoutError)), None)
        if url is None or lost is None or isinstance(lost, QUERY_ERRORS):
            raise
        raise PausedError(
            f"The database {masked(url)} has failed ({_why(lost)}). The ledger has everything that "
            "was trained. Run the same command when the database works again, or with another "
            "--storage; all ended trials are then added to it."
        ) from error


def _driver(url: str) -> str:
    if make_url(url).get_backend_name() == "postgresql":
        return (
            "Run pip install --editable '.[postgresql]' in rpbind's folder to install psycopg, "
            "and begin the URL with postgresql://."
        )
    return "Install the driver that SQLAlchemy's documentation names for this database."


def _why(error: BaseException) -> str:
    """Return the database's own message, in one line and without a password."""
    inner = next((e for e in _chain(error) if isinstance(e, DBAPIError)), None)
    message = error if inner is None else inner.orig
    words = str(message).partition("(Background on this error")[0].split()
    return masked(" ".join(words).rstrip("."))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and its causes."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
