"""The searches of a study, from its schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rpbind.arguments import check_once
from rpbind.design.design import Design
from rpbind.errors import UserError
from rpbind.recipe import Recipe
from rpbind.search.config import SearchConfig
from rpbind.search.search import Sweep
from rpbind.search.tuning import tuned
from rpbind.spaces.space import Space, load_space
from rpbind.spaces.suggesters import FixedSuggester
from rpbind.spaces.warm_start import warm_start
from rpbind.studyfile.search import TRIALS, SearchSpec


def space_of(search: SearchSpec, base: Recipe, width: int) -> Space:
    """Return the search space, its widths divided.

    Parameters
    ----------
    search
        The search.
    base
        The recipe around which is searched, its widths already divided.
    width
        The divisor of widths.

    Returns
    -------
    Space
        The space; a dimension that does not fit the base is a `UserError`.
    """
    usual = "original" if search.tune_arms is None else "nuisance"
    return load_space(usual if search.space is None else search.space, base, width)


def sweep_of(
    search: SearchSpec, space: Space, base: Recipe, width: int, whole: Design | None
) -> Sweep:
    """Return the searches of a study.

    Parameters
    ----------
    search
        The search.
    space, base, width
        As for `space_of`.
    whole
        The arms that are tuned; None for one search.

    Returns
    -------
    Sweep
        The searches.

    Raises
    ------
    UserError
        If the options of a search contradict each other.
    """
    config, begin = _config(search), _points(search, space, base, width)
    if whole is None:
        return Sweep.of(base, space, search.trials or TRIALS, config, warm_start=begin)
    return replace(
        tuned(whole, space, search.tune_arms or TRIALS),
        config=config,
        warm_start=begin,
        searches_per_arm=search.searches,
        shared=search.shared_configs,
    )


def _config(search: SearchSpec) -> SearchConfig:
    objective = search.objective
    return SearchConfig(
        sampler=search.sampler,
        scheduler=search.scheduler,
        objectives=(objective,) if isinstance(objective, str) else tuple(objective),
        seeds_per_trial=search.seeds_per_trial,
        minutes=search.budget_minutes,
        train_seconds=search.budget_train_seconds,
        storage=search.storage,
        repeats=search.repeats,
    )


def _points(
    search: SearchSpec, space: Space, base: Recipe, width: int
) -> tuple[dict[str, Any], ...]:
    """Return the Optuna parameters of the configurations with which a search begins."""
    points: list[dict[str, Any]] = []
    check_once("--warm-start", [each for each in search.warm_start if isinstance(each, str)])
    for each in search.warm_start:
        if isinstance(each, str):
            found: Sequence[dict[str, Any]] = warm_start([each], space, base, width)
        else:
            found = [each]
            _check_point(each, space, base)
        points += [point for point in found if point not in points]
    return tuple(points)


def _check_point(point: Mapping[str, Any], space: Space, base: Recipe) -> None:
    try:
        base.with_(space.suggest(FixedSuggester(point)))
    except (KeyError, TypeError, ValueError):
        raise UserError(
            f"warm_start has {point!r}, which is no configuration of the search space. Give a "
            "preset, a recipe file, a study's folder, or the parameters of a trial."
        ) from None
