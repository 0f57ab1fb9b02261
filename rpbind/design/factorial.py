"""Factorial designs: all combinations of up to four changes, or an orthogonal fraction of them.

The fractions are regular. With 5 to 8 changes, each change beyond the first four is set to the
product of three of those (with 9 to 16, beyond the first five), so no main effect is aliased with
an interaction of two changes: resolution IV. Five changes in sixteen arms have resolution V. Box,
Hunter and Hunter 2005, Statistics for Experimenters, ch. 6.
"""

from __future__ import annotations

import math
from itertools import combinations, product

from rpbind.design.changes import Changes, move
from rpbind.design.design import Design, arm
from rpbind.errors import UserError
from rpbind.recipe import Recipe
from rpbind.statistics.factorial import effect_name, effect_weights, effects, weighted_contrast

FULL = 4
"""With more changes than this, only a fraction of the combinations is run."""
MOST = 16
"""The largest number of changes that can be combined."""


def factorial(end: tuple[str, Recipe], start: Recipe, changes: Changes) -> Design:
    """Combine changes; fields that no change names keep their value in `end`.

    Main effects are tested. With up to four changes, interactions of two changes are tested too.
    Raises `UserError` on fewer than two or more than sixteen changes, if two changes move the same
    field, or if a change moves nothing.

    Parameters
    ----------
    end
        Name and recipe with all changes.
    start
        The recipe from which a change that is left out takes its values.
    changes
        The changes, which become the factors.

    Returns
    -------
    Design
        2^k arms for k <= 4 changes, 16 for 5 to 8, 32 for 9 to 16; and the tested effects.
    """
    factors = tuple(changes)
    _check_combinable(end[1], start, changes)
    arms, on = [], {}
    for number, row in enumerate(_rows(len(factors)), start=1):
        has = frozenset(f for f, there in zip(factors, row, strict=True) if there)
        fields = [field for f in factors if f not in has for field in changes[f]]
        recipe = move(end[1], start, fields)
        name = _name(number, has, end[0], factors)
        on[name] = has
        arms.append(arm(name, recipe, f"has {', '.join(f for f in factors if f in has) or 'none'}"))
    tested = effects(factors, 2 if len(factors) <= FULL else 1)
    return Design(
        name="factorial" if len(factors) <= FULL else f"fractional factorial, {len(arms)} arms",
        arms=tuple(arms),
        contrasts=tuple(
            weighted_contrast(effect_name(each), effect_weights(on, each)) for each in tested
        ),
        factors={f: tuple(name for name, has in on.items() if f in has) for f in factors},
    )


def _rows(k: int) -> list[tuple[bool, ...]]:
    """Return the rows of the design matrix, the one with all k changes first: (arms, k)."""
    base = k if k <= FULL else 4 if k <= 8 else 5
    signs = product((1, -1), repeat=base)
    odd = [*combinations(range(base), 3), tuple(range(5))]
    more = [(0, 1, 2, 3)] if k == 5 else odd[: max(k - base, 0)]
    return [
        tuple(s > 0 for s in (*row, *(math.prod(row[i] for i in word) for word in more)))
        for row in signs
    ]


def _name(number: int, has: frozenset[str], end: str, factors: tuple[str, ...]) -> str:
    """Return the name of an arm from its changes; arms of a fraction have a number."""
    if len(has) == len(factors):
        return end
    if len(factors) > FULL:
        return f"row-{number:02d}"
    return "+".join(f for f in factors if f in has) or "none"


def _check_combinable(end: Recipe, start: Recipe, changes: Changes) -> None:
    """Raise `UserError` if the changes cannot be the factors of a design."""
    if not 2 <= len(changes) <= MOST:
        raise UserError(
            f"A factorial design combines 2 to {MOST} changes; got {len(changes)} "
            f"({', '.join(changes) or 'none'}). Name 2 to {MOST} changes with --changes."
        )
    for one, other in combinations(changes, 2):
        if shared := set(changes[one]) & set(changes[other]):
            raise UserError(
                f"The changes '{one}' and '{other}' both move {', '.join(sorted(shared))}, so they "
                "cannot be combined. Leave one of them out."
            )
    for change, fields in changes.items():
        if move(end, start, fields) == end:
            raise UserError(
                f"The change '{change}' changes nothing: both recipes have the same "
                f"{', '.join(fields)}. Remove it from the design."
            )
