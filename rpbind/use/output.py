"""Check and write result files: complete or not at all, in the format of the file's ending."""

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
from rpbind.saved.places import is_model


def check_out(out: Path, endings: tuple[str, ...], given: Sequence[Path | None] = ()) -> None:
    """Check, before any work, that a result can and may be written to a file.

    An earlier result may be replaced, but not an input of the command or a file of a dataset.

    Parameters
    ----------
    out
        File to write.
    endings
        Allowed endings, such as ".csv".
    given
        Inputs of the command.

    Raises
    ------
    UserError
        If the ending is another one, the folder is missing, `out` is a folder, an input, or in a
        dataset or model, or it cannot be written.
    """
    if out.suffix not in endings:
        raise UserError(
            f"--out is a file that ends with {' or '.join(endings)}; got {out}. Name such a file."
        )
    if not out.parent.is_dir():
        raise UserError(f"There is no folder {out.parent} to write {out.name} to. Make it first.")
    check_creatable(out)
    if out.is_dir():
        raise UserError(f"{out} is a folder; name a file to write.")
    if out.resolve() in [path.resolve() for path in given if path is not None]:
        raise UserError(f"{out} is an input of this command; name another file for the result.")
    if is_model(out.parent):
        raise UserError(f"{out.parent} is a model; name a file in another folder for the result.")
    if (out.parent / "manifest.json").exists():
        raise UserError(f"{out.parent} is a dataset; name a file in another folder for the result.")


def write_table(out: Path, table: pa.Table) -> None:
    """Write a table as Parquet or CSV, complete or not at all.

    Parameters
    ----------
    out
        File to write; its ending, .parquet or .csv, decides the format.
    table
        The table.
    """
    buffer = io.BytesIO()
    if out.suffix == ".parquet":
        pq.write_table(table, buffer, compression="zstd")
    else:
        plain = pa.csv.WriteOptions(quoting_style="needed")
        pa.csv.write_csv(table, buffer, plain)
    write_atomic(out, buffer.getvalue())
