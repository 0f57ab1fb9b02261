"""Studies from Python: the same as the commands, returned as objects instead of printed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rpbind.api.calls import face
from rpbind.api.dataset import Dataset
from rpbind.api.study import Study
from rpbind.design.own import Values
from rpbind.ledger.plans import PLAN
from rpbind.options import Options
from rpbind.recipe import Recipe

ONLY_TYPED = ("defaults", "data", "dry_run")
"""Fields of `Options` that are no keyword here: a dry run prints, and has no study to return."""


supported = partial(face, options=Options, hidden=ONLY_TYPED)


@supported
def ablate(
    data: Dataset | str | Path | None = None,
    *,
    reference: Recipe | str | Path | Mapping[str, Any] = "fixed",
    changes: Mapping[str, Values] | None = None,
    design: str | Sequence[str | Mapping[str, Any]] | None = None,
    ends: Sequence[str] | None = None,
    arms: Sequence[Mapping[str, Any]] = (),
    contrasts: Sequence[Mapping[str, Any]] = (),
    controls: str | None = None,
    question: str = "",
    prediction: str = "",
    rule: str = "",
    predict: Mapping[str, str] | None = None,
    delta: float | None = None,
    metrics: Sequence[str] = (),
    own_controls: Sequence[str] = (),
    search: Mapping[str, Any] | None = None,
    experiment: str | None = None,
    design_name: str | None = None,
    **options: Any,
) -> Study:
    """Run an ablation: train every arm with the same seeds, and judge the differences.

    A study that is there already is continued; nothing that is done is trained again. The keywords
    are the fields of a study file (docs/study-file.md).

    Parameters
    ----------
    data
        Dataset, or its folder; without it, the simulated world.
    reference
        Recipe that the changes are made to: a `Recipe`, a preset's name, a recipe's file, or a
        mapping with preset or file, and fields.
    changes
        {name of a change: {path: value}}; `rpbind hyperparameters` lists the paths.
    design
        What is compared with what: "one-at-a-time" (each change with the reference), "path",
        "path-reverse", "path-both", "leave-one-out", "add-one-in" or "factorial"; a sequence joins
        several designs.
    ends
        Names of the arm without changes and of the arm with all of them.
    arms, contrasts
        Further arms ({"name": ..., "changes": {path: value}}) and comparisons ({"name": ...,
        "arm": ..., "reference": ...}).
    controls
        The arm that is trained again with random and with constant protein vectors, or "off";
        without it, the first arm.
    question, prediction, rule
        What the study asks, what you expect, and how the results decide it, in words.
    predict
        {name of a contrast: expected verdict}; the report says which predictions held.
    delta
        Largest difference that counts as no meaningful effect.
    metrics, own_controls
        Functions and classes of your own: "my_metrics.py:balanced_accuracy" (docs/models.md).
    search
        A search before the comparison, or of every arm, as [search] of a study file.
    experiment, design_name
        First part of the study's name, and what reports call the design.
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
    given = {
        "reference": reference, "changes": changes, "design": design, "ends": ends,
        "arms": list(arms) or None, "contrasts": list(contrasts) or None, "controls": controls,
        "question": question or None, "prediction": prediction or None, "rule": rule or None,
        "predict": _predictions(predict), "delta": delta, "search": search,
        "metrics": list(metrics) or None, "own_controls": list(own_controls) or None,
        "experiment": experiment, "design_name": design_name,
    }  # fmt: skip
    return _study(data, given, options)


@supported
def tune(
    data: Dataset | str | Path | None = None,
    *,
    space: str | Path | Mapping[str, Any],
    trials: int = 50,
    base: Recipe | str | Path | Mapping[str, Any] = "fixed",
    objective: str | Sequence[str] = "auroc",
    warm_start: Sequence[str | Mapping[str, Any]] = (),
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
        Dataset, or its folder; without it, the simulated world.
    space
        Search space: the name of one that comes with rpbind, such as "original", a TOML file, or
        the content of one.
    trials
        Configurations to try.
    base
        Recipe that the space changes: a `Recipe`, a preset's name, a recipe's file, or a mapping
        with preset or file, and fields.
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
    search = {
        "space": space, "trials": trials, "objective": objective,
        "warm_start": list(warm_start) or None, "sampler": sampler, "scheduler": scheduler,
        "repeats": repeats, "seeds_per_trial": seeds_per_trial, "budget_minutes": budget_minutes,
        "budget_train_seconds": budget_train_seconds, "storage": storage,
    }  # fmt: skip
    named = {key: value for key, value in search.items() if value is not None}
    return _study(data, {"reference": base, "search": named}, options)


@partial(face, options=Options, hidden=("defaults", "dry_run"))
def run_study(study: str | Path, **options: Any) -> Study:
    """Run the study of a study file (docs/study-file.md).

    Parameters
    ----------
    study
        The TOML file.
    **options
        The options that every experiment has, with underscores, as for `ablate`. They fill in what
        the file leaves out.

    Returns
    -------
    Study
        Also where runs are missing: see `Study.is_complete`.

    Raises
    ------
    UserError
        If the file has a mistake, which is named with its line, if an option contradicts it, or if
        the study cannot be run on this data or this machine; nothing was trained then.
    """
    from rpbind.studyfile.given import call_of
    from rpbind.studyfile.read import read_study, with_options
    from rpbind.studyfile.run import run

    said = _said(options)
    file = read_study(Path(study))
    spec = with_options(file, said)
    return _ended(run(spec, call_of(said), place=file.source.place))


def _predictions(given: Mapping[str, str] | None) -> list[dict[str, str]] | None:
    if not given:
        return None
    return [{"contrast": contrast, "expect": expect} for contrast, expect in given.items()]


def _study(
    data: Dataset | str | Path | None, given: Mapping[str, Any], options: Mapping[str, Any]
) -> Study:
    """Run what is missing of a study, and say on stderr what is not done."""
    from rpbind.studyfile.given import call_of, spec_of
    from rpbind.studyfile.run import run

    said = {"data": None if data is None else os.fspath(data), **_said(options)}
    return _ended(run(spec_of(given, said), call_of(said)))


def _said(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were given."""
    said = {name: value for name, value in options.items() if value is not None}
    if isinstance(said.get("log"), str):
        said["log"] = [said["log"]]
    return said


def _ended(folder: Path) -> Study:
    """Return a study that has run, or that Ctrl-C has stopped."""
    if not (folder / PLAN).exists():
        raise KeyboardInterrupt  # it was stopped before it began: there is nothing to return
    return Study(folder)
