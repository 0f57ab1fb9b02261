"""Mistakes that pydantic finds in a user's file, in plain sentences."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Container
from typing import TYPE_CHECKING

from rpbind.names import closest_spelling

if TYPE_CHECKING:  # pydantic takes long to import, and an error alone does not need it
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails


def mistakes(error: ValidationError) -> str:
    """Describe the first three mistakes that pydantic found.

    Parameters
    ----------
    error
        What pydantic raised.

    Returns
    -------
    str
        For each mistake the field's path, the expected value and the value found.
    """
    found = error.errors(include_url=False)
    text = "; ".join(mistake(one, mistake_path(one)) for one in found[:MAX_MISTAKES])
    return f"{text}; and {len(found) - MAX_MISTAKES} more" if len(found) > MAX_MISTAKES else text


def mistake_path(one: ErrorDetails, fields: Container[str] | None = None) -> str:
    """Return the path of the field that a mistake is in.

    Parameters
    ----------
    one
        One of pydantic's mistakes.
    fields
        Keep only names among these. Pydantic's path contains the kind of a variant, which is not
        in the user's file.

    Returns
    -------
    str
        For example "model.encoder.dim"; "it" if the whole value is wrong.
    """
    *parents, last = one["loc"] or ("it",)
    names_kind = fields is not None and last not in fields and one["type"] != "extra_forbidden"
    if names_kind and parents and parents[-1] != "options" and isinstance(last, str):
        *parents, last = parents  # the mistake is in the variant as a whole
    kept = [
        str(name)
        for name in parents
        if fields is None or not isinstance(name, str) or name in fields
    ]
    return ".".join([*kept, str(last)])


def mistake(one: ErrorDetails, path: str) -> str:
    """Describe one mistake.

    Parameters
    ----------
    one
        One of pydantic's mistakes.
    path
        The path of the field.

    Returns
    -------
    str
        For example "model.encoder.dim: expected a valid integer, found 'wide'".
    """
    if one["type"] == "missing":
        return f"{path} is missing"
    if one["type"] == "extra_forbidden":
        return f"'{path}' is not a known field"
    if one["type"] == "union_tag_invalid":
        return _unknown_kind(one, path)
    if one["type"] == "union_tag_not_found":
        return f"{path} lacks its kind, found {shortened(one['input'])}"
    if one["type"] == "model_attributes_type":
        return f"{path}: expected its kind and fields, found {shortened(one['input'])}"
    if one["type"] in ("bool_type", "bool_parsing"):
        return f"{path}: expected true or false, found {shortened(one['input'])}"
    text = one["msg"].removeprefix("Value error, ")
    text = re.sub("^Input should be (greater|less)", r"expected a value \1", text)
    text = re.sub("^Input should be ", "expected ", text).replace(" after validation", "")
    text = text[:1].lower() + text[1:]
    if one["type"] in ("value_error", "json_invalid"):
        return f"{path}: {text}"
    return f"{path}: {text}, found {shortened(one['input'])}"


def _unknown_kind(one: ErrorDetails, path: str) -> str:
    """Say which kinds a slot has, and which one was probably meant."""
    tag = str(one["ctx"]["tag"])
    kinds = [kind.strip(" '") for kind in str(one["ctx"]["expected_tags"]).split(",")]
    near = closest_spelling(tag, kinds)
    hint = f". Did you mean '{near}'?" if near else ""
    return f"{path} is one of {', '.join(kinds)}; got '{tag}'{hint}"


def ended(text: str) -> str:
    """Return a sentence with a full stop, unless it ends with a question."""
    return text if text.endswith(("?", ".")) else f"{text}."


def shortened(value: object) -> str:
    """Return a value as Python writes it, shortened where it is long."""
    return _SHORT.repr(value)


MAX_MISTAKES = 3
"""A message names at most this many mistakes of one file."""

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxdict = 3
