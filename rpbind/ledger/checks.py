"""Checks of row files as they are read: columns, file name, and the content of each row.

Parquet checksums detect damaged bytes. These checks detect files that are not row files, files
under a wrong name, and rows that contradict themselves. Each function returns the problem as text.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pyarrow.compute as pc

from rpbind.ledger.plans import recipe_id
from rpbind.ledger.records import ARM, Severity, Stage, State
from rpbind.ledger.schema import ADDED

MERGED = "merged-"
ARM_NAME = re.compile(ARM)


def merged_file_name(keys: Sequence[tuple[str, int]]) -> str:
    """Return the file name for merged rows with these (run, attempt)."""
    digest = hashlib.sha256(repr(sorted(keys)).encode()).hexdigest()[:16]
    return f"{MERGED}{digest}.parquet"


def column_problem(parquet: Any, wanted: pa.Schema) -> str:
    """Return which columns of a Parquet file are missing, unknown or of a wrong type, else ""."""
    schema = parquet.schema_arrow
    found, expected = set(schema.names), set(wanted.names)
    missing, unknown = sorted(expected - found), sorted(found - expected)
    problems = [f"it has no column '{missing[0]}'"] if missing else []
    problems += [f"a ledger has no column '{unknown[0]}'"] if unknown else []
    if not problems:
        problems = [
            f"its column '{field.name}' holds {mine}, not {field.type}"
            for field in wanted
            if _without_dictionaries(mine := schema.field(field.name).type)
            != _without_dictionaries(field.type)
        ]
    return ", and ".join(problems[:2])


def name_problem(file: Path, keys: Sequence[tuple[str, int]]) -> str:
    """Return why a file with these (run, attempt) should have another name, else ""."""
    twice = [key for key, count in Counter(keys).items() if count > 1]
    if twice:
        return f"it holds attempt {twice[0][1]} of the run {twice[0][0]} twice"
    if file.name.startswith(MERGED):
        return "" if file.name == merged_file_name(keys) else "its name belongs to other rows"
    attempts = [f"{run}.{attempt}" for run, attempt in keys]
    if [f"{attempt}.parquet" for attempt in attempts] == [file.name]:
        return ""
    return f"it holds {attempts[0] if attempts else 'no row'}"


def row_problem(table: Any) -> str:
    """Return the first contradiction in a table's rows, else ""."""
    return next(_row_problems(table), "")


def _row_problems(table: Any) -> Iterator[str]:
    always = [name for name in table.column_names if name not in ADDED]
    yield from (f"a row has no {name}" for name in always if table[name].null_count)
    for name in ("metrics", "cost", "provenance"):
        if any(chunk.items.null_count for chunk in table[name].chunks):
            yield f"a row has an entry of {name} without a value"
    yield from _unknown_values(table, "state", get_args(State))
    yield from _unknown_values(table, "stage", get_args(Stage))
    arms = pc.unique(table["arm"]).to_pylist()
    yield from (f"{arm!r} is not a valid arm name" for arm in arms if not ARM_NAME.fullmatch(arm))
    names = ("stage", "arm", "recipe_id", "seed")
    made = zip(*(table[name].to_pylist() for name in names), strict=True)
    for run, (stage, arm, recipe, seed) in zip(table["run"].to_pylist(), made, strict=True):
        if run != f"{stage}-{arm}-{recipe}-s{seed}":
            yield f"its row {run} has arm {arm}, recipe {recipe} and seed {seed}"
    recipes = zip(table["recipe"].to_pylist(), table["recipe_id"].to_pylist(), strict=True)
    for text, name in dict.fromkeys(recipes):
        if not _is_recipe(text, name):
            yield f"a recipe does not have its recipe_id {name}"
    findings = pa.chunked_array([each.values for each in table["findings"].chunks])
    severities = pc.unique(pc.struct_field(findings, "severity")).to_pylist()
    known = get_args(Severity)
    yield from (f"'{one}' is not a severity of findings" for one in severities if one not in known)


def _unknown_values(table: Any, name: str, known: Sequence[str]) -> Iterator[str]:
    found = pc.unique(table[name]).to_pylist()
    yield from (f"'{value}' is not a {name}" for value in found if value not in known)


@lru_cache(maxsize=4096)
def parse_recipe(text: str) -> dict[str, Any]:
    """Return a row's recipe from its JSON; it is cached, so callers must not change it."""
    recipe: dict[str, Any] = json.loads(text)
    return recipe


@lru_cache(maxsize=4096)
def _is_recipe(text: str, name: str) -> bool:
    try:
        return recipe_id(parse_recipe(text)) == name
    except (ValueError, RecursionError):
        return False


def _without_dictionaries(kind: pa.DataType) -> pa.DataType:
    """Return a type with text in place of dictionary-encoded text, which is how we read some."""
    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_map(kind):
        return pa.map_(_without_dictionaries(kind.key_type), _without_dictionaries(kind.item_type))
    if pa.types.is_list(kind):
        return pa.list_(_without_dictionaries(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, _without_dictionaries(field.type)) for field in kind])
    return kind
