"""Options that are declared once, as the fields of a dataclass, for the commands and for Python.

A field has its type, its default, and a `typer.Option` with help text and bounds. Also checks of
the arguments of functions: a mistake is a `UserError`.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from functools import wraps
from numbers import Integral, Real
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

from rpbind.errors import UserError, did_you_mean
from rpbind.mistakes import shortened

P = ParamSpec("P")
T = TypeVar("T")


def parameters_of(options: type) -> list[inspect.Parameter]:
    """Return the fields of a dataclass as keyword parameters, with types and defaults.

    Parameters
    ----------
    options
        The dataclass.

    Returns
    -------
    list[inspect.Parameter]
        One per field; typer makes an option of each.
    """
    hints = get_type_hints(options, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in fields(options)
    ]


def takes_options(options: type) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Show the fields of a dataclass in the signature of a function that takes `**options`.

    Parameters
    ----------
    options
        The dataclass.

    Returns
    -------
    Callable
        The decorator; typer, `help()` and completion then see every option.
    """

    def expand(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def call(*given: P.args, **named: P.kwargs) -> T:
            return function(*given, **named)

        *own, _ = inspect.signature(function, eval_str=True).parameters.values()
        signature = inspect.Signature([*own, *parameters_of(options)])
        call.__signature__ = signature  # type: ignore[attr-defined]
        return call

    return expand


def from_keywords(function: str, options: type[T], given: Mapping[str, Any]) -> T:
    """Make the options of a function from keywords.

    Parameters
    ----------
    function
        Name of the function, for messages.
    options
        The dataclass.
    given
        The keywords.

    Returns
    -------
    T
        The options; a keyword that is not given has its default.

    Raises
    ------
    UserError
        If there is no such option, or a value has another type or lies outside its bounds.
    """
    parameters = {one.name: one for one in parameters_of(options)}
    check_names(function, given, list(parameters))
    for name, value in given.items():
        check_type(f"{function}: {name}", value, parameters[name].annotation)
    return options(**given)


def check_names(function: str, given: Mapping[str, Any], known: list[str]) -> None:
    """Check that every keyword is one that a function has; `UserError` names the nearest one."""
    for name in given:
        if name in known:
            continue
        if name in TYPED_ONLY:
            raise UserError(
                f"{function} has no argument '{name}': there is no keyword for "
                f"--{name.replace('_', '-')}. {TYPED_ONLY[name]}"
            )
        hint = did_you_mean(name, known) or f" It takes {', '.join(known)}."
        raise UserError(f"{function} has no argument '{name}'.{hint}")


TYPED_ONLY = {"dry_run": "Use `rpbind run STUDY.toml --dry-run`, which prints the plan."}
"""{option of a command that is no keyword: what to do instead}."""


FORMS = {"rb.ablate: changes": "a dict {name: {path: value}}"}
"""{argument: its form}, where its type alone does not say what to give."""


def check_type(what: str, value: Any, hint: Any) -> None:
    """Check that a value has the type and lies within the bounds of an annotation.

    Parameters
    ----------
    what
        The argument, for the message.
    value
        What the user gave.
    hint
        The annotation, evaluated.

    Raises
    ------
    UserError
        If it does not.
    """
    kind, *more = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    if not _is_a(value, kind):
        form = FORMS.get(what, _in_words(kind))
        got = f"{shortened(value)} of type {type(value).__name__}"
        raise UserError(f"{what} is {form}; got {got}.")
    for option in more if isinstance(value, Real) else ():
        low, high = getattr(option, "min", None), getattr(option, "max", None)
        if (low is not None and not value >= low) or (high is not None and not value <= high):
            between = f"{low} or more" if high is None else f"{low} to {high}"
            raise UserError(f"{what} is {between}; got {value}.")


def _is_a(value: Any, kind: Any) -> bool:
    """Whether a value has a type; numpy's numbers count as numbers, and True does not."""
    origin = get_origin(kind)
    if kind is Any or isinstance(kind, TypeVar):
        return True
    if origin in (Union, UnionType):
        return any(_is_a(value, one) for one in get_args(kind))
    if kind is Path:
        return isinstance(value, (str, os.PathLike))
    if kind in (int, float):
        return isinstance(value, Integral if kind is int else Real) and not isinstance(value, bool)
    wanted = origin or kind
    if not isinstance(wanted, type):  # Literal, whose words are checked with a hint elsewhere
        return True
    if isinstance(value, str) and wanted is not str:  # a string is a sequence of strings
        return isinstance(value, wanted) and wanted is object
    return isinstance(value, wanted)


def _in_words(kind: Any) -> str:
    if get_origin(kind) in (Union, UnionType):
        return " or ".join(_in_words(one) for one in get_args(kind))
    if kind is NoneType:
        return "None"
    name = getattr(get_origin(kind) or kind, "__name__", str(kind))
    return {"Mapping": "dict", "Sequence": "list"}.get(name, name)
