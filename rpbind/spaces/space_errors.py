"""Mistakes in a search space's TOML file as sentences, each with the right key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rpbind.errors import closest, did_you_mean

WHEN = "a table such as { path = 'model.encoder', values = ['conv'] }"
SHOULD_BE = {"tuple_type": "written [[dimension]], in two brackets, each", "model_type": WHEN}
"""pydantic's error type -> what was expected, for values of a wrong kind."""


def mistakes(
    error: ValidationError, tree: Mapping[str, Any], fields: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    """Yield a sentence for each mistake of a file, whose content is `tree`.

    `fields` has the known keys: of the top level under "", of a condition under "when", and of each
    kind of dimension under its name. pydantic reports a misspelt key twice, as unknown and as
    missing; here it is one mistake.
    """
    found = error.errors(include_url=False)
    inside = any(len(each["loc"]) > 1 for each in found)
    absent = {each["loc"] for each in found if each["type"] == "missing"}
    for each in found:
        if each["type"] == "extra_forbidden":
            *where, key = each["loc"]
            known = fields["when" if where[-1:] == ["when"] else str(where[2]) if where else ""]
            left = [loc[-1] for loc in absent if loc[:-1] == tuple(where)]
            meant = closest(str(key), map(str, left)) or closest(str(key), known)
            absent.discard((*where, meant))
            hint = f" Did you mean '{meant}'?" if meant else ""
            keys = ", ".join(known)
            yield f"{_place(each, tree)} has an unknown key '{key}'; known are {keys}.{hint}"
    for each in found:
        if each["loc"] in absent:
            yield f"{_place(each, tree)} lacks '{each['loc'][-1]}'."
        elif each["type"] not in ("extra_forbidden", "missing"):
            if each["type"] == "too_short" and each["loc"] == ("dimension",) and inside:
                continue  # pydantic does not count invalid dimensions, which have mistakes here
            yield f"{_place(each, tree)}{_described(each, [kind for kind in fields if kind])}"


def _described(error: ErrorDetails, kinds: list[str]) -> str:
    """Describe a mistake that is not about an unknown or missing key."""
    key = ".".join(map(str, error["loc"][3:] if len(error["loc"]) > 1 else error["loc"]))
    kinds = [kind for kind in kinds if kind != "when"]
    if error["type"] == "union_tag_not_found":
        return f" lacks 'kind': it is one of {', '.join(kinds)}."
    if error["type"] == "union_tag_invalid":
        tag = str(error["ctx"]["tag"])
        return f": kind is one of {', '.join(kinds)}; got '{tag}'.{did_you_mean(tag, kinds)}"
    if error["type"] == "value_error":
        return f": {error['ctx']['error']}."
    if error["type"] in SHOULD_BE:
        return f": '{key}' is {SHOULD_BE[error['type']]}; got {error['input']!r}."
    message = error["msg"].replace(" after validation", "")
    return f", '{key}': {message[0].lower()}{message[1:]}; got {error['input']!r}."


def _place(error: ErrorDetails, tree: Mapping[str, Any]) -> str:
    """Name the dimension by its path, by its number if it has none, or the file by "it"."""
    if len(error["loc"]) < 2:
        return "it"
    number = int(error["loc"][1])
    dimension = tree["dimension"][number]
    path = dimension.get("path") if isinstance(dimension, dict) else None
    return f"dimension '{path}'" if path else f"dimension {number + 1}"
