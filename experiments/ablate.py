"""Which of the changes between two models made the difference?

Question. A cross-attention classifier learnt nothing; a bundle of changes seemed to fix it. Which
of them did, and do a context encoder and per-residue memory, which the bundle left out, help?

Prediction. Only the residual lets the RNA reach the classifier: `old` ranks windows no better than
a coin, and every change before the residual is without effect. The attention of `fixed` is inert,
since all its values are one vector. Context in the encoder is what lets a model see a motif.

Decision rule. Paired by seed, per protein cluster, on the test part of a frozen split: macro
per-protein AUROC, two-way interval over seeds and clusters, Holm over all contrasts of the page,
equivalence within 0.010.
"""

from pathlib import Path
from typing import Annotated

import typer

from rpbind import experiment as page
from rpbind.errors import one_of
from rpbind.presets import CONV_RESIDUE, FIXED, OLD, narrowed
from rpbind.recipe import Recipe
from rpbind.study.design import CONTEXT_CHANGES, SEED_CHANGES, Design, leave_one_out, path
from rpbind.study.plan import Question, Sweep
from rpbind.study.space import load_space
from rpbind.study.where import Where
from rpbind.terminal import run_app

ASKED = Question(
    question="Which change made the cross-attention model learn, and what would help further?",
    prediction="The residual alone lifts the old model off a coin's 0.5; the attention of the "
    "fixed one is inert; an encoder with context helps most.",
    rule="Paired differences of test macro per-protein AUROC over seeds and protein clusters, "
    "two-way interval, Holm over all contrasts, equivalence within 0.010.",
)
WITH_CONTEXT = FIXED.with_(
    {
        "model.encoder": CONV_RESIDUE.model.encoder.model_dump() | {"dim": FIXED.model.encoder.dim},
        "model.memory": "residue",
    }
)
SEED_SPACE = Path(__file__).parents[1] / "search_spaces" / "seed.toml"
SIMULATED_EPOCHS = 7
NARROWER = 8
"""The simulated world is small: the same models with an eighth of the widths."""


def design(kind: str, old: Recipe, fixed: Recipe, context: Recipe) -> Design:
    """`path`: old to fixed to context, a change at a time; `leave-one-out`: from context back."""
    one_of("--design", kind, ("path", "leave-one-out"))
    if kind == "path":
        seed = path(("old", old), ("fixed", fixed), SEED_CHANGES)
        return seed.then(path(("fixed", fixed), ("context-residue", context), CONTEXT_CHANGES))
    changes = {k: v for k, v in SEED_CHANGES.items() if k != "expand-memory"}
    return leave_one_out(("old", old), ("context-residue", context), {**changes, **CONTEXT_CHANGES})


def main(
    data: page.Data = None,
    proteins: page.Vectors = "physchem",
    seeds: page.Seeds = 5,
    add_seeds: page.AddSeeds = 0,
    epochs: page.Epochs = None,
    kind: Annotated[str, typer.Option("--design", help="path or leave-one-out.")] = "path",
    trials: Annotated[int, typer.Option(min=0, help="Search trials before the comparison.")] = 0,
    space: Annotated[Path, typer.Option(help="What --trials searches.")] = SEED_SPACE,
    split: page.SplitRule = "cold-rna",
    workers: page.Workers = 1,
    cpus_per_worker: page.Cpus = 1,
    gpus_per_run: page.Gpus = 0.0,
    executor: page.ExecutorName = "auto",
    address: page.Address = None,
    name: page.Name = None,
    dry_run: page.DryRun = False,
    smoke: page.Smoke = False,
) -> None:
    """Ablate the seed's fix, one change at a time, and write reports/STUDY/index.html."""
    simulated = data is None
    epochs = 1 if smoke else epochs or (SIMULATED_EPOCHS if simulated else OLD.train.epochs)
    width = NARROWER if simulated or smoke else 1
    old, fixed, context = (
        narrowed(recipe, width).with_({"train.epochs": epochs, "proteins": proteins})
        for recipe in (OLD, FIXED, WITH_CONTEXT)
    )
    page.conduct(
        "ablate",
        ASKED,
        design(kind, old, fixed, context),
        page.Conditions(
            source=page.source(data, split),
            seeds=2 if smoke else seeds,
            where=Where(workers, cpus_per_worker, gpus_per_run / workers, executor, address),
            name=name,
            dry_run=dry_run,
            sweep=Sweep(fixed, load_space(space, fixed), trials) if trials else None,
            add_seeds=add_seeds,
        ),
    )


if __name__ == "__main__":
    app = typer.Typer(add_completion=False)
    app.command()(main)
    run_app(app)
