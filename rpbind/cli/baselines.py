"""The command that scores the baselines, which need no network, on any dataset and split."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer
from rich.console import Console

from rpbind.data.splits import Rule, SplitSpec
from rpbind.errors import check_one_of
from rpbind.ledger import Row
from rpbind.statistics.averages import averages
from rpbind.tables import Grid
from rpbind.terminal import PLAIN, progress
from rpbind.use.output import check_out, write_table

if TYPE_CHECKING:
    import pyarrow as pa

    from rpbind.baselines.data import BaselineData

METRICS = ("test.auroc_pooled", "test.auprc_macro", "test.loss")


def baselines(
    data: Annotated[Path, typer.Argument(help="Dataset folder.")],
    split: Annotated[
        str, typer.Option(help="Split rule: random, cold-rna, cold-protein or cold-both.")
    ] = "cold-rna",
    proteins: Annotated[
        str, typer.Option(help="Protein encoder whose vectors the baseline protein-only reads.")
    ] = "physchem",
    out: Annotated[
        Path | None,
        typer.Option(help="Also write the scores of each protein to this file: .parquet or .csv."),
    ] = None,
) -> None:
    """Fit baselines without a network on train and score them on test (70:15:15, seed 0).

    The table shows AUROC as mean over protein clusters and as plain mean over proteins.
    """
    if out is not None:
        check_out(out, (".parquet", ".csv"))
    check_one_of("--split", split, get_args(Rule))
    from rpbind.baselines.data import BaselineData  # SciPy, scikit-learn
    from rpbind.baselines.run import baseline_rows
    from rpbind.train.opened import OpenData

    began = time.monotonic()
    opened, spec = OpenData(data), SplitSpec(rule=cast(Rule, split))
    windows = BaselineData.from_dataset(
        opened.dataset, opened.split(spec), opened.embeddings(proteins)
    )
    with progress("controls") as bar:
        rows = [_print_ended(row) for row in baseline_rows(windows, progress=bar.restart)]
    Console().print(_table(rows, windows))
    for row in rows:
        for finding in row.findings:
            print(f"{row.arm}: {finding.name}: {finding.advice}")
    spent = resource.getrusage(resource.RUSAGE_SELF)
    print(
        f"{time.monotonic() - began:.0f} s, {spent.ru_utime + spent.ru_stime:.0f} s of CPU, "
        f"peak memory {spent.ru_maxrss / 2**20:.2f} GB"
    )
    if out is not None:
        write_table(out, _per_protein(rows))
        print(f"written: {out}")


def _print_ended(row: Row) -> Row:
    """Print that a baseline is finished, if stderr is no terminal and shows no progress bar."""
    console = Console(stderr=True)
    if not console.is_terminal:
        means = averages([row])
        auroc = f"test AUROC {means.words(4)}" if means else "no AUROC"
        console.print(f"{row.arm}: {row.state}, {auroc}, {row.cost['seconds']:.0f} s", **PLAIN)
    return row


def _table(rows: list[Row], windows: BaselineData) -> Grid:
    from rpbind.report.words import number

    title = f"{windows.provenance['dataset']}, test part of {windows.provenance['split']}"
    table = Grid(title=title, title_justify="left")
    table.add_column("control")
    known = averages(rows)
    for unit in (known.clusters_text, known.proteins_text) if known else ("clusters", "proteins"):
        table.add_column(f"AUROC, mean over {unit}", justify="right")
    for key in (*METRICS, "proteins", "seconds"):
        table.add_column(key.removeprefix("test.").replace("_", " "), justify="right")
    for row in rows:
        auroc = averages([row])
        means = (auroc.over_clusters, auroc.over_proteins) if auroc else (None, None)
        metrics = (number(row.metrics.get(key), 4) for key in METRICS)
        counts = str(len(row.proteins)), number(row.cost["seconds"], 1)
        table.add_row(row.arm, *(number(mean, 4) for mean in means), *metrics, *counts)
    return table


def _per_protein(rows: list[Row]) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist(
        [{"control": row.arm} | score.model_dump() for row in rows for score in row.proteins]
    )
