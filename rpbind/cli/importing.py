"""The commands that import windows of other formats into a dataset folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer
from rich.console import Console

from rpbind.arguments import check_finite
from rpbind.data.alphabet import MOST_N
from rpbind.errors import UserError, check_one_of
from rpbind.importers.conflicts import OnConflict
from rpbind.terminal import PLAIN, progress

if TYPE_CHECKING:
    from rpbind.importers.importers import ImportOptions, ImportReport

app = typer.Typer(no_args_is_help=True, help="Make a dataset folder from your files.")

Proteins = Annotated[Path, typer.Option(help="FASTA of the proteins' amino-acid sequences.")]
Out = Annotated[Path, typer.Option(help="Dataset folder to make; it must not exist yet.")]
Conflicts = Annotated[
    str,
    typer.Option(
        help="If one protein has a window twice: stop with an 'error', or 'drop' duplicates and "
        "contradictions and count them."
    ),
]
K = 31
MaxN = Annotated[
    float,
    typer.Option(
        "--max-n-share",
        min=0,
        max=1,
        help="Largest share of the letter N; if a window has more, the whole import is refused.",
    ),
]
Homology = Annotated[
    str,
    typer.Option(help="Tool that finds homologous proteins: parasail, or mmseqs2 if installed."),
]
Kmer = Annotated[
    int | None,
    typer.Option(
        "--k",
        min=1,
        max=31,
        show_default=str(K),
        help="Length of the k-mer; windows that share one are in one overlap cluster.",
    ),
]


@app.command("eclip")
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
    on_conflict: Conflicts = "error",
    homology: Homology = "parasail",
    k: Kmer = None,
    max_n_share: MaxN = MOST_N,
) -> None:
    """Import a folder of eCLIP windows: a file for each protein and cell line."""
    _check_clusters("--clusters", clusters, k)
    with _target(proteins, out, on_conflict, homology, k, max_n_share) as target:
        from rpbind.importers.importers import import_eclip  # SciPy

        report = import_eclip(folder, target, clusters)
    _print_import(report, out)


@app.command("fasta")
def fasta(
    windows: Annotated[
        Path,
        typer.Argument(help="FASTA whose headers name number, protein, label and chromosome."),
    ],
    proteins: Proteins,
    out: Out,
    on_conflict: Conflicts = "error",
    homology: Homology = "parasail",
    k: Kmer = None,
    max_n_share: MaxN = MOST_N,
) -> None:
    """Import windows with headers such as `>12_AARS_K562_ENCSR825SVO_pos; chr21; class:1`."""
    with _target(proteins, out, on_conflict, homology, k, max_n_share) as target:
        from rpbind.importers.importers import import_fasta

        report = import_fasta(windows, target)
    _print_import(report, out)


@app.command("table")
def table(
    windows: Annotated[
        Path, typer.Argument(help="Table of windows: CSV, TSV or Parquet, also with .gz.")
    ],
    proteins: Proteins,
    out: Out,
    rna_column: Annotated[str, typer.Option(help="Column with the letters of the window.")] = "rna",
    protein_column: Annotated[
        str, typer.Option(help="Column with the protein's name in the FASTA.")
    ] = "protein",
    label_column: Annotated[str, typer.Option(help="Column with the label, 0 or 1.")] = "label",
    cluster_column: Annotated[
        str | None, typer.Option(help="Column with the overlap cluster (default: computed).")
    ] = None,
    on_conflict: Conflicts = "error",
    homology: Homology = "parasail",
    k: Kmer = None,
    max_n_share: MaxN = MOST_N,
) -> None:
    """Import a table with a column each for RNA, protein and label."""
    _check_clusters("--cluster-column", cluster_column, k)
    with _target(proteins, out, on_conflict, homology, k, max_n_share) as target:
        from rpbind.importers.importers import import_table
        from rpbind.importers.table import Columns

        columns = Columns(rna_column, protein_column, label_column, cluster_column)
        report = import_table(windows, target, columns)
    _print_import(report, out)


def _check_clusters(option: str, clusters: object, k: int | None) -> None:
    """Raise `UserError` if overlap clusters are given together with --k, which computes them."""
    if clusters is not None and k is not None:
        raise UserError(
            f"--k and {option} exclude each other: --k is for computing overlap clusters, and "
            f"{option} {clusters} gives them. Leave one of the two out."
        )


@contextmanager
def _target(
    proteins: Path, out: Path, on_conflict: str, homology: str, k: int | None, max_n_share: float
) -> Iterator[ImportOptions]:
    check_finite("--max-n-share", max_n_share)
    check_one_of("--on-conflict", on_conflict, get_args(OnConflict))
    from rpbind.importers.importers import ImportOptions  # SciPy
    from rpbind.proteins.homology import COVERAGE, IDENTITY, Method, cluster_proteins

    check_one_of("--homology", homology, get_args(Method))
    with progress(f"importing to {out}") as bar:
        yield ImportOptions(
            proteins,
            out,
            partial(cluster_proteins, method=cast(Method, homology)),
            f"{homology}: identity {IDENTITY}, coverage {COVERAGE} of the shorter",
            cast(OnConflict, on_conflict),
            k or K,
            max_n_share,
            bar,
        )


def _print_import(report: ImportReport, out: Path) -> None:
    dataset = report.dataset
    manifest = dataset.manifest
    decisions = ", ".join(f"{what}: {count:,}" for what, count in report.decisions.items())
    print(
        f"{out}: dataset {dataset.id}, {manifest.windows:,} windows of {manifest.window_length} nt "
        f"({manifest.positives:,} positive), {len(dataset.proteins)} proteins, "
        f"{manifest.clusters:,} overlap clusters, from {report.rows_read:,} rows"
        f"{'; ' + decisions if decisions else ''}"
    )
    for remark in report.remarks:
        Console(stderr=True).print(f"! {remark}", style="yellow", **PLAIN)
