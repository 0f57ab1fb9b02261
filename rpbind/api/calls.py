"""What every function of the face does with its call: a mistake of the user is a `UserError`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from types import SimpleNamespace
from typing import Any, ParamSpec, TypeVar, get_args, get_type_hints

from rpbind.errors import UserError
from rpbind.history import calling
from rpbind.keywords import check_names, check_type, parameters_of

P = ParamSpec("P")
T = TypeVar("T")


class _FrameType(type):
    """Makes `isinstance` true for pandas' tables, without importing pandas."""

    def __instancecheck__(cls, value: object) -> bool:
        pandas = sys.modules.get("pandas")
        return pandas is not None and isinstance(value, pandas.DataFrame)


class DataFrame(metaclass=_FrameType):
    """Stands for `pandas.DataFrame` in the types of arguments."""


LAZY = {"pd": SimpleNamespace(DataFrame=DataFrame)}
"""What annotations name, and only type checkers import."""


def face(
    function: Callable[P, T], options: type | None = None, hidden: Sequence[str] = ()
) -> Callable[P, T]:
    """Check the arguments of a function of the face before it runs.

    An unknown keyword, a missing argument and a wrong type are a `UserError`, and so is a path that
    the system cannot read or write.

    Parameters
    ----------
    function
        The function, or a method.
    options
        The dataclass whose fields it takes as `**options`; the function checks their values.
    hidden
        Fields that it does not take.

    Returns
    -------
    Callable
        The same function with these checks; its signature names every option.
    """
    signature = inspect.signature(function)
    if options is not None:
        *own, _ = signature.parameters.values()
        taken = [
            one.replace(annotation=get_args(one.annotation)[0])  # the type, without the help text
            for one in parameters_of(options)
            if one.name not in hidden
        ]
        signature = inspect.Signature([*own, *taken])
    name = f"rb.{function.__qualname__}"

    @wraps(function)
    def call(*given: P.args, **named: P.kwargs) -> T:
        known = [one for one in signature.parameters if one != "self"]
        check_names(name, named, known)
        try:
            arguments = signature.bind(*given, **named).arguments
        except TypeError as error:
            raise UserError(f"{name}: {error}. It takes {', '.join(known)}.") from None
        hints = get_type_hints(function, localns=LAZY)
        for argument, value in arguments.items():
            check_type(f"{name}: {argument}", value, hints.get(argument, Any))
        try:
            with calling(function.__qualname__, _changed(signature, arguments)):
                return function(*given, **named)
        except OSError as error:
            _refuse_path(error)
            raise

    call.__signature__ = signature  # type: ignore[attr-defined]
    return call


def _changed(signature: inspect.Signature, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that differ from their defaults."""
    known = signature.parameters
    return {
        name: value
        for name, value in arguments.items()
        if type(value) is not type(known[name].default) or value != known[name].default
    }


def _refuse_path(error: OSError) -> None:
    """Raise `UserError` if the system refuses a path that the user gave."""
    from rpbind.terminal import PATH_ERRORS

    if error.errno in PATH_ERRORS and error.filename is not None:
        raise UserError(
            f"{error.filename}: {error.strerror}. Correct this path or give another one."
        ) from error
