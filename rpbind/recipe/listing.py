"""Every hyperparameter that a recipe can have: its path, the values it takes, and its default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from rpbind.errors import UserError, did_you_mean
from rpbind.recipe.base import OFF, Hyperparameters
from rpbind.recipe.recipe import Recipe

NUMBERS = {int: "whole number", float: "number"}
NOT_SET = ("kind", "sha256")
"""Fields that no change sets: the name of a variant, and the recorded content of a class."""
SLOTS = "slots"
"""The model that is made of slots; it has no `kind`."""
ENDLESS = 1e30
"""From here on an upper bound only says that a float32 must hold the number."""


@dataclass(frozen=True)
class Listed:
    """One hyperparameter.

    Parameters
    ----------
    path
        The dotted path that changes it: "train.lr".
    variant
        The variant of its slot that has it ("conv"), "" where every recipe has it.
    values
        What it takes, in words.
    default
        Its value where a recipe does not say, as in a recipe's file.
    variants
        The names of its variants, where it is a slot.
    """

    path: str
    variant: str
    values: str
    default: str
    variants: tuple[str, ...] = ()


def hyperparameters(below: str = "") -> list[Listed]:
    """List the hyperparameters of every recipe, variant by variant.

    Parameters
    ----------
    below
        A path; only what it names and what is below it is listed. "" is everything.

    Returns
    -------
    list of Listed
        In the order of the fields; a slot with variants comes before their hyperparameters.

    Raises
    ------
    UserError
        Where no hyperparameter has this path.
    """
    every = list(_fields(Recipe, "", ""))
    found = [one for one in every if f"{one.path}.".startswith(f"{below}." if below else "")]
    if not found:
        paths = [one.path for one in every]
        raise UserError(f"No hyperparameter is called '{below}'.{did_you_mean(below, paths)}")
    return found


def variants() -> dict[str, tuple[str, ...]]:
    """Return the names of the variants of each slot: {"model.encoder": ("token", "conv", ...)}.

    Returns
    -------
    dict
        In the order of the fields; the first variant is the default where a recipe names none.
    """
    return {one.path: one.variants for one in hyperparameters() if one.variants}


def _fields(group: type[Hyperparameters], prefix: str, variant: str) -> Iterator[Listed]:
    for name, field in group.model_fields.items():
        if name in NOT_SET:
            continue
        path, groups = f"{prefix}{field.alias or name}", _groups(field.annotation)
        if len(groups) > 1:
            kinds = [_kind(one) for one in groups]
            default = _kind(type(field.default))
            named = () if SLOTS in kinds else tuple(kinds)
            yield Listed(path, variant, " or ".join(kinds), default, named)
            for one, kind in zip(groups, kinds, strict=True):
                yield from _fields(one, f"{path}.", variant if kind == SLOTS else kind)
        elif groups and NoneType in get_args(field.annotation):
            yield Listed(path, variant, f'its own fields, or "{OFF}"', _shown(field.default))
            yield from _fields(groups[0], f"{path}.", "on")
        elif groups:
            yield from _fields(groups[0], f"{path}.", variant)
        else:
            default = "required" if field.is_required() else _shown(_default(field))
            yield Listed(path, variant, _values(field.annotation, field), default)


def _default(field: FieldInfo) -> Any:
    return field.get_default(call_default_factory=True, validated_data={})


def _groups(annotation: Any) -> list[type[Hyperparameters]]:
    """Return the classes of hyperparameters that an annotation names."""
    kinds = get_args(annotation) or (annotation,)
    bare = [get_args(one)[0] if get_origin(one) is Annotated else one for one in kinds]
    return [one for one in bare if isinstance(one, type) and issubclass(one, Hyperparameters)]


def _kind(group: type[Hyperparameters]) -> str:
    kind = group.model_fields.get("kind")
    return SLOTS if kind is None else str(kind.default)


def _values(annotation: Any, field: FieldInfo | None = None) -> str:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(map(str, args))
    if origin in (Union, UnionType):  # the only other union is "or nothing"
        inner = next(one for one in args if one is not NoneType)
        return f'{_values(inner)}, or "{OFF}"'
    if origin is dict:
        return "the keywords of the class"
    if origin is tuple:
        return f"list of {_values(args[0])}"
    if annotation is bool:
        return "true or false"
    if annotation in NUMBERS:
        return NUMBERS[annotation] + _bounds(field.metadata if field else ())
    if args:  # Annotated
        inner, *more = args
        extra = [bound for one in more if isinstance(one, FieldInfo) for bound in one.metadata]
        return _values(inner) + _bounds(extra)
    return "FILE.py:CLASS or PACKAGE.MODULE:CLASS" if field and field.alias == "class" else "name"


def _bounds(metadata: Any) -> str:
    """Say a range: ", 1 to 256", or ", above 0" where the upper bound only keeps out infinity."""
    bound = {
        name: getattr(one, name)
        for one in metadata
        for name in ("ge", "gt", "le", "lt")
        if hasattr(one, name)
    }
    if "ge" in bound and bound.get("le", ENDLESS) < ENDLESS:
        return f", {bound['ge']:,} to {bound['le']:,}"
    above = f", above {bound['gt']:g}" if "gt" in bound else ""
    least = f", {bound['ge']:g} or more" if "ge" in bound else above
    return least + (f" and below {bound['lt']:g}" if "lt" in bound else "")


def _shown(default: Any) -> str:
    if default is None:
        return OFF
    if default == {}:
        return "its defaults"
    if isinstance(default, bool):
        return str(default).lower()
    return str(list(default)) if isinstance(default, tuple) else str(default)
