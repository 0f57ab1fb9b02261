"""A small study to be damaged: the one that the code of 647bbb3 wrote, as it is or with a hash."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rpbind.ledger import Ledger

OLD = Path(__file__).parents[1] / "ledger" / "study_647bbb3"
SMALL = "s/ledger/control-fixed+random-vector-32e0bd9ab4ed-s1.0.parquet"
Fill = Callable[[Path], None]


def old(folder: Path) -> None:
    """Copy the study as 647bbb3 wrote it: its plan has no hash."""
    shutil.copytree(OLD, folder / "s")


def new(folder: Path) -> None:
    """Copy the study with a plan as it is written today."""
    old(folder)
    ledger = Ledger(folder / "s")
    ledger.begin(ledger.plan)


def also(change: Fill, before: Fill = new) -> Fill:
    """A study, damaged."""

    def fill(folder: Path) -> None:
        before(folder)
        change(folder)

    return fill


def written(path: str, content: str | bytes, before: Fill = new) -> Fill:
    """A study with another content of one file."""

    def change(folder: Path) -> None:
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content.encode() if isinstance(content, str) else content)

    return also(change, before)


def linked(path: str, to: str, before: Fill = new) -> Fill:
    """A study with a symbolic link in place of one of its files or folders."""

    def change(folder: Path) -> None:
        gone(folder / path)
        (folder / path).symlink_to(to)

    return also(change, before)


def gone(path: Path) -> None:
    """Remove a file or folder."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def planned(change: Callable[[dict[str, Any]], object], before: Fill = old) -> Fill:
    """A study with an edited plan."""

    def edit(folder: Path) -> None:
        path = folder / "s" / "plan.json"
        tree = json.loads(path.read_bytes())
        change(tree)
        path.write_text(json.dumps(tree))

    return also(edit, before)


def part(change: Callable[[Any], Any], name: str = SMALL) -> Fill:
    """A study with an edited part, or with another one beside its own."""

    def edit(folder: Path) -> None:
        pq.write_table(change(pq.read_table(folder / SMALL)), folder / name)

    return also(edit)


def column(name: str, value: Any, kind: pa.DataType | None = None) -> Fill:
    """A study with another value in one column of a part."""

    def change(table: Any) -> Any:
        place = table.schema.get_field_index(name)
        field = pa.field(name, kind or table.schema.field(name).type)
        return table.set_column(place, field, pa.array([value], field.type))

    return part(change)
