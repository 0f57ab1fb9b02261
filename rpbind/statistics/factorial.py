"""Factorial effects as weighted sums of arms: main effects, interactions, Shapley values, aliases.

Each effect is computed per seed and protein cluster. So it gets the same two-way interval as any
contrast, and not one from the residual of a pooled model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from rpbind.ledger import ContrastPlan, Plan
from rpbind.split_spec import folds_in
from rpbind.statistics.contrast import Result
from rpbind.statistics.table import Runs, pair

ArmChanges = Mapping[str, frozenset[str]]
"""{arm: the changes that it has}."""

Effect = tuple[str, ...]
"""The changes of an effect: one change for a main effect, several for their interaction."""

TIMES = " × "
DEEPEST = 3
"""Interactions of more changes than this are not named in an alias table."""


@dataclass(frozen=True)
class Estimate:
    """An effect without a verdict, with its aliases."""

    name: str
    aliases: tuple[str, ...]
    result: Result


@dataclass(frozen=True)
class Factorial:
    """The results of a factorial study beside its judged contrasts.

    Parameters
    ----------
    factors
        Names of the changes.
    arms
        Number of arms.
    full
        Whether there is an arm for every combination of changes.
    aliases
        {effect: effects that cannot be separated from it}; empty in a full factorial.
    further
        Effects without a verdict.
    shapley
        The Shapley value of each change; empty unless the factorial is full.
    """

    factors: tuple[str, ...]
    arms: int
    full: bool
    aliases: dict[str, tuple[str, ...]]
    further: tuple[Estimate, ...]
    shapley: tuple[Estimate, ...]


def changes_per_arm(plan: Plan) -> ArmChanges:
    """Return the changes that each arm of a factorial plan has, without arms of searches."""
    inside = {name for contrast in plan.contrasts for name in contrast.weights}
    return {
        arm.name: frozenset(f for f, arms in plan.factors.items() if arm.name in arms)
        for arm in plan.arms
        if arm.name in inside
    }


def effect_weights(changes: ArmChanges, factors: Effect) -> dict[str, float]:
    """Return the weight of each arm in an effect, averaged over all other changes.

    A main effect is the mean of the arms with the change minus the mean of the arms without it. An
    interaction of two changes is the effect of one with the other, minus its effect without the
    other; and so on.

    Parameters
    ----------
    changes
        {arm: the changes that it has}.
    factors
        The changes of the effect.

    Returns
    -------
    dict[str, float]
        {arm: weight}; the weights sum to zero.
    """
    unit = 2 ** len(factors) / len(changes)
    return {arm: unit * _sign(has, factors) for arm, has in changes.items()}


def shapley_weights(changes: ArmChanges, factor: str, factors: Effect) -> dict[str, float]:
    """Return the weight of each arm in a change's Shapley value; `changes` has every combination.

    The Shapley value is the mean contribution of the change over all orders in which the changes
    can be made. The values of all changes sum to the difference between all and none. Shapley 1953.
    """
    k = len(factors)
    weights = {}
    for arm, has in changes.items():
        others = len(has - {factor})
        share = math.factorial(others) * math.factorial(k - others - 1) / math.factorial(k)
        weights[arm] = share if factor in has else -share
    return weights


def aliases(changes: ArmChanges, factors: Effect) -> dict[Effect, list[str]]:
    """Return {effect: other effects of up to three changes with the same weights}.

    The key of a group is its first effect with the fewest changes; "−" marks the opposite sign.
    """
    groups: dict[tuple[int, ...], tuple[Effect, list[str]]] = {}
    for effect in effects(factors, DEEPEST):
        signs = tuple(_sign(has, effect) for has in changes.values())
        if signs in groups:
            groups[signs][1].append(effect_name(effect))
        elif (opposite := tuple(-s for s in signs)) in groups:
            groups[opposite][1].append(f"−{effect_name(effect)}")
        else:
            groups[signs] = (effect, [])
    return dict(groups.values())


def effects(factors: Effect, deepest: int) -> list[Effect]:
    """Return all effects of a number of changes.

    Parameters
    ----------
    factors
        The changes.
    deepest
        The most changes in one effect.

    Returns
    -------
    list[Effect]
        Main effects first, then interactions of two, and so on.
    """
    orders = range(1, min(deepest, len(factors)) + 1)
    return [each for order in orders for each in combinations(factors, order)]


def effect_name(factors: Effect) -> str:
    """Return the name of an effect.

    Parameters
    ----------
    factors
        Its changes.

    Returns
    -------
    str
        Such as "residual × init".
    """
    return TIMES.join(factors)


def weighted_contrast(name: str, weights: Mapping[str, float]) -> ContrastPlan:
    """Return the contrast of a weighted sum of arms.

    Parameters
    ----------
    name
        The contrast's name.
    weights
        {arm: weight}, with positive and negative weights.

    Returns
    -------
    ContrastPlan
        Its `arm` and `reference` are the first arms of either sign.
    """
    plus = next(arm for arm, weight in weights.items() if weight > 0)
    minus = next(arm for arm, weight in weights.items() if weight < 0)
    return ContrastPlan(name=name, arm=plus, reference=minus, weights=dict(weights))


def summarise_factorial(plan: Plan, runs: Runs) -> Factorial | None:
    """Return the results of a factorial study beside its judged contrasts.

    Parameters
    ----------
    plan
        The study's plan.
    runs
        {(arm, seed): row}.

    Returns
    -------
    Factorial | None
        None if the design is not a factorial.
    """
    if not plan.factors:
        return None
    changes, factors, folds = changes_per_arm(plan), tuple(plan.factors), folds_in(plan.split)
    full = len(changes) == 2 ** len(factors)
    groups = {} if full else aliases(changes, factors)
    tested = {contrast.name for contrast in plan.contrasts}
    candidates = effects(factors, len(factors)) if full else list(groups)

    def estimate(name: str, weights: Mapping[str, float], alias: tuple[str, ...]) -> Estimate:
        return Estimate(
            name,
            alias,
            pair(weighted_contrast(name, weights), runs, plan.seeds, folds=folds).result,
        )

    return Factorial(
        factors=factors,
        arms=len(changes),
        full=full,
        aliases={effect_name(each): tuple(others) for each, others in groups.items()},
        further=tuple(
            estimate(effect_name(each), effect_weights(changes, each), tuple(groups.get(each, ())))
            for each in candidates
            if effect_name(each) not in tested
        ),
        shapley=tuple(estimate(f, shapley_weights(changes, f, factors), ()) for f in factors)
        if full
        else (),
    )


def _sign(has: frozenset[str], factors: Effect) -> int:
    return math.prod(1 if factor in has else -1 for factor in factors)
