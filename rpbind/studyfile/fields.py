"""Types of the fields of a study file, and fields that are declared as options elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Annotated, Any, get_args, get_type_hints

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from rpbind.errors import did_you_mean
from rpbind.options import Options
from rpbind.recipe.base import OFF

GROUPS = ("model", "train")
"""The groups of a recipe. A study file may write `model.residual = false`, which TOML reads as a
mapping in a mapping, instead of `"model.residual" = false`."""


class Entry(BaseModel):
    """Base of the tables of a study file: no unknown key, no conversion such as "5" to 5."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def option(name: str, **more: Any) -> Any:
    """Return a field that is an option of every experiment, with its default, bounds and help.

    Parameters
    ----------
    name
        A field of `rpbind.options.Options`.
    more
        Further arguments of pydantic's `Field`.

    Returns
    -------
    Any
        The field.
    """
    _, info = get_args(_HINTS[name])
    bounds = {"ge": info.min, "le": info.max}
    given = {key: value for key, value in bounds.items() if value is not None}
    return Field(_DEFAULTS[name], description=info.help, **given, **more)


_HINTS = get_type_hints(Options, include_extras=True)
_DEFAULTS = {field.name: field.default for field in fields(Options)}


def one_of(known: Iterable[str]) -> tuple[AfterValidator, Any]:
    """Return what makes an annotated string one of some words, also in the JSON schema.

    Parameters
    ----------
    known
        The words.

    Returns
    -------
    tuple
        A validator, and the field with the words for editors.
    """
    words = list(known)

    def check(word: str) -> str:
        if word not in words:
            near = did_you_mean(word, words).rstrip("?").replace(" Did you mean", "; did you mean")
            raise ValueError(
                f"expected one of {', '.join(words)}, found '{word}'{near}{'?' * bool(near)}"
            )
        return word

    return AfterValidator(check), Field(json_schema_extra={"enum": list(words)})


def by_path(values: Any) -> Any:
    """Return the values of a change by dotted path.

    Parameters
    ----------
    values
        {path: value}, or the same as nested mappings from the groups `model` and `train` on. A
        nested mapping with `kind` is the value of a whole slot.

    Returns
    -------
    Any
        {path: value}; what is no mapping is returned as it is.
    """
    if not isinstance(values, Mapping):
        return values
    return dict(leaf for key, value in values.items() for leaf in _leaves(str(key), value))


def _leaves(path: str, value: Any, *, nested: bool = False) -> Iterator[tuple[str, Any]]:
    is_group = isinstance(value, Mapping) and value and "kind" not in value
    if is_group and (nested or path in GROUPS):
        for key, each in value.items():
            yield from _leaves(f"{path}.{key}", each, nested=True)
    else:
        yield path, without_none(value)


def without_none(value: Any) -> Any:
    """Return a value with "off" for None, which TOML does not have.

    Parameters
    ----------
    value
        What JSON can hold.

    Returns
    -------
    Any
        The same value; numbers, texts and truth values stay as they are.
    """
    if value is None:
        return OFF
    if isinstance(value, BaseModel):
        return without_none(value.model_dump(mode="json"))
    if isinstance(value, Mapping):
        return {str(key): without_none(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_none(each) for each in value]
    return value


Values = Annotated[dict[str, Any], BeforeValidator(by_path)]
"""{dotted path of a hyperparameter or slot: value}."""
