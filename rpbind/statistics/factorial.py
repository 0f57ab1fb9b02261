"""Factorial effects as weighted sums of arms: main effects, interactions, Shapley values, aliases.

Every effect is one weighted sum per seed and protein cluster, so that it gets the same two-way
interval as any contrast, and never the residual of a pooled model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from rpbind.ledger import ContrastPlan, Plan
from rpbind.statistics.contrast import Result
from rpbind.statistics.table import Runs, pair

Levels = Mapping[str, frozenset[str]]
"""The changes that each arm has: {arm: changes}."""

Effect = tuple[str, ...]
"""The changes of an effect: one is a main effect, two an interaction of two."""

TIMES = " × "
DEEPEST = 3
"""Interactions of more changes than this are not named in an alias table."""


@dataclass(frozen=True)
class Estimate:
    """An effect that no verdict judges, and what it cannot be told apart from."""

    name: str
    aliases: tuple[str, ...]
    result: Result


@dataclass(frozen=True)
class Factorial:
    """What a factorial study says beside its tested contrasts.

    `aliases` is {effect: what it cannot be told apart from}; empty where every combination ran.
    """

    factors: tuple[str, ...]
    arms: int
    full: bool
    aliases: dict[str, tuple[str, ...]]
    further: tuple[Estimate, ...]
    shapley: tuple[Estimate, ...]


def levels(plan: Plan) -> Levels:
    """Return the changes that each arm of a factorial plan has; a search's arm is none of them."""
    inside = {name for contrast in plan.contrasts for name in contrast.weights}
    return {
        arm.name: frozenset(f for f, arms in plan.factors.items() if arm.name in arms)
        for arm in plan.arms
        if arm.name in inside
    }


def effect_weights(on: Levels, factors: Effect) -> dict[str, float]:
    """Return the weight of each arm in an effect.

    A main effect is the mean of the arms with the change minus that of the arms without it. An
    interaction of two is the effect of one where the other is there, minus that where it is not;
    and so on. Averaged over all other changes.
    """
    unit = 2 ** len(factors) / len(on)
    return {arm: unit * _sign(has, factors) for arm, has in on.items()}


def shapley_weights(on: Levels, factor: str, factors: Effect) -> dict[str, float]:
    """Return the weight of each arm in a change's Shapley value; `on` has every combination.

    The mean of what the change adds over all orders in which the changes can be made; the values
    of all changes sum to the step from none of them to all. Shapley 1953.
    """
    k = len(factors)
    weights = {}
    for arm, has in on.items():
        others = len(has - {factor})
        share = math.factorial(others) * math.factorial(k - others - 1) / math.factorial(k)
        weights[arm] = share if factor in has else -share
    return weights


def aliases(on: Levels, factors: Effect) -> dict[Effect, list[str]]:
    """Return {effect: the effects of up to three changes that have the same weights}.

    Each group is told under its first effect of the fewest changes; "−" marks the opposite sign.
    """
    groups: dict[tuple[int, ...], tuple[Effect, list[str]]] = {}
    for effect_of in effects(factors, DEEPEST):
        signs = tuple(_sign(has, effect_of) for has in on.values())
        if signs in groups:
            groups[signs][1].append(effect_name(effect_of))
        elif (opposite := tuple(-s for s in signs)) in groups:
            groups[opposite][1].append(f"−{effect_name(effect_of)}")
        else:
            groups[signs] = (effect_of, [])
    return dict(groups.values())


def effects(factors: Effect, deepest: int) -> list[Effect]:
    """Return every effect of up to so many changes, the simple ones first."""
    orders = range(1, min(deepest, len(factors)) + 1)
    return [each for order in orders for each in combinations(factors, order)]


def effect_name(factors: Effect) -> str:
    """Return an effect's name: "residual × init"."""
    return TIMES.join(factors)


def weighted_contrast(name: str, weights: Mapping[str, float]) -> ContrastPlan:
    """Return the contrast of a weighted sum of arms."""
    plus = next(arm for arm, weight in weights.items() if weight > 0)
    minus = next(arm for arm, weight in weights.items() if weight < 0)
    return ContrastPlan(name=name, arm=plus, reference=minus, weights=dict(weights))


def summarise_factorial(plan: Plan, runs: Runs) -> Factorial | None:
    """Return what is told beside the tested contrasts; None where the plan is no factorial."""
    if not plan.factors:
        return None
    on, factors = levels(plan), tuple(plan.factors)
    full = len(on) == 2 ** len(factors)
    groups = {} if full else aliases(on, factors)
    tested = {contrast.name for contrast in plan.contrasts}
    asked = effects(factors, len(factors)) if full else list(groups)

    def estimate(name: str, weights: Mapping[str, float], alias: tuple[str, ...]) -> Estimate:
        return Estimate(
            name, alias, pair(weighted_contrast(name, weights), runs, plan.seeds).result
        )

    return Factorial(
        factors=factors,
        arms=len(on),
        full=full,
        aliases={effect_name(each): tuple(others) for each, others in groups.items()},
        further=tuple(
            estimate(effect_name(each), effect_weights(on, each), tuple(groups.get(each, ())))
            for each in asked
            if effect_name(each) not in tested
        ),
        shapley=tuple(estimate(f, shapley_weights(on, f, factors), ()) for f in factors)
        if full
        else (),
    )


def _sign(has: frozenset[str], factors: Effect) -> int:
    return math.prod(1 if factor in has else -1 for factor in factors)
