"""A design from a reference recipe and named changes of it: a user's own question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from rpbind.design.changes import Changes, differing
from rpbind.design.design import Design, arm, words
from rpbind.design.kinds import ALONE, COMBINED, DESIGNS, End
from rpbind.errors import UserError, check_one_of
from rpbind.ledger import ContrastPlan
from rpbind.recipe import Recipe

Values = Mapping[str, Any]
"""Dotted path of a hyperparameter, or of a slot -> its new value."""

REFERENCE, ALL = "reference", "all-changes"
"""The arm without any change, and the arm with every change, where they have no other names."""


class ChangeError(UserError):
    """A change that cannot be made.

    Parameters
    ----------
    why
        The message.
    change
        Name of the change.
    """

    def __init__(self, why: str, change: str) -> None:
        super().__init__(why)
        self.change = change


@dataclass(frozen=True)
class Part:
    """One of the designs that a study joins.

    Parameters
    ----------
    kind
        A name of `DESIGNS`.
    start
        Name of the arm without the changes: the reference, or the `end` of an earlier part, whose
        recipe this one then starts from.
    end
        Name of the arm with all of the changes.
    changes
        Names of the changes that it makes, in order; None for all.
    """

    kind: str = ALONE
    start: str = REFERENCE
    end: str = ALL
    changes: tuple[str, ...] | None = None


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
        As `joined_design`.

    Examples
    --------
    >>> from rpbind.recipe.presets import FIXED
    >>> changes = {"no-residual": {"model.residual": False}, "conv": {"model.encoder": "conv"}}
    >>> [arm.name for arm in own_design(FIXED, changes).arms]
    ['reference', 'no-residual', 'conv']
    """
    return joined_design(reference, changes, [Part(kind)])


def joined_design(
    reference: Recipe,
    changes: Mapping[str, Values],
    parts: Sequence[Part],
    *,
    name: str = REFERENCE,
    adjusted: Callable[[Recipe], Recipe] = lambda recipe: recipe,
    only_differing: bool = False,
) -> Design:
    """Return several designs of a reference and named changes of it, joined.

    Parameters
    ----------
    reference
        Recipe that the changes are made to.
    changes
        {name of a change: {path: value}}.
    parts
        The designs, at least one.
    name
        Name of the reference, from which the first of them starts.
    adjusted
        Applied to the recipe of every arm, after the changes: for example to divide all widths.
    only_differing
        Leave out changes that change nothing after that, instead of refusing them.

    Returns
    -------
    Design
        The joined design, with the name of its first part.

    Raises
    ------
    UserError
        If there is no change, a path or value is not the recipe's, a change changes nothing, or
        two changes that are made together set the same hyperparameter.
    """
    if not changes:
        raise UserError(
            "A study compares a reference with one change of it or more, and got none. Give "
            'changes such as {"no-residual": {"model.residual": False}}.'
        )
    starts = {name: reference}
    designs = []
    for each in parts:
        check_one_of("design", each.kind, DESIGNS)
        check_one_of("The start of a design", each.start, starts)
        names = tuple(changes) if each.changes is None else each.changes
        for change in names:
            check_one_of("A change of a design", change, changes)
        designs.append(
            _part(
                each,
                starts,
                {change: changes[change] for change in names},
                adjusted=adjusted,
                only_differing=only_differing,
            )
        )
    whole, *others = designs
    for other in others:
        whole = whole.then(other)
    return whole


def _part(
    part: Part,
    starts: dict[str, Recipe],
    changes: Mapping[str, Values],
    *,
    adjusted: Callable[[Recipe], Recipe],
    only_differing: bool,
) -> Design:
    """Return one of the designs; the recipe of its end joins `starts`."""
    start = starts[part.start]
    alone = {}
    for name, values in changes.items():
        if name in (part.start, part.end):
            raise ChangeError(
                f"'{name}' is the name of an arm of the design: rename the change.", name
            )
        alone[name] = _changed(start, name, values)
    first = (part.start, adjusted(start))
    paths: Changes = {name: tuple(values) for name, values in changes.items()}
    if part.kind == ALONE:
        made = {name: _adjusted(recipe, name, adjusted) for name, recipe in alone.items()}
        if only_differing:
            made = {name: recipe for name, recipe in made.items() if recipe != first[1]}
        return _alone(first, made, paths)
    _check_apart(changes)
    end = start.with_({k: v for values in changes.values() for k, v in values.items()})
    starts[part.end] = end
    last = (part.end, adjusted(end))
    if only_differing:
        paths = differing(paths, first[1], last[1])
    return COMBINED[part.kind](first, last, paths)


def _changed(reference: Recipe, name: str, values: Values) -> Recipe:
    """Return the recipe with one change; refuse one that changes nothing."""
    if not isinstance(values, Mapping) or not values:
        raise ChangeError(
            f"The change '{name}' is a mapping from paths to values, such as "
            f'{{"train.lr": 0.001}}; got {values!r}.',
            name,
        )
    try:
        changed = reference.with_(values)
    except UserError as error:
        raise ChangeError(f"The change '{name}' cannot be made. {error}", name) from None
    if changed == reference:
        raise ChangeError(
            f"The change '{name}' changes nothing: the reference has the same "
            f"{', '.join(values)}. Remove the change, or give other values.",
            name,
        )
    return changed


def _adjusted(recipe: Recipe, name: str, adjusted: Callable[[Recipe], Recipe]) -> Recipe:
    try:
        return adjusted(recipe)
    except UserError as error:
        raise ChangeError(f"The change '{name}' cannot be made. {error}", name) from None


def _alone(first: End, changed: Mapping[str, Recipe], paths: Changes) -> Design:
    """Compare each change with the reference; they may be alternatives for one slot."""
    start = arm(*first, "reference")
    arms = [arm(name, recipe, words(start, recipe)) for name, recipe in changed.items()]
    contrasts = [
        ContrastPlan(name=name, arm=name, reference=start.name, fields=tuple(paths[name]))
        for name in changed
    ]
    return Design(ALONE, (start, *arms), tuple(contrasts))


def _check_apart(changes: Mapping[str, Values]) -> None:
    """Refuse two changes that set one hyperparameter, or a slot and something within it."""
    for (one, values), (other, others) in combinations(changes.items(), 2):
        for mine in values:
            for theirs in others:
                if f"{mine}.".startswith(f"{theirs}.") or f"{theirs}.".startswith(f"{mine}."):
                    both = mine if mine == theirs else f"{mine} and {theirs}"
                    raise ChangeError(
                        f"The changes '{one}' and '{other}' both set {both}, and this design makes "
                        f"them together. Merge the two, or take the design '{ALONE}'.",
                        other,
                    )
