"""Tuned arms: each arm of a design tunes its nuisance hyperparameters, with an equal budget.

Tuned hyperparameters are no longer changes between arms: they start equal in all of them.
"""

from __future__ import annotations

from rpbind.design.design import Design, arm
from rpbind.errors import UserError
from rpbind.ledger import Plan
from rpbind.recipe import Recipe
from rpbind.search.search import Sweep
from rpbind.spaces.space import Space


def neutral(recipe: Recipe, like: Recipe, space: Space) -> Recipe:
    """Set all hyperparameters of a search space to the values of another recipe.

    Parameters
    ----------
    recipe
        Recipe to change.
    like
        Recipe with the wanted values.
    space
        The search space.

    Returns
    -------
    The changed recipe.
    """
    return recipe.with_({path: like.value(path) for path in space.paths})


def tuned(design: Design, space: Space, trials: int) -> Sweep:
    """Make one search for each arm of a design, with the design's contrasts.

    One search per arm carries no verdict: set `searches_per_arm` to 5, or `shared`.

    Parameters
    ----------
    design
        The arms, and contrasts between pairs of them.
    space
        Nuisance hyperparameters.
    trials
        Trials of each search.

    Returns
    -------
    The searches.

    Raises
    ------
    UserError
        If the design is a factorial, whose contrasts weight more than two arms.
    """
    if any(contrast.weights for contrast in design.contrasts):
        raise UserError("Tuned arms are compared in pairs: take --design path or leave-one-out.")
    arms = {arm.name: Recipe.model_validate(arm.recipe) for arm in design.arms}
    return Sweep(arms, space, trials, contrasts=design.contrasts)


def emptied(design: Design) -> Design:
    """Remove the arms and contrasts of a design; its searches add the winners as arms later.

    Parameters
    ----------
    design
        The design of tuned arms.

    Returns
    -------
    A design without arms.
    """
    return Design(f"{design.name}, tuned arms", (), ())


def bases(plan: Plan, sweep: Sweep | None) -> Plan:
    """Add the recipes around which tuned arms are searched as arms, to check them before.

    Parameters
    ----------
    plan
        Plan of the study.
    sweep
        Its searches, if any.

    Returns
    -------
    A plan with these arms and contrasts, or the same plan if no arms are tuned.
    """
    if sweep is None or not sweep.tunes_arms:
        return plan
    arms = tuple(arm(name, recipe, "tuned from here") for name, recipe in sweep.arms.items())
    return plan.model_copy(update={"arms": arms, "contrasts": sweep.contrasts})
