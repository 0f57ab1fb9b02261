"""Metrics and controls of the user's own in a study file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from rpbind import parts
from rpbind.ledger import OwnPlan


def _as_table(value: Any) -> Any:
    return {"class": value} if isinstance(value, str) else value


def _check_keys(table: dict[str, str]) -> dict[str, str]:
    if "class" not in table or table.keys() - {"class", "sha256"}:
        raise ValueError(
            f'expected "FILE.py:NAME", or a table with class and sha256, found {table}'
        )
    return table


OwnSource = Annotated[
    dict[str, str],
    BeforeValidator(_as_table),
    AfterValidator(_check_keys),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]}),
]
"""FILE.py:NAME, or, in the study.toml of a study's folder, a table with the content's hash too."""


def own_plans(what: str, given: Sequence[OwnSource]) -> tuple[OwnPlan, ...]:
    """Record the content of metrics or controls of the user's own.

    Parameters
    ----------
    what
        The field of the study, for messages.
    given
        What the study names.

    Returns
    -------
    tuple of OwnPlan
        References and hashes; no code is run.

    Raises
    ------
    UserError
        If there is no such file.
    """
    made = []
    for each in given:
        part = parts.Part(each["class"], each.get("sha256", ""))
        if not part.sha256:
            part = parts.part(part.reference, what)
        made.append(OwnPlan(reference=part.reference, sha256=part.sha256))
    return tuple(made)


def as_tables(own: Sequence[OwnPlan]) -> list[dict[str, str]]:
    """Return metrics or controls as a study file records them, with their hashes."""
    return [{"class": each.reference, "sha256": each.sha256} for each in own]


def recorded_own(what: str, value: Any) -> Any:
    """Return the entries of a file with the content of each function or class recorded.

    Parameters
    ----------
    what
        The field of the study, for messages.
    value
        What the file has there; what is no list of references is returned as it is.

    Returns
    -------
    Any
        The same list, in which each reference is a table with the hash of its content.
    """
    if not isinstance(value, list):
        return value
    return [
        as_tables(own_plans(what, [{"class": each}]))[0] if isinstance(each, str) else each
        for each in value
    ]
