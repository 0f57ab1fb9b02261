"""The commands that import windows of other formats into a dataset folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from rpbind.api import imports
from rpbind.api.imports import FileSettings, Import, SourceSettings
from rpbind.counted import counted
from rpbind.keywords import takes_options
from rpbind.live import stderr
from rpbind.terminal import PLAIN

app = typer.Typer(no_args_is_help=True, help="Make a dataset folder from your files.")

Proteins = Annotated[Path, typer.Option(help="FASTA of the proteins' amino-acid sequences.")]
Out = Annotated[Path, typer.Option(help="Dataset folder to make; it must not exist yet.")]


@app.command("eclip")
@takes_options(SourceSettings)
def eclip(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Folder with a file GENE_CELL for each protein; each line is window TAB label."
        ),
    ],
    proteins: Proteins,
    out: Out,
    clusters: Annotated[
        Path | None,
        typer.Option(
            help="Folder with a file GENE_CELL for each protein; each line is the number of its "
            "window's overlap cluster (default: computed)."
        ),
    ] = None,
    **options: Any,
) -> None:
    """Import a folder of eCLIP windows: a file for each protein and cell line."""
    show(imports.import_eclip(folder, proteins=proteins, out=out, clusters=clusters, **options))


@app.command("fasta")
@takes_options(FileSettings)
def fasta(
    windows: Annotated[
        list[Path],
        typer.Argument(
            help="FASTA files, or folders of them; headers or files' names have protein and label."
        ),
    ],
    proteins: Proteins,
    out: Out,
    labels: Annotated[
        Path | None,
        typer.Option(
            help="File with a label on each line, in the order of the records of one FASTA file "
            "(default: headers or files' names have the labels)."
        ),
    ] = None,
    **options: Any,
) -> None:
    """Import windows with headers such as `>12_AARS_K562_ENCSR825SVO_pos; chr21; class:1`."""
    made = imports.import_fasta([*windows], proteins=proteins, out=out, labels=labels, **options)
    show(made)


@app.command("table")
@takes_options(FileSettings)
def table(
    windows: Annotated[
        list[Path],
        typer.Argument(
            help="Tables of windows, or folders of them: CSV, TSV, Excel or Parquet; text also .gz."
        ),
    ],
    proteins: Proteins,
    out: Out,
    rna_column: Annotated[str, typer.Option(help="Column with the letters of the window.")] = "rna",
    protein_column: Annotated[
        str, typer.Option(help="Column with the protein's name in the FASTA.")
    ] = "protein",
    label_column: Annotated[str, typer.Option(help="Column with the label.")] = "label",
    cluster_column: Annotated[
        str | None, typer.Option(help="Column with the overlap cluster (default: computed).")
    ] = None,
    split_column: Annotated[
        str | None,
        typer.Option(
            help="Column with a published split: train, validation, test or unused, saved as the "
            "split 'published'; or numbers of folds, saved as fold0, fold1, ..."
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            help="Columns of tables without a header line, such as rna,label; - for one that is "
            "not needed (default: the first line names them)."
        ),
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option(help="Sheet of an Excel workbook (default: the only one with cells)."),
    ] = None,
    **options: Any,
) -> None:
    """Import tables with a column each for RNA, protein and label."""
    made = imports.import_table(
        [*windows],
        proteins=proteins,
        out=out,
        rna_column=rna_column,
        protein_column=protein_column,
        label_column=label_column,
        cluster_column=cluster_column,
        split_column=split_column,
        columns=columns,
        sheet=sheet,
        **options,
    )
    show(made)


def show(made: Import) -> None:
    """Print what an import has made, and its notes to stderr."""
    data = made.dataset
    decisions = ", ".join(f"{what}: {count:,}" for what, count in made.decisions.items())
    print(
        f"{data.folder}: dataset {data.id}, {counted(len(data), 'window')} of {data.lengths} "
        f"({data.positives:,} positive), {counted(len(data.protein_names), 'protein')}, "
        f"{counted(data.overlap_clusters, 'overlap cluster')}, "
        f"from {counted(made.rows_read, 'row')}"
        f"{'; ' + decisions if decisions else ''}"
    )
    for note in made.notes:
        stderr().print(f"! {note}", style="yellow", **PLAIN)
