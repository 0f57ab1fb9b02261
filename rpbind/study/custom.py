"""The user's own classes in a study: checked before it begins, and kept in its folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rpbind.design.source import DataSource
from rpbind.doctor.contract import check_contract
from rpbind.errors import UserError
from rpbind.ledger import Plan
from rpbind.parts.contents import FOLDER, keep, seek_in
from rpbind.parts.reference import Part
from rpbind.recipe import Recipe
from rpbind.recipe.custom import CustomClass, custom_classes
from rpbind.search.search import Sweep
from rpbind.terminal import phase


def check_custom_classes(plan: Plan, sweep: Sweep | None, source: DataSource) -> None:
    """Check every class of the user's own in a study on one batch of its data.

    Parameters
    ----------
    plan
        The plan of the study.
    sweep
        Its searches, if it has any; each class that they can choose is checked.
    source
        The dataset and its split.

    Raises
    ------
    UserError
        If a class does not do what its contract says; the message names the arm or search.
    """
    seen: list[tuple[str, list[CustomClass]]] = []
    for name, recipe in _recipes(plan, sweep):
        key = recipe.proteins, list(custom_classes(recipe.model))
        if not key[1] or key in seen:
            continue
        seen.append(key)
        with phase("checking your own classes on one batch"):
            try:
                check_contract(recipe, source.inputs(recipe.proteins))
            except UserError as error:
                raise UserError(f"{name}: {error}") from None


def keep_custom_classes(plan: Plan, sweep: Sweep | None, study: Path) -> None:
    """Copy the files of the user's own classes into a study's folder, where its workers read them.

    Parameters
    ----------
    plan
        The plan of the study.
    sweep
        Its searches, if it has any.
    study
        The folder of the study.
    """
    seek_in(study / FOLDER)
    keep(study / FOLDER, [(part.sha256, part.file) for part in parts_of(plan, sweep)])


def parts_of(plan: Plan, sweep: Sweep | None) -> list[Part]:
    """Return the user's own classes in a study, each once: in arms, searches, metrics, controls.

    Parameters
    ----------
    plan
        The plan of the study.
    sweep
        Its searches, if it has any.

    Returns
    -------
    list of Part
        In the order of the arms; those that only a search space names come last.
    """
    recipes = [recipe for _, recipe in _recipes(plan, sweep)]
    own = [each.part for one in recipes for each in custom_classes(one)]
    own += [each.part for each in (*plan.metrics, *plan.own_controls)]
    return list(dict.fromkeys(own))


def _recipes(plan: Plan, sweep: Sweep | None) -> Iterator[tuple[str, Recipe]]:
    """Yield (name, recipe) of arms, controls and searches, the latter with each class to choose."""
    for arm in (*plan.arms, *plan.controls):
        yield f"The arm '{arm.name}'", Recipe.model_validate(arm.recipe)
    for name, base in ({} if sweep is None else sweep.arms).items():
        yield f"The search of '{name}' begins with", base
        for dimension in sweep.space.dimension if sweep else ():
            for value in dimension.extremes:
                if isinstance(value, dict) and value.get("kind") == "custom":
                    with suppress(UserError):  # a class that is chosen only with other changes
                        yield f"{dimension.name} of the space", base.with_({dimension.path: value})
