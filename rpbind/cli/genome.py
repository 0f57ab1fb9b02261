"""The commands that import peaks of a genome, and that make negatives."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from rpbind import genome_api as face
from rpbind.cli.importing import Out, Proteins, app, show
from rpbind.genome_api import NEGATIVES_HELP, NegativeSettings, PeakImportSettings
from rpbind.keywords import takes_options

Gtf = Annotated[
    Path | None,
    typer.Option(
        help="Annotation of the genome (GTF, also .gz): genes and region types (default: unknown)."
    ),
]


@app.command("peaks")
@takes_options(PeakImportSettings)
def peaks(
    files: Annotated[
        list[Path],
        typer.Argument(help="BED, narrowPeak or bedGraph files, also .gz; one per experiment."),
    ],
    genome: Annotated[Path, typer.Option(help="FASTA of the genome, plain or packed with bgzip.")],
    proteins: Proteins,
    out: Out,
    gtf: Gtf = None,
    negatives: Annotated[
        str | None, typer.Option(help=f"{NEGATIVES_HELP} Default: none are made.")
    ] = None,
    unbound: Annotated[
        list[Path] | None,
        typer.Option(help="File of unbound sites, for --negatives given; repeatable."),
    ] = None,
    **options: Any,
) -> None:
    """Import peaks: a window of the transcribed strand for each, with its coordinates."""
    made = face.import_peaks(
        [*files],
        genome=genome,
        proteins=proteins,
        out=out,
        gtf=gtf,
        negatives=negatives,
        unbound=[*unbound] if unbound else None,
        **options,
    )
    show(made)


@takes_options(NegativeSettings)
def negatives(
    data: Annotated[
        Path, typer.Argument(help="Dataset folder whose windows are all bound (label 1).")
    ],
    rule: Annotated[str, typer.Option(help=NEGATIVES_HELP)],
    out: Out,
    genome: Annotated[
        Path | None,
        typer.Option(help="FASTA of the genome of the windows, for the rule same-gene."),
    ] = None,
    gtf: Gtf = None,
    **options: Any,
) -> None:
    """Give negatives to a dataset that was imported without; writes a new dataset."""
    show(face.negatives(data, rule=rule, out=out, genome=genome, gtf=gtf, **options))
