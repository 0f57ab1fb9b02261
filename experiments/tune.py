"""Which configuration of a model is best, and how much of its score is luck?

Question. Within a search space (by default the mission's five: learning rate, weight decay,
classifier depth, dropout, attention variant), what is the best configuration of a recipe?

Prediction. The best of many trials looks better on validation than it is: on fresh seeds it falls
back, and on test it may fall further.

Decision rule. Trials are scored on validation. The best is frozen, trained anew on fresh seeds
beside the recipe that the search began from, and each of these runs reads test once. No verdict:
one search cannot carry one (`experiments/ablate.py --tune-arms` compares tuned arms).
"""

from pathlib import Path
from typing import Annotated

import typer

from rpbind import experiment as page
from rpbind.presets import PRESETS, named, narrowed
from rpbind.study.design import Design, arm
from rpbind.study.plan import Question
from rpbind.study.search import How, Sweep
from rpbind.study.space import load_space
from rpbind.study.warm import warm_start
from rpbind.terminal import run_page

ASKED = Question(
    question="Which configuration of this space is best, and how much of its score is luck?",
    prediction="The best trial's validation score is optimistic: fresh seeds and test lie below.",
    rule="Chosen on validation, frozen, trained anew on fresh seeds; each of these runs reads test "
    "once. One search carries no verdict.",
)
SEED_SPACE = Path(__file__).parents[1] / "search_spaces" / "seed.toml"
SIMULATED_EPOCHS = 7
NARROWER = 8


def main(
    space: page.Space = SEED_SPACE,
    trials: Annotated[int, typer.Option(min=1, help="Configurations to be tried.")] = 50,
    base: Annotated[
        str, typer.Option(help="Preset or recipe file that the space changes.")
    ] = "fixed",
    data: page.Data = None,
    proteins: Annotated[
        str | None,
        typer.Option(help="Protein bank that every arm reads; physchem, or the recipe file's."),
    ] = None,
    sampler: page.Sampler = "tpe",
    scheduler: Annotated[str, typer.Option(help="none, asha, hyperband or median.")] = "none",
    seeds_per_trial: Annotated[int, typer.Option(min=1, help="Seeds of a trial; mean.")] = 1,
    objective: Annotated[
        list[str] | None,
        typer.Option(help="auroc, loss, train-seconds, parameters; several: repeat it."),
    ] = None,
    budget_minutes: Annotated[
        float | None, typer.Option(help="Begin no trial after so many minutes.")
    ] = None,
    budget_train_seconds: Annotated[
        float | None, typer.Option(help="Begin no trial after so much training.")
    ] = None,
    warm: Annotated[
        list[str] | None,
        typer.Option(
            "--warm-start", help="Preset, recipe file (JSON, TOML) or earlier study to begin with."
        ),
    ] = None,
    storage: Annotated[
        str | None, typer.Option(help="Optuna storage URL; a journal in the study without it.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Fresh seeds for the best.")] = 5,
    add_seeds: page.AddSeeds = 0,
    epochs: page.Epochs = None,
    narrower: page.Narrower = None,
    split: page.SplitRule = "cold-rna",
    workers: page.Workers = 1,
    cpus_per_worker: page.Cpus = 1,
    gpus_per_run: page.Gpus = 0.0,
    executor: page.ExecutorName = "auto",
    address: page.Address = None,
    log: page.Logs = None,
    reports: page.Reports = page.REPORTS,
    name: page.Name = None,
    dry_run: page.DryRun = False,
    yes: page.Yes = False,
    smoke: page.Smoke = False,
) -> None:
    """Search a space with Optuna, confirm its best, and write reports/STUDY/index.html."""
    recipe = named("--base", base)
    if base in PRESETS:  # a file is taken as it is
        narrower = narrower or (NARROWER if data is None or smoke else 1)
        epochs = epochs or (SIMULATED_EPOCHS if data is None else None)
        proteins = proteins or "physchem"
    width = narrower or 1
    recipe = narrowed(recipe, width).with_(
        {
            "proteins": proteins or recipe.proteins,
            "train.epochs": 1 if smoke else epochs or recipe.train.epochs,
        }
    )
    searched = load_space(space, recipe, width)
    begin = warm_start(warm or [], searched, recipe, width)
    how = How(
        sampler=sampler,
        scheduler=scheduler,
        objectives=tuple(objective or ("auroc",)),
        seeds_per_trial=seeds_per_trial,
        minutes=budget_minutes,
        train_seconds=budget_train_seconds,
        storage=storage,
    )
    page.conduct(
        "tune",
        ASKED,
        Design("search", (arm("base", recipe, "what the search began from"),), ()),
        page.Conditions(
            source=page.source(data, split),
            seeds=2 if smoke else seeds,
            add_seeds=add_seeds,
            where=page.where(workers, cpus_per_worker, gpus_per_run, executor, address, log=log),
            reports=reports,
            name=name,
            dry_run=dry_run,
            yes=yes,
            control="base",
            sweep=Sweep.of(recipe, searched, trials, how, warm=begin),
        ),
    )


if __name__ == "__main__":
    run_page(main)
