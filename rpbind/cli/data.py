"""Commands about datasets: embed proteins, show splits and history, draw smaller ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rpbind import embed_api, history_api, split_api
from rpbind.arguments import named_values
from rpbind.counted import counted
from rpbind.tables import Grid


def embed(
    data: Annotated[Path, typer.Argument(help="Dataset folder.")],
    encoder: Annotated[
        str | None,
        typer.Option(
            help="Protein encoder: physchem, triad, random, constant; a language model by its "
            "name, such as esm2_t33_650M_UR50D; esm2, esmc or prott5 for any other weights; or a "
            "class of your own, FILE.py:CLASS. With --from, your name for what made the vectors.",
            show_default="physchem",
        ),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Read vectors that were computed elsewhere from a file (.h5, .npz, .pt or "
            ".parquet) or a folder of fair-esm, one vector per residue or per protein.",
        ),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(
            help="File (fair-esm) or folder (Hugging Face) of a language model (default: the one "
            "in the cache of torch hub or of Hugging Face; nothing is downloaded)."
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(help="Option of a class of your own, NAME=VALUE. May be repeated."),
    ] = None,
    precision: Annotated[
        str, typer.Option(help="Precision of a language model: float32 or bfloat16.")
    ] = "float32",
    batch_residues: Annotated[
        int | None,
        typer.Option(
            help="Most residues that a language model encodes at once (default: one window on a "
            "CPU, 16 windows of 1,022 on a GPU)."
        ),
    ] = None,
) -> None:
    """Encode a dataset's proteins into its embedding store, or read their vectors from a file."""
    options = named_values("--option", option or ())
    made = embed_api.embed(data, encoder, weights, options, precision, batch_residues, source)
    rows = "vectors, one per protein," if made.pooled else "residues"
    print(
        f"embedding store {made.encoder}: {made.sequences} sequences, "
        f"{made.residues:,} {rows} x {made.width}, {made.dtype}"
    )
    for note in made.notes:
        print(note)


def split(
    data: Annotated[Path, typer.Argument(help="Dataset folder.")],
    rule: Annotated[
        str | None,
        typer.Option(
            help="Split rule: random, cold-rna, cold-protein, cold-both or cold-chromosome; or the "
            "name of a saved split, or folds:K.",
            show_default="cold-rna",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the split.")] = 0,
    ratio: Annotated[
        str | None,
        typer.Option(
            help="Percentages of train, validation and test. For a study, write them after the "
            "rule: --split cold-rna:80:10:10.",
            show_default="70:15:15",
        ),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Save a split of your own: a table with part (train, validation, test, unused) or "
            "fold (numbers), and row (from 0), line (of the imported file), or rna and protein.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            help="Name of the split to save; for folds, what comes before their number.",
            show_default="published; fold for folds",
        ),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(
            help="Column of the table with part or fold.", show_default="part, split or fold"
        ),
    ] = None,
) -> None:
    """Make a frozen split, or read it if it exists, and count what each part holds.

    With --from, save a split of your own. Then it is --split NAME everywhere.
    """
    frozen = split_api.split(data, rule, seed, ratio=ratio, source=source, name=name, column=column)
    shown = Grid(title=f"{frozen.name}  sha256 {frozen.sha256[:12]}", title_justify="left")
    for column in ("part", "windows", "positives", "overlap clusters", "protein clusters"):
        shown.add_column(column, justify="left" if column == "part" else "right")
    for held in frozen.counts:
        counts = (held.windows, held.positives, held.overlap_clusters, held.protein_clusters)
        shown.add_row(held.part, *(f"{count:,}" for count in counts))
    Console().print(shown)
    for note in frozen.notes:
        print(note)


def subset(
    data: Annotated[Path, typer.Argument(help="Dataset folder.")],
    per_protein: Annotated[
        int, typer.Option(help="Number of windows to draw at random for each protein.")
    ],
    out: Annotated[Path, typer.Option(help="Dataset folder to make; it must not exist yet.")],
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the draw.")] = 0,
) -> None:
    """Draw a smaller dataset from a larger one; overlap and protein clusters stay the same."""
    drawn = split_api.subset(data, out, per_protein=per_protein, seed=seed)
    print(
        f"{out}: dataset {drawn.id}, {counted(len(drawn), 'window')} "
        f"({drawn.positives:,} positive), {counted(len(drawn.protein_names), 'protein')}, "
        f"{counted(drawn.overlap_clusters, 'overlap cluster')}"
    )


def data(
    folder: Annotated[Path, typer.Argument(metavar="DATA", help="Dataset folder.")],
    reproduce: Annotated[
        bool,
        typer.Option("--reproduce", help="Print the commands that made the dataset, in order."),
    ] = False,
) -> None:
    """Show what a dataset holds and how it was made."""
    made = history_api.history(folder)
    if not reproduce:
        print(made.summary)
    for step in made.steps:
        print(f"# {step.remark}\n{step.shell}" if reproduce else f"{step.created}  {step.shell}")
    if made.missing:
        print(f"# {made.missing}")
