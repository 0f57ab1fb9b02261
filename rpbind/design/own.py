"""A design from a reference recipe and named changes of it: a user's own question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any

from rpbind.design.changes import Changes
from rpbind.design.design import Design, arm, leave_one_out, path, words
from rpbind.errors import UserError, check_one_of
from rpbind.ledger import ContrastPlan
from rpbind.recipe import Recipe

Values = Mapping[str, Any]
"""Dotted path of a hyperparameter, or of a slot -> its new value."""

REFERENCE, ALL = "reference", "all-changes"
"""The arm without any change, and the arm with every change."""


def _factorial(start: tuple[str, Recipe], end: tuple[str, Recipe], changes: Changes) -> Design:
    from rpbind.design.factorial import factorial  # SciPy

    return factorial(end, start[1], changes)


ALONE = "one-at-a-time"
DESIGNS = {
    ALONE: "each change alone, compared with the reference",
    "leave-one-out": "all changes but one, compared with all changes",
    "path": "the changes one after another, each step compared with the one before",
    "factorial": "every combination of two or more changes; a fraction of more than four",
}
"""Name -> what is compared with what."""

COMBINED: dict[str, Callable[[tuple[str, Recipe], tuple[str, Recipe], Changes], Design]] = {
    "leave-one-out": leave_one_out,
    "path": path,
    "factorial": _factorial,
}
"""The designs in which changes are made together: called with both ends and the changes."""


def own_design(reference: Recipe, changes: Mapping[str, Values], kind: str = ALONE) -> Design:
    """Return the design of a reference and named changes of it.

    Parameters
    ----------
    reference
        Recipe that the changes are made to.
    changes
        {name of a change: {path: value}}; a path design makes them in this order.
    kind
        A name of `DESIGNS`.

    Returns
    -------
    Design
        Its arm without a change is called "reference", the one with all of them "all-changes", and
        in a one-at-a-time design every other arm has the name of its change.

    Raises
    ------
    UserError
        If there is no change, a path or value is not the recipe's, a change changes nothing, or
        two changes that are made together set the same hyperparameter.

    Examples
    --------
    >>> from rpbind.recipe.presets import FIXED
    >>> changes = {"no-residual": {"model.residual": False}, "conv": {"model.encoder": "conv"}}
    >>> [arm.name for arm in own_design(FIXED, changes).arms]
    ['reference', 'no-residual', 'conv']
    """
    check_one_of("design", kind, DESIGNS)
    if not changes:
        raise UserError(
            "A study compares a reference with one change of it or more, and got none. Give "
            'changes such as {"no-residual": {"model.residual": False}}.'
        )
    changed = {name: _changed(reference, name, values) for name, values in changes.items()}
    if kind == ALONE:
        return _alone(reference, changes, changed)
    _check_apart(changes)
    end = reference.with_({k: v for values in changes.values() for k, v in values.items()})
    paths = {name: tuple(values) for name, values in changes.items()}
    return COMBINED[kind]((REFERENCE, reference), (ALL, end), paths)


def _changed(reference: Recipe, name: str, values: Values) -> Recipe:
    """Return the recipe with one change; refuse one that changes nothing."""
    if not isinstance(values, Mapping) or not values:
        raise UserError(
            f"The change '{name}' is a mapping from paths to values, such as "
            f'{{"train.lr": 0.001}}; got {values!r}.'
        )
    if name in (REFERENCE, ALL):
        raise UserError(f"'{name}' is the name of an arm that every design has: rename the change.")
    try:
        changed = reference.with_(values)
    except UserError as error:
        raise UserError(f"The change '{name}' cannot be made. {error}") from None
    if changed == reference:
        raise UserError(
            f"The change '{name}' changes nothing: the reference has the same "
            f"{', '.join(values)}. Remove the change, or give other values."
        )
    return changed


def _alone(
    reference: Recipe, changes: Mapping[str, Values], changed: Mapping[str, Recipe]
) -> Design:
    """Compare each change with the reference; they may be alternatives for one slot."""
    first = arm(REFERENCE, reference, "reference")
    arms = [arm(name, recipe, words(first, recipe)) for name, recipe in changed.items()]
    contrasts = [
        ContrastPlan(name=name, arm=name, reference=REFERENCE, fields=tuple(values))
        for name, values in changes.items()
    ]
    return Design(ALONE, (first, *arms), tuple(contrasts))


def _check_apart(changes: Mapping[str, Values]) -> None:
    """Refuse two changes that set one hyperparameter, or a slot and something within it."""
    for (one, values), (other, others) in combinations(changes.items(), 2):
        for mine in values:
            for theirs in others:
                if f"{mine}.".startswith(f"{theirs}.") or f"{theirs}.".startswith(f"{mine}."):
                    both = mine if mine == theirs else f"{mine} and {theirs}"
                    raise UserError(
                        f"The changes '{one}' and '{other}' both set {both}, and this design makes "
                        f"them together. Merge the two, or take the design '{ALONE}'."
                    )
