"""Commands about datasets: embed their proteins, show their splits, draw smaller ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer
from rich.console import Console

from rpbind.data.balance import imbalance
from rpbind.data.dataset import Dataset
from rpbind.data.frozen_split import load_split
from rpbind.data.splits import Rule, SplitSpec
from rpbind.tables import Grid
from rpbind.terminal import progress


def embed(
    data: Annotated[Path, typer.Argument(help="Dataset folder.")],
    encoder: Annotated[
        str,
        typer.Option(
            help="Protein encoder: physchem, triad, random, constant, an ESM-2 model by its "
            "name, such as esm2_t33_650M_UR50D, or esm2 for any other checkpoint."
        ),
    ] = "physchem",
    weights: Annotated[
        Path | None,
        typer.Option(help="ESM-2 checkpoint file (default: the one in torch hub's cache)."),
    ] = None,
) -> None:
    """Encode a dataset's proteins, one vector per residue, into its embedding store."""
    from rpbind.files.draft import explain_denied_write
    from rpbind.proteins.build import build_store
    from rpbind.proteins.encoders import make_encoder
    from rpbind.proteins.store_manifest import stores_folder

    dataset = _verified(data)
    name = weights.stem if weights else encoder
    if not (stores_folder(data) / name / "manifest.json").exists():
        command = f"rpbind embed {data} --encoder {encoder}"
        with explain_denied_write(data, f"The embedding store of {name}", command):
            pass  # check that we may write before we load an encoder, which can take minutes
    with progress(f"loading {encoder}"):
        protein_encoder = make_encoder(encoder, weights)
    with progress(f"embedding with {protein_encoder.id}") as bar:
        sequences = [protein.sequence for protein in dataset.proteins]
        store = build_store(data, protein_encoder, sequences, bar)
    print(
        f"embedding store {protein_encoder.id}: {store.manifest.proteins} sequences, "
        f"{store.manifest.residues:,} residues x {store.width}, {store.manifest.dtype}"
    )


def split(
    data: Annotated[Path, typer.Argument(help="Dataset folder.")],
    rule: Annotated[
        str, typer.Option(help="Split rule: random, cold-rna, cold-protein or cold-both.")
    ] = "cold-rna",
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the split.")] = 0,
) -> None:
    """Make a frozen split (70:15:15), or read it if it exists, and count what each part holds."""
    dataset = _verified(data)
    frozen = load_split(dataset, SplitSpec(rule=cast(Rule, rule), seed=seed))
    shown = Grid(title=f"{frozen.id}  sha256 {frozen.sha256[:12]}", title_justify="left")
    for column in ("part", "windows", "positives", "overlap clusters", "protein clusters"):
        shown.add_column(column, justify="left" if column == "part" else "right")
    for part, held in frozen.summary.items():
        counts = (held.windows, held.positives, held.rna_clusters, held.protein_clusters)
        shown.add_row(part, *(f"{count:,}" for count in counts))
    Console().print(shown)
    if remark := imbalance(dataset, frozen):
        print(remark)


def subset(
    data: Annotated[Path, typer.Argument(help="Dataset folder.")],
    per_protein: Annotated[
        int, typer.Option(help="Number of windows to draw at random for each protein.")
    ],
    out: Annotated[Path, typer.Option(help="Dataset folder to make; it must not exist yet.")],
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the draw.")] = 0,
) -> None:
    """Draw a smaller dataset from a larger one; overlap and protein clusters stay the same."""
    from rpbind.data.subset import subset

    drawn = subset(_verified(data), out, per_protein, seed)
    manifest = drawn.manifest
    print(
        f"{out}: dataset {drawn.id}, {manifest.windows:,} windows ({manifest.positives:,} "
        f"positive), {manifest.proteins} proteins, {manifest.clusters:,} overlap clusters"
    )


def _verified(data: Path) -> Dataset:
    """Open a dataset and compare its files with the hashes of its manifest."""
    dataset = Dataset.open(data)
    dataset.verify()
    return dataset
