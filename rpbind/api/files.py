"""Result files: checked before any work, and written complete or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rpbind.use.output import check_out as check_out

if TYPE_CHECKING:
    import pandas as pd


def write_frame(out: Path, table: pd.DataFrame) -> None:
    """Write a table as Parquet or CSV, complete or not at all.

    Parameters
    ----------
    out
        File to write; its ending, .parquet or .csv, decides the format.
    table
        The table; NaN is written as a missing value.
    """
    import pyarrow as pa

    from rpbind.use.output import write_table

    made = pa.Table.from_pandas(table, preserve_index=False)
    kinds = [pa.string() if pa.types.is_null(one.type) else one.type for one in made.schema]
    write_table(out, made.cast(pa.schema(zip(made.column_names, kinds, strict=True))))
