"""What is read back of a ledger is checked: that a part has our columns, its own name, sound rows.

Parts carry checksums of their pages; what is checked here is that they are parts of a ledger at
all, that they are the ones that their names say, and that a row agrees with itself.
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

MERGED = "merged-"
ARM_NAME = re.compile(ARM)


def merged_file_name(keys: Sequence[tuple[str, int]]) -> str:
    """Return the name of the part into which rows of these (run, attempt) are merged."""
    mark = hashlib.sha256(repr(sorted(keys)).encode()).hexdigest()[:16]
    return f"{MERGED}{mark}.parquet"


def column_problem(part: Any, wanted: pa.Schema) -> str:
    """Return what a Parquet file lacks, or has beside, the columns of a ledger; "" for nothing."""
    schema = part.schema_arrow
    found, asked = set(schema.names), set(wanted.names)
    lacking, more = sorted(asked - found), sorted(found - asked)
    told = [f"it has no column '{lacking[0]}'"] if lacking else []
    told += [f"it has a column '{more[0]}', which a ledger has not"] if more else []
    if not told:
        told = [
            f"its column '{field.name}' holds {mine}, not {field.type}"
            for field in wanted
            if _without_dictionaries(mine := schema.field(field.name).type)
            != _without_dictionaries(field.type)
        ]
    return ", and ".join(told[:2])


def name_problem(file: Path, keys: Sequence[tuple[str, int]]) -> str:
    """Return what is wrong with the name of a part that holds these rows; "" for nothing."""
    twice = [key for key, count in Counter(keys).items() if count > 1]
    if twice:
        return f"attempt {twice[0][1]} of the run {twice[0][0]} is in it twice"
    if file.name.startswith(MERGED):
        return "" if file.name == merged_file_name(keys) else "its rows are not those of its name"
    names = [f"{run}.{attempt}.parquet" for run, attempt in keys]
    return "" if names == [file.name] else f"it holds {names[0] if names else 'no row'}"


def row_problem(table: Any) -> str:
    """Return what no row of ours can hold; "" where there is nothing of it."""
    return next(_row_problems(table), "")


def _row_problems(table: Any) -> Iterator[str]:
    yield from (f"a row has no {name}" for name in table.column_names if table[name].null_count)
    for name in ("metrics", "cost", "provenance"):
        if any(chunk.items.null_count for chunk in table[name].chunks):
            yield f"a value of {name} is missing"
    yield from _unknown_values(table, "state", get_args(State))
    yield from _unknown_values(table, "stage", get_args(Stage))
    arms = pc.unique(table["arm"]).to_pylist()
    yield from (f"no arm can be named {arm!r}" for arm in arms if not ARM_NAME.fullmatch(arm))
    names = ("stage", "arm", "recipe_id", "seed")
    made = zip(*(table[name].to_pylist() for name in names), strict=True)
    for run, (stage, arm, recipe, seed) in zip(table["run"].to_pylist(), made, strict=True):
        if run != f"{stage}-{arm}-{recipe}-s{seed}":
            yield f"its row {run} is of the arm {arm}, recipe {recipe} and seed {seed}"
    recipes = zip(table["recipe"].to_pylist(), table["recipe_id"].to_pylist(), strict=True)
    for text, name in dict.fromkeys(recipes):
        if not _is_recipe(text, name):
            yield f"a recipe is not the one of its recipe_id {name}"
    findings = pa.chunked_array([each.values for each in table["findings"].chunks])
    severities = pc.unique(pc.struct_field(findings, "severity")).to_pylist()
    known = get_args(Severity)
    yield from (f"no finding is of severity '{one}'" for one in severities if one not in known)


def _unknown_values(table: Any, name: str, known: Sequence[str]) -> Iterator[str]:
    found = pc.unique(table[name]).to_pylist()
    yield from (f"no {name} is '{value}'" for value in found if value not in known)


@lru_cache(maxsize=4096)
def parse_recipe(text: str) -> dict[str, Any]:
    """Return the recipe of a row, which is JSON; callers must not change it."""
    recipe: dict[str, Any] = json.loads(text)
    return recipe


@lru_cache(maxsize=4096)
def _is_recipe(text: str, name: str) -> bool:
    try:
        return recipe_id(parse_recipe(text)) == name
    except (ValueError, RecursionError):
        return False


def _without_dictionaries(kind: pa.DataType) -> pa.DataType:
    """Return a type as it was written: a text may be read into a dictionary of words."""
    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_map(kind):
        return pa.map_(_without_dictionaries(kind.key_type), _without_dictionaries(kind.item_type))
    if pa.types.is_list(kind):
        return pa.list_(_without_dictionaries(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, _without_dictionaries(field.type)) for field in kind])
    return kind
