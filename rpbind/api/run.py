"""Studies from Python: the same as the commands, returned as objects instead of printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rpbind.api.study import Study
from rpbind.arguments import check_once
from rpbind.design.own import ALONE, Values, own_design
from rpbind.design.question import Question
from rpbind.errors import UserError, did_you_mean
from rpbind.options import Defaults, Options
from rpbind.recipe import Recipe
from rpbind.recipe.files import load_recipe
from rpbind.recipe.presets import PRESETS

if TYPE_CHECKING:
    from rpbind.design.design import Design
    from rpbind.search.search import Sweep

USUAL = Defaults(narrower=8)
"""The simulated world is small: the same models with an eighth of the widths."""

ONLY_TYPED = ("defaults", "data", "dry_run")
"""Fields of `Options` that are no keyword here: a dry run prints, and has no study to return."""

RULE = (
    "Paired differences of test AUROC (mean over protein clusters), over seeds and clusters, "
    "two-way interval, Holm over all contrasts, equivalence within 0.010."
)


def ablate(
    data: str | Path | None = None,
    *,
    reference: Recipe | str | Path = "fixed",
    changes: Mapping[str, Values],
    design: str = ALONE,
    question: str = "Which of these changes makes a difference?",
    prediction: str = "",
    **options: Any,
) -> Study:
    """Run an ablation: train every arm with the same seeds, and judge the differences.

    A study that is there already is continued; nothing that is done is trained again.

    Parameters
    ----------
    data
        Dataset folder; without it, the simulated world.
    reference
        Recipe that the changes are made to: a `Recipe`, a preset's name, or a recipe's file.
    changes
        {name of a change: {path: value}}; `rpbind hyperparameters` lists the paths.
    design
        What is compared with what: "one-at-a-time" (each change with the reference),
        "leave-one-out", "path" or "factorial".
    question
        What the study asks; it stands at the top of its page.
    prediction
        What you expect, said before the runs.
    **options
        The options of `rpbind ablate --help`, with underscores: `seeds`, `epochs`, `split`,
        `proteins`, `name`, `reports`, `workers`, `address`, `add_seeds`, `smoke`, and so on.

    Returns
    -------
    Study
        Also where runs are missing: see `Study.is_complete`.

    Raises
    ------
    UserError
        If the study cannot be run on this data or this machine; nothing was trained then.
    """
    chosen = _options(data, options)
    recipe = _sized(chosen, "reference", reference)
    arms = own_design(recipe, changes, design)
    stated = Question(question=question, prediction=prediction, rule=RULE)
    return _study(chosen, "ablate", stated, arms, control=arms.arms[0].name)


def tune(
    data: str | Path | None = None,
    *,
    space: str | Path,
    trials: int = 50,
    base: Recipe | str | Path = "fixed",
    objective: str | Sequence[str] = "auroc",
    warm_start: Sequence[str] = (),
    sampler: str = "tpe",
    scheduler: str = "none",
    repeats: str = "reuse",
    seeds_per_trial: int = 1,
    budget_minutes: float | None = None,
    budget_train_seconds: float | None = None,
    storage: str | None = None,
    **options: Any,
) -> Study:
    """Search a space, and confirm its best configuration on fresh seeds beside the base.

    Parameters
    ----------
    data
        Dataset folder; without it, the simulated world.
    space
        Search space: a TOML file, or the name of one that comes with rpbind, such as "original".
    trials
        Configurations to try.
    base
        Recipe that the space changes: a `Recipe`, a preset's name, or a recipe's file.
    objective
        What is maximised or minimised on validation; several for a Pareto front.
    warm_start
        Presets, recipe files or earlier studies' folders with whose recipes the search begins.
    sampler, scheduler, repeats, seeds_per_trial, budget_minutes, budget_train_seconds, storage
        As the options of `rpbind tune --help`.
    **options
        The options that every experiment has, with underscores, as for `ablate`.

    Returns
    -------
    Study
        `Study.best` is the recipe of its best trial.

    Raises
    ------
    UserError
        If the study cannot be run on this data or this machine; nothing was trained then.
    """
    from rpbind.design.design import Design, arm
    from rpbind.search.config import SearchConfig
    from rpbind.search.search import Sweep
    from rpbind.spaces.space import load_space
    from rpbind.spaces.warm_start import warm_start as configurations_of

    chosen = _options(data, options)
    recipe = _sized(chosen, "base", base)
    width = chosen.width(as_it_is=not _is_preset(base))
    check_once("warm_start", list(warm_start))
    searched = load_space(space, recipe, width)
    config = SearchConfig(
        sampler=sampler,
        scheduler=scheduler,
        objectives=(objective,) if isinstance(objective, str) else tuple(objective),
        seeds_per_trial=seeds_per_trial,
        minutes=budget_minutes,
        train_seconds=budget_train_seconds,
        storage=storage,
        repeats=repeats,
    )
    begin = configurations_of(list(warm_start), searched, recipe, width)
    stated = Question(
        question="Which configuration of this space is best, and how much of its score is luck?",
        prediction="",
        rule="Chosen on validation, then trained anew on fresh seeds and tested once per run.",
    )
    start = Design("search", (arm("base", recipe, "what the search began from"),), ())
    sweep = Sweep.of(recipe, searched, trials, config, warm_start=begin)
    return _study(chosen, "tune", stated, start, control="base", sweep=sweep)


def _options(data: str | Path | None, given: Mapping[str, Any]) -> Options:
    """Return the options of the command line from keywords; refuse one that there is not."""
    known = [field.name for field in fields(Options) if field.name not in ONLY_TYPED]
    for name in given:
        if name not in known:
            raise UserError(
                f"There is no option '{name}'.{did_you_mean(name, known)} The options are "
                f"{', '.join(known)}."
            )
    said = dict(given)
    if "reports" in said:
        said["reports"] = Path(said["reports"])
    if isinstance(said.get("log"), str):
        said["log"] = [said["log"]]
    return Options(defaults=USUAL, data=None if data is None else Path(data), **said)


def _is_preset(recipe: Recipe | str | Path) -> bool:
    return isinstance(recipe, str) and recipe in PRESETS


def _sized(options: Options, what: str, recipe: Recipe | str | Path) -> Recipe:
    """Return a recipe with the options' widths and epochs; only a preset takes the defaults."""
    found = recipe if isinstance(recipe, Recipe) else load_recipe(what, str(recipe))
    return options.sized(found, as_it_is=not _is_preset(recipe))


def _study(
    options: Options,
    experiment: str,
    question: Question,
    design: Design,
    *,
    control: str,
    sweep: Sweep | None = None,
) -> Study:
    """Run what is missing of a study, and say on stderr what is not done."""
    from rpbind.experiment import prepared, run_study, say

    study = prepared(
        experiment, question, design, options.run_options(control=control, sweep=sweep)
    )
    if unfinished := run_study(study):
        say(unfinished)
    return Study(study.folder)
