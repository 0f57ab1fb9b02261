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

from rpbind.arguments import check_once, choices
from rpbind.design.design import Design, arm
from rpbind.design.question import Question
from rpbind.ledger.trials import OBJECTIVES
from rpbind.options import MANY, Defaults, Options, experiment
from rpbind.recipe.files import load_recipe
from rpbind.recipe.presets import PRESETS
from rpbind.search.config import REPEATED, SAMPLERS, SCHEDULERS, SearchConfig
from rpbind.search.search import Sweep
from rpbind.spaces.space import load_space
from rpbind.spaces.warm_start import warm_start
from rpbind.terminal import run_experiment

ASKED = Question(
    question="Which configuration of this space is best, and how much of its score is luck?",
    prediction="The best trial's validation score is optimistic: fresh seeds and test lie below.",
    rule="Chosen on validation, frozen, trained anew on fresh seeds; each of these runs reads test "
    "once. One search carries no verdict.",
)
ORIGINAL_SPACE = Path(__file__).parents[1] / "search_spaces" / "original.toml"
USUAL = Defaults(narrower=8)


@experiment(USUAL)
def main(
    options: Options,
    space: Annotated[Path, typer.Option(help="What is searched: a TOML file.")] = ORIGINAL_SPACE,
    trials: Annotated[int, typer.Option(min=1, max=MANY, help="Configurations to be tried.")] = 50,
    base: Annotated[
        str, typer.Option(help="Preset or recipe file that the space changes.")
    ] = "fixed",
    sampler: Annotated[str, typer.Option(help=choices(SAMPLERS))] = "tpe",
    scheduler: Annotated[str, typer.Option(help=choices(SCHEDULERS))] = "none",
    repeats: Annotated[
        str,
        typer.Option(
            help="What becomes of a configuration that was tried before; it is not trained again. "
            + choices(REPEATED)
        ),
    ] = "reuse",
    seeds_per_trial: Annotated[
        int, typer.Option(min=1, max=MANY, help="Seeds of a trial; mean.")
    ] = 1,
    objective: Annotated[
        list[str] | None,
        typer.Option(help=f"{', '.join(OBJECTIVES)}; several: repeat it."),
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
) -> None:
    """Search a space with Optuna, confirm its best, and write reports/STUDY/index.html."""
    as_it_is = base not in PRESETS  # a file
    recipe = options.sized(load_recipe("--base", base), as_it_is=as_it_is)
    width = options.width(as_it_is=as_it_is)
    check_once("--warm-start", warm or [])
    searched = load_space(space, recipe, width)
    begin = warm_start(warm or [], searched, recipe, width)
    how = SearchConfig(
        sampler=sampler,
        scheduler=scheduler,
        objectives=tuple(objective or ("auroc",)),
        seeds_per_trial=seeds_per_trial,
        minutes=budget_minutes,
        train_seconds=budget_train_seconds,
        storage=storage,
        repeats=repeats,
    )
    options.conduct(
        "tune",
        ASKED,
        Design("search", (arm("base", recipe, "what the search began from"),), ()),
        control="base",
        sweep=Sweep.of(recipe, searched, trials, how, warm_start=begin),
    )


if __name__ == "__main__":
    run_experiment(main)
