"""The user's own classes in a study: checked before it begins, and kept in its folder."""

from __future__ import annotations

from pathlib import Path

from rpbind.design.source import DataSource
from rpbind.doctor.contract import check_contract
from rpbind.errors import UserError
from rpbind.ledger import Plan
from rpbind.parts.contents import FOLDER, keep, seek_in
from rpbind.recipe.custom import CustomClass, custom_classes
from rpbind.search.search import Sweep
from rpbind.study.sizes import recipes_of
from rpbind.terminal import phase


def check_custom_classes(plan: Plan, sweep: Sweep | None, source: DataSource) -> None:
    """Check every class of the user's own in a study on one batch of its data.

    Parameters
    ----------
    plan
        The plan of the study.
    sweep
        Its searches, if it has any. Of their configurations, one with each class is checked.
    source
        The dataset and its split.

    Raises
    ------
    UserError
        If a class does not do what its contract says; the message names the arm or search.
    """
    seen: set[str] = set()
    for name, recipe in recipes_of(plan, sweep):
        own = list(custom_classes(recipe.model))
        is_drawn = not name.startswith("The arm")
        key = f"{recipe.proteins} {[each.part if is_drawn else each for each in own]}"
        if not own or key in seen:
            continue
        seen.add(key)
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
    own = {each.part: None for each in classes_of(plan, sweep)}
    own |= {each.part: None for each in (*plan.metrics, *plan.own_controls)}
    keep(study / FOLDER, [(part.sha256, part.file) for part in own])


def classes_of(plan: Plan, sweep: Sweep | None) -> list[CustomClass]:
    """Return the user's own classes in all arms, searches and controls of a study."""
    return [each for _, recipe in recipes_of(plan, sweep) for each in custom_classes(recipe.model)]
