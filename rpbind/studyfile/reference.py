"""The tables of all keys of a study file, for the site and for messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from rpbind.studyfile.recipes import ReferenceTable
from rpbind.studyfile.search import SearchSpec
from rpbind.studyfile.spec import (
    ArmSpec,
    ContrastSpec,
    DesignTable,
    Prediction,
    ResourceSpec,
    StudySpec,
)

TABLES: dict[str, tuple[type[BaseModel], str]] = {
    "": (StudySpec, "At the top"),
    "reference": (ReferenceTable, "`[reference]`, where it is a table; the same for `base`"),
    "design": (DesignTable, "`[[design]]`, where it is a table"),
    "arms": (ArmSpec, "`[[arms]]`"),
    "contrasts": (ContrastSpec, "`[[contrasts]]`"),
    "predict": (Prediction, "`[[predict]]`"),
    "search": (SearchSpec, "`[search]`"),
    "resources": (ResourceSpec, "`[resources]`"),
}
"""Name of a table -> what it holds, and its heading; "" is the top level."""


def reference() -> str:
    """Return the tables of all keys as Markdown.

    Returns
    -------
    str
        A heading and a table per table of the file.
    """
    return "\n\n".join(
        f"### {title}\n\n| key | default | what it is |\n|---|---|---|\n" + "\n".join(_rows(model))
        for model, title in TABLES.values()
    )


def _rows(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        what = (field.description or "").replace("|", "\\|")
        yield f"| `{name}` | {_default(field)} | {what} |"


def _default(field: Any) -> str:
    value = field.default
    if value is PydanticUndefined:
        return "required"
    if value is None or value in ("", [], {}) or isinstance(value, BaseModel):
        return ""
    text = str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')
    return f"`{text}`"
