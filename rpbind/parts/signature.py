"""The options of a user's class are the parameters of its `__init__`."""

from __future__ import annotations

import inspect
import json
from collections.abc import Collection, Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from rpbind.errors import UserError, did_you_mean
from rpbind.mistakes import shortened

OFF = "off"
"""The value that means None in a file, because TOML has no null; as in recipes."""

_SIMPLE = (bool, int, float, str, NoneType, list, tuple, dict)


def checked_options(
    kind: type, options: Mapping[str, Any], what: str, given: Collection[str] = ()
) -> dict[str, Any]:
    """Check options against the signature of a class, and fill in its defaults.

    Parameters
    ----------
    kind
        The class.
    options
        {name: value}, as JSON or TOML holds them.
    what
        The field that the class is for, for messages: "model.encoder".
    given
        Names of the arguments that rpbind itself gives, where the class asks for them.

    Returns
    -------
    dict
        The options in the order of the signature, with the defaults that JSON can hold. Options of
        a class that takes `**options` come last.

    Raises
    ------
    UserError
        For an unknown option (with the nearest right one), a missing one, one that rpbind gives,
        or a value of another type than a simple annotation says.
    """
    parameters = _parameters(kind, what)
    named = {n: p for n, p in parameters.items() if p.kind is not p.VAR_KEYWORD and n not in given}
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    for name in options:
        if name in given:
            raise UserError(
                f"{what}.options.{name} is given by rpbind, which knows its value. Leave it out, "
                f"or rename this parameter of {kind.__name__}."
            )
        if name not in named and not takes_any:
            raise UserError(
                f"{what}.options: {kind.__name__} has no option '{name}'."
                f"{did_you_mean(name, named)} {_listed(named)}"
            )
    missing = [n for n, p in named.items() if p.default is p.empty and n not in options]
    if missing:
        raise UserError(
            f"{what}.options lacks {', '.join(missing)}: {kind.__name__} has no default for it. "
            f"{_listed(named)}"
        )
    hints = _hints(kind)
    checked: dict[str, Any] = {}
    for name in [*named, *(n for n in options if n not in named)]:
        if name in options:
            checked[name] = _checked(f"{what}.options.{name}", options[name], hints.get(name, Any))
        elif _is_json(default := named[name].default):
            checked[name] = json.loads(json.dumps(default))
    return checked


def arguments(kind: type, given: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Return those of the arguments that rpbind gives which a class asks for by name."""
    parameters = _parameters(kind, what)
    return {name: value for name, value in given.items() if name in parameters}


def _parameters(kind: type, what: str) -> dict[str, inspect.Parameter]:
    """Return the parameters of a class's `__init__`, without `self`."""
    try:
        found = dict(inspect.signature(kind).parameters)
    except (ValueError, TypeError):  # a class without a readable signature
        found = {}
    for name, parameter in list(found.items()):
        if parameter.kind is parameter.VAR_POSITIONAL:
            del found[name]
        elif parameter.kind is parameter.POSITIONAL_ONLY:
            raise UserError(
                f"{what}: the parameter '{name}' of {kind.__name__} is positional only, and "
                "options are given by name. Remove the / from its signature."
            )
    return found


def _listed(named: Mapping[str, inspect.Parameter]) -> str:
    return f"Its options: {', '.join(named)}." if named else "It has no options."


def _hints(kind: type) -> dict[str, Any]:
    """Return the annotations of a class's parameters; none where they cannot be read."""
    try:
        return get_type_hints(kind.__init__)  # type: ignore[misc]
    except Exception:  # a name that only a type checker knows
        return {}


def _checked(path: str, value: Any, hint: Any) -> Any:
    """Return an option's value as JSON holds it; check it where its annotation is simple."""
    if value == OFF and NoneType in get_args(hint) and str not in get_args(hint):
        return None
    if not _is_json(value):
        raise UserError(
            f"{path} must be a number, text, true or false, or a list or table of these; got "
            f"{shortened(value)}."
        )
    if hint is Any or not _is_simple(hint):
        return value
    from pydantic import TypeAdapter, ValidationError

    try:
        TypeAdapter(hint).validate_json(json.dumps(value), strict=True)
    except ValidationError:
        expected = hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)
        raise UserError(f"{path} must be {expected}; got {shortened(value)}.") from None
    return value


def _is_simple(hint: Any) -> bool:
    origin = get_origin(hint)
    if origin is Literal:
        return True
    if origin in (Union, UnionType, list, tuple, dict):
        return all(arg is Ellipsis or _is_simple(arg) for arg in get_args(hint))
    return hint in _SIMPLE


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True
