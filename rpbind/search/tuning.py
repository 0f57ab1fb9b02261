"""Tuned arms: a design whose arms each tune what is beside its question, with equal budgets.

What they tune (nuisance) is no longer a change between them: it starts equal, and is left out.
"""

from __future__ import annotations

from rpbind.design.changes import Changes
from rpbind.design.design import Design, arm
from rpbind.errors import UserError
from rpbind.ledger import Plan
from rpbind.recipe import Recipe
from rpbind.search.search import Sweep
from rpbind.spaces.space import Space


def neutral(recipe: Recipe, like: Recipe, space: Space) -> Recipe:
    """Return the recipe with everything that the space tunes as in `like`."""
    return recipe.with_({path: like.value(path) for path in space.paths})


def differing(changes: Changes, start: Recipe, end: Recipe) -> Changes:
    """Return the changes that still move something from start to end."""
    return {
        name: fields
        for name, fields in changes.items()
        if any(start.value(field) != end.value(field) for field in fields)
    }


def tuned(design: Design, space: Space, trials: int) -> Sweep:
    """Return one search for each arm of a design, `trials` in each, and its contrasts.

    No verdict is possible on one search per arm: set `searches` to five, or `shared`.
    """
    if any(contrast.weights for contrast in design.contrasts):
        raise UserError("Tuned arms are compared two by two; take a path, or leave-one-out.")
    arms = {arm.name: Recipe.model_validate(arm.recipe) for arm in design.arms}
    return Sweep(arms, space, trials, contrasts=design.contrasts)


def emptied(design: Design) -> Design:
    """Return the design before its searches: the winners become its arms."""
    return Design(f"{design.name}, tuned arms", (), ())


def bases(plan: Plan, sweep: Sweep | None) -> Plan:
    """Return the plan with what its searches begin from as arms, to be examined before them."""
    if sweep is None or not sweep.tunes_arms:
        return plan
    arms = tuple(arm(name, recipe, "tuned from here") for name, recipe in sweep.arms.items())
    return plan.model_copy(update={"arms": arms, "contrasts": sweep.contrasts})
