"""The schema version of a study folder, and the columns of its rows in each version.

To add a field to a row, add one line to the columns here and one to `ADDED`. Studies of earlier
versions are then read with null in that field, and a remark says so. Later versions are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from rpbind.errors import UserError

VERSION = 3
"""1: rpbind 0.1, which wrote no version. 2: plans have a hash and the code hash of each module.
3: rows have `test_curves`."""

ADDED = {"test_curves": 3}
"""{column, or `column.field` for a column of lists: the version that added it}."""

KEY = b"rpbind.schema"
_METRICS = pa.map_(pa.string(), pa.float64())
SCORE = {
    "part": pa.string(),
    "protein": pa.string(),
    "cluster": pa.int64(),
    "windows": pa.int64(),
    "positives": pa.int64(),
    "auroc": pa.float64(),
    "auprc": pa.float64(),
}
FINDING = {
    "name": pa.string(),
    "severity": pa.string(),
    "measured": pa.float64(),
    "threshold": pa.float64(),
    "reason": pa.string(),
    "advice": pa.string(),
}
SCHEMA = pa.schema(
    {
        "run": pa.string(),
        "arm": pa.string(),
        "seed": pa.int64(),
        "state": pa.string(),
        "stage": pa.string(),
        "attempt": pa.int64(),
        "recipe": pa.string(),
        "recipe_id": pa.string(),
        "metrics": _METRICS,
        "proteins": pa.list_(pa.struct(list(SCORE.items()))),
        "curve": pa.list_(_METRICS),
        "findings": pa.list_(pa.struct(list(FINDING.items()))),
        "cost": _METRICS,
        "provenance": pa.map_(pa.string(), pa.string()),
        "test_curves": pa.map_(pa.string(), pa.list_(pa.float64())),
        "error": pa.string(),
        "ended": pa.string(),
    }
)
"""The columns of a row in this version."""

VERSIONED_SCHEMA = SCHEMA.with_metadata({KEY: str(VERSION).encode()})
"""The same columns, with the version as file metadata."""


def version_of(schema: pa.Schema) -> int:
    """Return the schema version of a row file."""
    text = (schema.metadata or {}).get(KEY, b"1")
    return int(text) if text.isdigit() else 0


def check_version(version: object, file: Path) -> None:
    """Raise `UserError` if a file has a schema version that this rpbind does not know."""
    if not isinstance(version, int) or not 1 <= version <= VERSION:
        raise UserError(
            f"{file} has schema version {version}; this rpbind reads 1 to {VERSION}. A later "
            "version wrote the file: update rpbind to read the study."
        )


def columns_of(version: int) -> pa.Schema:
    """Return the columns of a row in an earlier version."""
    return pa.schema(
        [_column_in(field, version) for field in SCHEMA if _existed(field.name, version)]
    )


def with_all_columns(table: Any, columns: Sequence[str]) -> Any:
    """Return a table with these columns as in this version; new columns and fields are null."""
    for name in columns:
        kind = SCHEMA.field(name).type
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(table.num_rows, kind))
        elif any(path.startswith(f"{name}.") for path in ADDED):
            place = table.column_names.index(name)
            chunks = [_with_all_fields(chunk, kind) for chunk in table[name].chunks]
            if chunks:
                table = table.set_column(place, name, pa.chunked_array(chunks))
    return table.select(list(columns)).replace_schema_metadata(VERSIONED_SCHEMA.metadata)


def absent_fields(table: Any) -> list[str]:
    """Return the added fields of a table's columns that are null in all of its rows."""
    asked = [path for path in ADDED if path.partition(".")[0] in table.column_names]
    return [path for path in asked if table.num_rows and _is_empty(table, *path.split("."))]


def _is_empty(table: Any, column: str, field: str = "") -> bool:
    found = table[column]
    if not field:
        return bool(found.null_count == len(found))
    listed = [chunk.values.field(field) for chunk in found.chunks]
    return all(each.null_count == len(each) for each in listed)


def _with_all_fields(listed: Any, kind: pa.DataType) -> Any:
    """Return an array of lists of structs with all fields of a type; new fields are null."""
    each = listed.values
    fields = [
        each.field(field.name)
        if each.type.get_field_index(field.name) >= 0
        else pa.nulls(len(each), field.type)
        for field in kind.value_type
    ]
    names = [field.name for field in kind.value_type]
    return pa.ListArray.from_arrays(listed.offsets, pa.StructArray.from_arrays(fields, names))


def _existed(path: str, version: int) -> bool:
    return ADDED.get(path, 1) <= version


def _column_in(field: pa.Field, version: int) -> pa.Field:
    """Return a column in an earlier version, where its structs may have had fewer fields."""
    if not any(path.startswith(f"{field.name}.") for path in ADDED):
        return field
    kept = [
        each for each in field.type.value_type if _existed(f"{field.name}.{each.name}", version)
    ]
    return pa.field(field.name, pa.list_(pa.struct(kept)))
