"""The command that says what a study would cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from rpbind import price_api
from rpbind.cli.ablate import DESIGNS, ablation
from rpbind.errors import UserError
from rpbind.options import MANY


def price(
    study: Annotated[
        Path | None, typer.Argument(help="Study file (TOML) (default: the study of rpbind ablate).")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--design",
            help=f"Without a file, the design of rpbind ablate: {', '.join(DESIGNS)} (default: "
            "path).",
        ),
    ] = None,
    trials: Annotated[
        int, typer.Option(min=0, max=MANY, help="Without a file, trials of rpbind ablate.")
    ] = 0,
    tune_arms: Annotated[
        int,
        typer.Option(
            min=0, max=MANY, help="Without a file, trials of each arm's search, as rpbind ablate."
        ),
    ] = 0,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Dataset folder (default: a simulated world; with --windows, one in the shape of "
            "eclip91)."
        ),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Split, as of rpbind ablate (default: cold-rna).")
    ] = None,
    proteins: Annotated[
        str | None, typer.Option(help="Protein encoder of every arm (default: physchem).")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(min=1, max=MANY, help="Paired seeds per arm (default: 5).")
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, max=MANY, help="Epochs per run (default: as rpbind ablate)."),
    ] = None,
    windows: Annotated[
        int | None,
        typer.Option(min=3, help="Number of windows that there would be (default: of the data)."),
    ] = None,
    cores: Annotated[
        int | None, typer.Option(min=1, help="CPU cores (default: those of this machine).")
    ] = None,
    gpus: Annotated[int, typer.Option(min=0, help="GPUs, instead of CPU cores.")] = 0,
    gpus_per_run: Annotated[
        float | None,
        typer.Option(min=0.0, help="GPUs per run, such as 0.125 (default: 1 with --gpus)."),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(min=0.0, help="Windows/s of one run in training; see docs/scale.md."),
    ] = None,
    measure: Annotated[
        bool,
        typer.Option("--measure", help="Time a few steps of each model on this machine's CPU."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Estimate what a study would cost: runs, windows, FLOPs, bytes, time. Nothing is trained."""
    if study is not None and (kind is not None or trials or tune_arms):
        raise UserError(
            f"The file {study} says what is compared, and so do --design, --trials and "
            "--tune-arms. Remove them, or leave the file out."
        )
    found = price_api.price(
        study or ablation(kind or "path", trials=trials, tune_arms=tune_arms),
        data=data,
        split=split,
        proteins=proteins,
        seeds=seeds,
        epochs=epochs,
        windows=windows,
        cores=cores,
        gpus=gpus,
        gpus_per_run=gpus_per_run,
        rate=rate,
        measure=measure,
    )
    if as_json:
        print(json.dumps(found.record(), indent=1))
        return
    for line in found.lines():
        print(line)
