"""The command that ablates the original model's fix; its question is in `experiments/ablate.py`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from rpbind.cli.studyfile import run_file
from rpbind.command import experiment
from rpbind.design.changes import CONTEXT_CHANGES, ORIGINAL_CHANGES, chosen, differing
from rpbind.design.design import (
    Design,
    add_one_in,
    leave_one_out,
    path,
)
from rpbind.design.question import Question
from rpbind.errors import UserError, check_one_of
from rpbind.options import MANY, Defaults, Options
from rpbind.recipe import Recipe
from rpbind.recipe.presets import CONV_RESIDUE, FIXED, OLD
from rpbind.search.search import Sweep
from rpbind.search.tuning import emptied, neutral, tuned
from rpbind.spaces.named import SPACES
from rpbind.spaces.space import load_space

QUESTION = Question(
    question="Which change made the cross-attention model learn, and what would help further?",
    prediction="The residual alone lifts the old model above chance level (0.5); the attention "
    "of the fixed model is inert; an encoder with context helps most.",
    rule="Paired differences of test AUROC (mean over protein clusters), over seeds and clusters, "
    "two-way interval, Holm over all contrasts, equivalence within 0.010.",
)
WITH_CONTEXT = FIXED.with_(
    {
        "model.encoder": CONV_RESIDUE.value("model.encoder")
        | {"dim": FIXED.value("model.encoder.dim")},
        "model.memory": "residue",
    }
)
OWN = ("kind", "factors", "trials", "space", "tune_arms", "searches", "shared_configs")
"""Options that say what is compared, as a study file does."""

DEFAULTS = Defaults(narrower=8)
"""Models have an eighth of their widths in the simulated world, which is small."""


DESIGNS = ("path", "path-reverse", "path-both", "leave-one-out", "add-one-in", "factorial")
CHANGES = {k: v for k, v in ORIGINAL_CHANGES.items() if k != "expand-memory"} | dict(
    CONTEXT_CHANGES
)
"""All changes from old to context; the memory changes once, from pooled to residue."""
FACTORS = "residual,conv-encoder,residue-memory"
"""The changes that --design factorial combines without --changes."""


def design(kind: str, old: Recipe, fixed: Recipe, context: Recipe, factors: str) -> Design:
    """Return a design: paths go from old over fixed to context, the others from old to context.

    A factorial design combines the changes that `factors` names; all others stay as in context.
    """
    check_one_of("--design", kind, DESIGNS)
    ends = ("old", old), ("context-residue", context)
    changes = differing(CHANGES, old, context)
    if kind == "leave-one-out":
        return leave_one_out(*ends, changes)
    if kind == "add-one-in":
        return add_one_in(*ends, changes)
    if kind == "factorial":
        from rpbind.design.factorial import factorial  # imports SciPy, which --help does not need

        return factorial(ends[1], old, chosen(changes, factors))
    fix = differing(ORIGINAL_CHANGES, old, fixed)
    there, back = (
        path(ends[0], ("fixed", fixed), fix, reverse=reverse).then(
            path(("fixed", fixed), ends[1], CONTEXT_CHANGES, reverse=reverse)
        )
        for reverse in (False, True)
    )
    return {"path": there, "path-reverse": back, "path-both": there.then(back)}[kind]


@experiment(DEFAULTS)
def ablate(
    options: Options,
    typed: typer.Context,
    kind: Annotated[
        str, typer.Option("--design", help=f"Design of the study: {', '.join(DESIGNS)}.")
    ] = "path",
    factors: Annotated[
        str | None,
        typer.Option(
            "--changes", help=f"Changes that --design factorial combines (default: {FACTORS})."
        ),
    ] = None,
    trials: Annotated[
        int,
        typer.Option(
            min=0,
            max=MANY,
            help="Trials of a search before the comparison; its winner joins as an arm.",
        ),
    ] = 0,
    space: Annotated[
        str | None,
        typer.Option(
            help=f"Search space: a TOML file, or {', '.join(SPACES)} (default: original for "
            "--trials, nuisance for --tune-arms)."
        ),
    ] = None,
    tune_arms: Annotated[
        int,
        typer.Option(
            min=0, max=MANY, help="Tune every arm separately, with this many trials per search."
        ),
    ] = 0,
    searches: Annotated[
        int, typer.Option(min=1, max=MANY, help="Searches per tuned arm; a verdict needs 5.")
    ] = 1,
    shared_configs: Annotated[
        bool, typer.Option("--shared-configs", help="Give every tuned arm the same configurations.")
    ] = False,
    study: Annotated[
        Path | None,
        typer.Option(help="Run this study file instead, as rpbind run does."),
    ] = None,
) -> None:
    """Ablate the original model's fix, one change at a time, and write reports/STUDY/index.html."""
    if study is not None:
        run_file(study, options, typed, refused=OWN)
        return
    if factors is not None and kind != "factorial":
        raise UserError(
            f"--changes needs --design factorial, but --design is {kind}. Use that design, or "
            "remove --changes."
        )
    if space is not None and not (trials or tune_arms):
        raise UserError(
            f"--space {space} has no effect without a search. Add --trials or --tune-arms."
        )
    if (searches > 1 or shared_configs) and not tune_arms:
        raise UserError(
            "--searches and --shared-configs have no effect without tuned arms. Add --tune-arms N."
        )
    if trials and tune_arms:
        raise UserError("--trials and --tune-arms cannot be combined. Remove one of them.")
    old, fixed, context = (options.sized(recipe) for recipe in (OLD, FIXED, WITH_CONTEXT))
    factors = FACTORS if factors is None else factors
    arms = design(kind, old, fixed, context, factors)
    sweep = (
        Sweep.of(fixed, load_space(space or "original", fixed, options.width()), trials)
        if trials
        else None
    )
    if tune_arms:
        nuisance = load_space(space or "nuisance", fixed, options.width())
        old, context = (neutral(recipe, fixed, nuisance) for recipe in (old, context))
        whole = design(kind, old, fixed, context, factors)
        arms, sweep = emptied(whole), tuned(whole, nuisance, tune_arms)
        sweep = replace(sweep, searches_per_arm=searches, shared=shared_configs)
    names = [arm.name for arm in arms.arms]
    control = next((name for name in ("context-residue", "old") if name in names), None)
    options.conduct("ablate", QUESTION, arms, control=control, sweep=sweep)
