"""Which of the changes between two models made the difference?

Question. A cross-attention classifier learnt nothing; a bundle of changes seemed to fix it. Which
of them did, and do a context encoder and per-residue memory, which the bundle left out, help?

Prediction. Only the residual lets the RNA reach the classifier: `old` ranks windows no better than
a coin, and every change before the residual is without effect. The attention of `fixed` is inert,
since all its values are one vector. Context in the encoder is what lets a model see a motif.

Decision rule. Paired by seed, per protein cluster, on the test part of a frozen split: AUROC,
mean over protein clusters, two-way interval over seeds and clusters, Holm over all contrasts of the
page, equivalence within 0.010.
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from rpbind.design.design import (
    CONTEXT_CHANGES,
    ORIGINAL_CHANGES,
    Design,
    add_one_in,
    chosen,
    leave_one_out,
    path,
)
from rpbind.design.question import Question
from rpbind.errors import UserError, check_one_of
from rpbind.options import MANY, Defaults, Options, experiment
from rpbind.recipe import Recipe
from rpbind.recipe.presets import CONV_RESIDUE, FIXED, OLD
from rpbind.search.search import Sweep
from rpbind.search.tuning import differing, emptied, neutral, tuned
from rpbind.spaces.space import load_space
from rpbind.terminal import run_experiment

ASKED = Question(
    question="Which change made the cross-attention model learn, and what would help further?",
    prediction="The residual alone lifts the old model off a coin's 0.5; the attention of the "
    "fixed one is inert; an encoder with context helps most.",
    rule="Paired differences of test AUROC (mean over protein clusters), over seeds and clusters, "
    "two-way interval, Holm over all contrasts, equivalence within 0.010.",
)
WITH_CONTEXT = FIXED.with_(
    {
        "model.encoder": CONV_RESIDUE.model.encoder.model_dump() | {"dim": FIXED.model.encoder.dim},
        "model.memory": "residue",
    }
)
SPACES = Path(__file__).parents[1] / "search_spaces"
ORIGINAL_SPACE, NUISANCE = SPACES / "original.toml", SPACES / "nuisance.toml"
USUAL = Defaults(narrower=8)
"""The simulated world is small: the same models with an eighth of the widths."""


DESIGNS = ("path", "path-reverse", "path-both", "leave-one-out", "add-one-in", "factorial")
CHANGES = {k: v for k, v in ORIGINAL_CHANGES.items() if k != "expand-memory"} | dict(
    CONTEXT_CHANGES
)
"""Old to context in one go: memory moves once, from pooled to residue."""
CROSSED = "residual,conv-encoder,residue-memory"


def design(kind: str, old: Recipe, fixed: Recipe, context: Recipe, crossed: str) -> Design:
    """Paths go old to fixed to context; the others move between old and context.

    `factorial` crosses the changes named in `crossed`; all others stay as in context.
    """
    check_one_of("--design", kind, DESIGNS)
    ends = ("old", old), ("context-residue", context)
    changes = differing(CHANGES, old, context)
    if kind == "leave-one-out":
        return leave_one_out(*ends, changes)
    if kind == "add-one-in":
        return add_one_in(*ends, changes)
    if kind == "factorial":
        from rpbind.design.factorial import factorial  # SciPy, which --help has no use for

        return factorial(ends[1], old, chosen(changes, crossed))
    fix = differing(ORIGINAL_CHANGES, old, fixed)
    there, back = (
        path(ends[0], ("fixed", fixed), fix, reverse=reverse).then(
            path(("fixed", fixed), ends[1], CONTEXT_CHANGES, reverse=reverse)
        )
        for reverse in (False, True)
    )
    return {"path": there, "path-reverse": back, "path-both": there.then(back)}[kind]


@experiment(USUAL)
def main(
    options: Options,
    kind: Annotated[str, typer.Option("--design", help=f"One of {', '.join(DESIGNS)}.")] = "path",
    crossed: Annotated[
        str | None,
        typer.Option("--changes", help=f"What --design factorial combines; {CROSSED} without."),
    ] = None,
    trials: Annotated[
        int, typer.Option(min=0, max=MANY, help="Search trials before the comparison.")
    ] = 0,
    space: Annotated[
        Path | None,
        typer.Option(
            help="Search space, a TOML file (default: original.toml for --trials, "
            "nuisance.toml for --tune-arms)."
        ),
    ] = None,
    tune_arms: Annotated[
        int, typer.Option(min=0, max=MANY, help="Trials that every arm gets.")
    ] = 0,
    searches: Annotated[
        int, typer.Option(min=1, max=MANY, help="Searches per tuned arm; 5 to judge.")
    ] = 1,
    shared_configs: Annotated[
        bool, typer.Option("--shared-configs", help="The same trials for every tuned arm.")
    ] = False,
) -> None:
    """Ablate the original model's fix, one change at a time, and write reports/STUDY/index.html."""
    if crossed is not None and kind != "factorial":
        raise UserError(f"--changes is what --design factorial combines; --design is {kind}.")
    if space is not None and not (trials or tune_arms):
        raise UserError(f"--space {space} is not searched: ask for --trials or --tune-arms too.")
    if (searches > 1 or shared_configs) and not tune_arms:
        raise UserError(
            "--searches and --shared-configs say how arms are tuned: ask for --tune-arms N too."
        )
    if trials and tune_arms:
        raise UserError("--tune-arms searches for every arm; leave --trials out.")
    old, fixed, context = (options.sized(recipe) for recipe in (OLD, FIXED, WITH_CONTEXT))
    crossed = CROSSED if crossed is None else crossed
    arms = design(kind, old, fixed, context, crossed)
    sweep = (
        Sweep.of(fixed, load_space(space or ORIGINAL_SPACE, fixed, options.width()), trials)
        if trials
        else None
    )
    if tune_arms:
        nuisance = load_space(space or NUISANCE, fixed, options.width())
        old, context = (neutral(recipe, fixed, nuisance) for recipe in (old, context))
        asked = design(kind, old, fixed, context, crossed)
        arms, sweep = emptied(asked), tuned(asked, nuisance, tune_arms)
        sweep = replace(sweep, searches_per_arm=searches, shared=shared_configs)
    names = [arm.name for arm in arms.arms]
    control = next((name for name in ("context-residue", "old") if name in names), None)
    options.conduct("ablate", ASKED, arms, control=control, sweep=sweep)


if __name__ == "__main__":
    run_experiment(main)
