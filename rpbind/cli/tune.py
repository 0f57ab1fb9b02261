"""The command that searches a space; its question is in `experiments/tune.py`."""

from __future__ import annotations

from typing import Annotated

import typer

import rpbind as rb
from rpbind.api.choices import OBJECTIVES, REPEATED, SAMPLERS, SCHEDULERS, SPACES
from rpbind.api.recipes import load_recipe
from rpbind.arguments import check_once, choices
from rpbind.options import MANY

QUESTION = {
    "question": "Which configuration of this space is best, and how much of its score is luck?",
    "prediction": "The best trial's validation score is too high: fresh seeds and test score "
    "lower.",
    "rule": "The best trial on validation is frozen and trained again on fresh seeds; each of "
    "these runs is evaluated on test once. One search supports no verdict.",
}


@rb.as_command()
def tune(
    space: Annotated[
        str, typer.Option(help=f"Search space: a TOML file, or {', '.join(SPACES)}.")
    ] = "original",
    trials: Annotated[int, typer.Option(min=1, max=MANY, help="Number of trials.")] = 50,
    base: Annotated[
        str, typer.Option(help="Preset or recipe file whose hyperparameters the space varies.")
    ] = "fixed",
    sampler: Annotated[str, typer.Option(help=choices(SAMPLERS))] = "tpe",
    scheduler: Annotated[str, typer.Option(help=choices(SCHEDULERS))] = "none",
    repeats: Annotated[
        str,
        typer.Option(
            help="What a configuration that was tried before does, without another training: "
            + choices(REPEATED)
        ),
    ] = "reuse",
    seeds_per_trial: Annotated[
        int, typer.Option(min=1, max=MANY, help="Seeds per trial; their mean is its score.")
    ] = 1,
    objective: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Objective: {', '.join(OBJECTIVES)} (default: auroc). Repeat the option for "
            "several; the first chooses the winner."
        ),
    ] = None,
    budget_minutes: Annotated[
        float | None, typer.Option(help="Start no trial after this many minutes of a call.")
    ] = None,
    budget_train_seconds: Annotated[
        float | None,
        typer.Option(help="Start no trial after this many seconds of training, over all calls."),
    ] = None,
    warm: Annotated[
        list[str] | None,
        typer.Option(
            "--warm-start",
            help="Tried first: a preset, a recipe file (JSON, TOML), or the five best of an "
            "earlier study.",
        ),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(help="Optuna storage URL (default: a journal file in the study's folder)."),
    ] = None,
) -> rb.StudySpec:
    """Search a space with Optuna, confirm its best, and write reports/STUDY/index.html."""
    load_recipe("--base", base)  # a message about it names the option
    check_once("--warm-start", warm or [])
    check_once("--objective", objective or [])
    search = {
        "space": space,
        "trials": trials,
        "sampler": sampler,
        "scheduler": scheduler,
        "objective": objective or "auroc",
        "seeds_per_trial": seeds_per_trial,
        "budget_minutes": budget_minutes,
        "budget_train_seconds": budget_train_seconds,
        "storage": storage,
        "repeats": repeats,
        "warm_start": warm or [],
    }
    return rb.define_study(**QUESTION, reference=base, search=search)
