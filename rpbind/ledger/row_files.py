"""Row files: rows as Parquet.

Most columns are read without a Python object per cell, so that a ledger of many runs loads fast.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rpbind.errors import UserError, reason
from rpbind.ledger.checks import column_problem, name_problem, parse_recipe, row_problem
from rpbind.ledger.records import Finding, Row
from rpbind.ledger.schema import (
    SCHEMA,
    SCORE,
    VERSIONED_SCHEMA,
    check_version,
    columns_of,
    version_of,
    with_all_columns,
)
from rpbind.ledger.scores import ProteinScores

_REPEATED = [
    "proteins.list.element.part",
    "proteins.list.element.protein",
    *(f"{name}.key_value.key" for name in ("metrics", "cost", "provenance", "curve.list.element")),
]
"""Text columns with few distinct values: read dictionary-encoded."""

_PLAIN = ("arm", "seed", "state", "stage", "attempt", "recipe_id", "error", "ended")


def table_of(rows: Sequence[Row]) -> Any:
    """Return rows as an Arrow table with our columns."""
    return pa.Table.from_pylist([_flatten(row) for row in rows], schema=VERSIONED_SCHEMA)


def parquet_writer(table: Any) -> Callable[[IO[bytes]], object]:
    """Return a function that writes a table as Parquet, with checksums, into an open file."""
    return lambda file: pq.write_table(table, file, write_page_checksum=True)


def read_table(file: Path, columns: Sequence[str] = SCHEMA.names) -> Any:
    """Read columns of a row file.

    Raises `UserError` if it is damaged, and `FileNotFoundError` if it does not exist.
    """
    try:
        with pq.ParquetFile(
            file, read_dictionary=_REPEATED, page_checksum_verification=True
        ) as parquet:
            version = version_of(parquet.schema_arrow)
            check_version(version, file)
            wanted = columns_of(version)
            problem = column_problem(parquet, wanted)
            there = [name for name in columns if name in wanted.names]
            table = None if problem else with_all_columns(parquet.read(columns=there), columns)
    except FileNotFoundError:
        raise
    except KeyError:  # PyArrow's, for a missing column of _REPEATED
        raise _damaged(file, "it lacks columns that every ledger has") from None
    except (pa.ArrowException, OSError) as error:
        raise _damaged(file, reason(error)) from None
    if problem:
        raise _damaged(file, problem)
    return table


def read_row_file(file: Path) -> Any:
    """Read a row file, and check its name and every row."""
    table = read_table(file)
    if why := name_problem(file, keys(table)) or row_problem(table):
        raise _damaged(file, why)
    return table


def _damaged(file: Path, why: str) -> UserError:
    return UserError(
        f"{file} is not a valid row file of a ledger ({why}). Run the command that made the study "
        "again: it renames the file and takes the rows from runs/, or trains those runs again."
    )


def keys(table: Any) -> list[tuple[str, int]]:
    """Return the (run, attempt) of every row of a table."""
    return list(zip(table["run"].to_pylist(), table["attempt"].to_pylist(), strict=True))


def rows_of(table: Any) -> list[Row]:
    """Return the rows of a table. `read_row_file` has checked them, so Pydantic does not."""
    if not table.num_rows:
        return []
    table = table.combine_chunks()
    columns: dict[str, Iterable[Any]] = {
        name: table[name].to_pylist() for name in _PLAIN
    } | {
        "recipe": map(parse_recipe, table["recipe"].to_pylist()),
        "metrics": _mappings(_array(table, "metrics")),
        "cost": _mappings(_array(table, "cost")),
        "provenance": _mappings(_array(table, "provenance")),
        "proteins": _scores(_array(table, "proteins")),
        "curve": _curves(_array(table, "curve")),
        "findings": _findings(table["findings"].to_pylist()),
        "test_curves": (dict(each or ()) for each in table["test_curves"].to_pylist()),
    }  # fmt: skip
    names = list(columns)
    return [
        Row.model_construct(**dict(zip(names, values, strict=True)))
        for values in zip(*columns.values(), strict=True)
    ]


def _flatten(row: Row) -> dict[str, Any]:
    flat = row.model_dump(mode="json")
    return flat | {
        "run": row.run,
        "recipe": json.dumps(row.recipe, sort_keys=True),
        "metrics": list(row.metrics.items()),
        "curve": [list(point.items()) for point in row.curve],
        "test_curves": list(row.test_curves.items()),
        "cost": list(row.cost.items()),
        "provenance": list(row.provenance.items()),
    }


def _array(table: Any, name: str) -> Any:
    (chunk,) = table[name].chunks
    return chunk


def _spans(array: Any) -> Iterator[tuple[int, int]]:
    offsets = array.offsets.to_pylist()
    return pairwise(offsets)


def _mappings(array: Any) -> list[dict[str, Any]]:
    names, values = _to_list(array.keys), _to_list(array.items)
    return [dict(zip(names[a:b], values[a:b], strict=True)) for a, b in _spans(array)]


def _curves(array: Any) -> list[tuple[dict[str, float], ...]]:
    points = _mappings(array.values)
    return [tuple(points[a:b]) for a, b in _spans(array)]


def _to_list(array: Any) -> list[Any]:
    """Return an Arrow array as a list, with one Python string for each distinct text."""
    if not (pa.types.is_string(array.type) or pa.types.is_dictionary(array.type)):
        listed: list[Any] = array.to_pylist()
        return listed
    words, code_N = _dictionary_encoded(array)
    return [words[code] for code in code_N.tolist()]


def _dictionary_encoded(array: Any) -> tuple[list[str], Any]:
    coded = array.dictionary_encode()
    return coded.dictionary.to_pylist(), coded.indices.to_numpy()


def _scores(array: Any) -> Iterator[ProteinScores]:
    fields = {name: array.values.field(name) for name in SCORE}
    parts, part_M = _dictionary_encoded(fields["part"])
    names, protein_M = _dictionary_encoded(fields["protein"])
    cluster_M, windows_M, positives_M, auroc_M, auprc_M = (
        fields[name].to_numpy(zero_copy_only=False).astype(kind, copy=False)
        for name, kind in (
            ("cluster", np.int64),
            ("windows", np.int64),
            ("positives", np.int64),
            ("auroc", np.float64),
            ("auprc", np.float64),
        )
    )
    for a, b in _spans(array):
        yield ProteinScores(
            parts,
            names,
            part_M[a:b],
            protein_M[a:b],
            cluster_M[a:b],
            windows_M[a:b],
            positives_M[a:b],
            auroc_M[a:b],
            auprc_M[a:b],
        )


def _findings(column: list[list[dict[str, Any]]]) -> Iterator[tuple[Finding, ...]]:
    for found in column:
        yield tuple(Finding.model_construct(**finding) for finding in found)
