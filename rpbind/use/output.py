"""Results are written whole or not at all, in the form that the file's ending asks for."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from rpbind.errors import UserError
from rpbind.files.places import check_creatable
from rpbind.ledger import write_atomic

WHICH = (
    "Wanted is a model file; every finished run of a study leaves one: reports/STUDY/runs/RUN.pt."
)


def check_model(path: Path) -> None:
    """Raise `UserError` where there is no model file, before torch is imported to read one."""
    if not path.is_file():
        raise UserError(f"No model file {path}. {WHICH}")


def check_out(out: Path, endings: tuple[str, ...], given: Sequence[Path | None] = ()) -> None:
    """Raise `UserError` before any work where a result could not, or must not, be written to `out`.

    An earlier result is replaced; what a command reads (`given`) is not, nor a dataset's files.
    """
    if out.suffix not in endings:
        raise UserError(f"The result is written to {' or '.join(endings)}; got {out}.")
    if not out.parent.is_dir():
        raise UserError(f"There is no folder {out.parent} to write {out.name} to. Make it first.")
    check_creatable(out)
    if out.is_dir():
        raise UserError(f"{out} is a folder; name the file to be written.")
    if out.resolve() in [path.resolve() for path in given if path is not None]:
        raise UserError(f"{out} is what the result is made from; name another file for it.")
    if (out.parent / "manifest.json").exists():
        raise UserError(f"{out.parent} is a dataset; name a file in another folder for the result.")


def write_table(out: Path, table: pa.Table) -> None:
    """Write a table to .parquet or .csv, whole or not at all."""
    buffer = io.BytesIO()
    if out.suffix == ".parquet":
        pq.write_table(table, buffer, compression="zstd")
    else:
        plain = pa.csv.WriteOptions(quoting_style="needed")
        pa.csv.write_csv(table, buffer, plain)
    write_atomic(out, buffer.getvalue())
