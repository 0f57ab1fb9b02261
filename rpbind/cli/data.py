"""Commands about datasets: import windows, embed proteins, look at splits."""

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
from rpbind.data.balance import imbalance
from rpbind.data.dataset import Dataset
from rpbind.data.frozen_split import load_split
from rpbind.data.splits import Rule, SplitSpec
from rpbind.errors import UserError, check_one_of
from rpbind.importers.conflicts import OnConflict
from rpbind.tables import Grid
from rpbind.terminal import PLAIN, progress

if TYPE_CHECKING:
    from rpbind.importers.importers import ImportOptions, ImportReport

importing = typer.Typer(no_args_is_help=True, help="Make a dataset folder from other formats.")

Proteins = Annotated[Path, typer.Option(help="FASTA of the proteins' amino-acid sequences.")]
Out = Annotated[Path, typer.Option(help="Dataset folder to make; it must not exist yet.")]
Conflicts = Annotated[
    str, typer.Option(help="A window twice for one protein: 'error', or 'drop' and count.")
]
K = 31
MaxN = Annotated[
    float,
    typer.Option(
        "--max-n-share", min=0, max=1, help="Refuse windows of which more than this is N."
    ),
]
Homology = Annotated[
    str, typer.Option(help="How homologous proteins are found: parasail, or mmseqs2 if installed.")
]
Kmer = Annotated[
    int | None,
    typer.Option(
        "--k",
        min=1,
        max=31,
        show_default=str(K),
        help="Windows that share a k-mer are one cluster.",
    ),
]


@importing.command("eclip")
def eclip(
    folder: Annotated[Path, typer.Argument(help="Folder of files GENE_CELL: sequence TAB label.")],
    proteins: Proteins,
    out: Out,
    clusters: Annotated[
        Path | None, typer.Option(help="Folder of overlap clusters, a number per line.")
    ] = None,
    on_conflict: Conflicts = "error",
    homology: Homology = "parasail",
    k: Kmer = None,
    max_n_share: MaxN = MOST_N,
) -> None:
    """Import a folder of eCLIP windows, one file per protein and cell line."""
    _either("--clusters", clusters, k)
    with _target(proteins, out, on_conflict, homology, k, max_n_share) as target:
        from rpbind.importers.importers import import_eclip  # SciPy

        report = import_eclip(folder, target, clusters)
    _say(report, out)


@importing.command("fasta")
def fasta(
    windows: Annotated[Path, typer.Argument(help="FASTA of windows with the seed's headers.")],
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
    _say(report, out)


@importing.command("table")
def table(
    windows: Annotated[Path, typer.Argument(help="CSV, TSV or Parquet file, .gz too.")],
    proteins: Proteins,
    out: Out,
    rna_column: str = "rna",
    protein_column: str = "protein",
    label_column: str = "label",
    cluster_column: Annotated[
        str | None, typer.Option(help="Column of overlap clusters; computed without it.")
    ] = None,
    on_conflict: Conflicts = "error",
    homology: Homology = "parasail",
    k: Kmer = None,
    max_n_share: MaxN = MOST_N,
) -> None:
    """Import a table with a named column each for RNA, protein and label."""
    _either("--cluster-column", cluster_column, k)
    with _target(proteins, out, on_conflict, homology, k, max_n_share) as target:
        from rpbind.importers.importers import import_table
        from rpbind.importers.table import Columns

        columns = Columns(rna_column, protein_column, label_column, cluster_column)
        report = import_table(windows, target, columns)
    _say(report, out)


def embed(
    data: Annotated[Path, typer.Argument(help="Dataset folder.")],
    encoder: Annotated[
        str,
        typer.Option(help="physchem, triad, random, constant, or ESM-2, as esm2_t33_650M_UR50D."),
    ] = "physchem",
    weights: Annotated[Path | None, typer.Option(help="ESM-2 checkpoint file.")] = None,
) -> None:
    """Encode a dataset's proteins, residue by residue, into its embedding store."""
    from rpbind.files.draft import explain_denied_write
    from rpbind.proteins.build import build_store
    from rpbind.proteins.encoders import make_encoder
    from rpbind.proteins.store_manifest import stores_folder

    dataset = _verified(data)
    name = weights.stem if weights else encoder
    if not (stores_folder(data) / name / "manifest.json").exists():
        command = f"rpbind embed {data} --encoder {encoder}"
        with explain_denied_write(data, f"The embedding store of {name}", command):
            pass  # a large encoder takes minutes to load: first whether there is a place for it
    with progress(f"loading {encoder}"):
        made = make_encoder(encoder, weights)
    with progress(f"embedding with {made.id}") as bar:
        sequences = [protein.sequence for protein in dataset.proteins]
        store = build_store(data, made, sequences, bar)
    print(
        f"embedding store {made.id}: {store.manifest.proteins} sequences, "
        f"{store.manifest.residues:,} residues x {store.width}, {store.manifest.dtype}"
    )


def split(
    data: Annotated[Path, typer.Argument(help="Dataset folder.")],
    rule: Annotated[str, typer.Option(help="random, cold-rna, cold-protein or cold-both.")] = (
        "cold-rna"
    ),
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Make or read a frozen split (70:15:15) and show what is in each part."""
    dataset = _verified(data)
    frozen = load_split(dataset, SplitSpec(rule=cast(Rule, rule), seed=seed))
    shown = Grid(title=f"{frozen.id}  sha256 {frozen.sha256[:12]}", title_justify="left")
    for column in ("part", "windows", "positives", "overlap clusters", "protein clusters"):
        shown.add_column(column, justify="left" if column == "part" else "right")
    for part, seen in frozen.summary.items():
        counts = (seen.windows, seen.positives, seen.rna_clusters, seen.protein_clusters)
        shown.add_row(part, *(f"{count:,}" for count in counts))
    Console().print(shown)
    if remark := imbalance(dataset, frozen):
        print(remark)


def subset(
    data: Annotated[Path, typer.Argument(help="Dataset folder.")],
    per_protein: Annotated[int, typer.Option(help="Windows of each protein, drawn at random.")],
    out: Out,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Draw a smaller dataset out of a larger one; its clusters and proteins stay the same."""
    from rpbind.data.subset import subset

    drawn = subset(_verified(data), out, per_protein, seed)
    manifest = drawn.manifest
    print(
        f"{out}: dataset {drawn.id}, {manifest.windows:,} windows ({manifest.positives:,} "
        f"positive), {manifest.proteins} proteins, {manifest.clusters:,} overlap clusters"
    )


def _verified(data: Path) -> Dataset:
    dataset = Dataset.open(data)
    dataset.verify()
    return dataset


def _either(option: str, clusters: object, k: int | None) -> None:
    """Raise `UserError` where overlap clusters are given, and so none are computed with --k."""
    if clusters is not None and k is not None:
        raise UserError(
            f"--k says how overlap clusters are computed, and {option} {clusters} gives them: "
            "leave one of the two out."
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


def _say(report: ImportReport, out: Path) -> None:
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
