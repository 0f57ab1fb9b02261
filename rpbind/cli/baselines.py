"""The command that scores the baselines, which need no network, on any dataset and split."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rpbind.api import baselines as scoring
from rpbind.api.baselines import METRICS, Baselines
from rpbind.api.files import check_out, write_frame
from rpbind.tables import Grid


def baselines(
    data: Annotated[Path, typer.Argument(help="Dataset folder.")],
    split: Annotated[
        str,
        typer.Option(
            help="Split: random, cold-rna, cold-protein, cold-both or cold-chromosome (70:15:15, "
            "or such as cold-rna:80:10:10), or the name of a saved one."
        ),
    ] = "cold-rna",
    proteins: Annotated[
        str, typer.Option(help="Protein encoder whose vectors the baseline protein-only reads.")
    ] = "physchem",
    out: Annotated[
        Path | None,
        typer.Option(help="Also write the scores of each protein to this file: .parquet or .csv."),
    ] = None,
) -> None:
    """Fit baselines without a network on train and score them on test.

    The table shows AUROC as mean over protein clusters and as plain mean over proteins.
    """
    if out is not None:
        check_out(out, (".parquet", ".csv"))
    began = time.monotonic()
    scored = scoring.baselines(data, split, proteins)
    Console().print(_table(scored))
    for note in scored.notes:
        print(note)
    spent = resource.getrusage(resource.RUSAGE_SELF)
    print(
        f"{time.monotonic() - began:.0f} s, {spent.ru_utime + spent.ru_stime:.0f} s of CPU, "
        f"peak memory {spent.ru_maxrss / 2**20:.2f} GB"
    )
    if out is not None:
        write_frame(out, scored.proteins())
        print(f"written: {out}")


def _table(scored: Baselines) -> Grid:
    title = f"{scored.dataset}, test part of {scored.split}"
    table = Grid(title=title, title_justify="left")
    table.add_column("control")
    metrics = [key.removeprefix("test.") for key in METRICS]
    for mean in scored.units:
        table.add_column(f"AUROC, {mean}", justify="right")
    for name in (*metrics, "proteins", "seconds"):
        heading = "AUROC, cluster-weighted" if name == "auroc_weighted" else name.replace("_", " ")
        table.add_column(heading, justify="right")
    for row in scored.records():
        numbers = [row[name] for name in ("auroc", "auroc_proteins", *metrics)]
        cells = ["–" if one is None else f"{one:.4f}" for one in numbers]
        table.add_row(row["control"], *cells, str(row["proteins"]), f"{row['seconds']:.1f}")
    return table
