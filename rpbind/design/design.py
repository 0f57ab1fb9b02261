"""Designs: the arms that answer a question (recipes that differ by named changes) and contrasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rpbind.design.changes import Changes, check_leads_to_end, move
from rpbind.errors import UserError
from rpbind.ledger import ArmPlan, ContrastPlan
from rpbind.recipe import Recipe


@dataclass(frozen=True)
class Design:
    """Arms, and the contrasts between them.

    Raises `UserError` if two arms have the same name, or if a contrast compares equal recipes.

    Parameters
    ----------
    name
        The kind of design, such as "path".
    arms
        The recipes under comparison.
    contrasts
        The comparisons that are judged.
    factors
        {change: names of the arms that have it} of a factorial design, else empty.
    """

    name: str
    arms: tuple[ArmPlan, ...]
    contrasts: tuple[ContrastPlan, ...]
    factors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [arm.name for arm in self.arms]
        if twice := {name for name in names if names.count(name) > 1}:
            raise UserError(f"Two arms have the same name: {', '.join(sorted(twice))}. Rename one.")
        recipes = {arm.name: arm.recipe_id for arm in self.arms}
        for contrast in self.contrasts:
            if recipes[contrast.arm] == recipes[contrast.reference]:
                raise UserError(
                    f"The arm '{contrast.arm}' has the same recipe as its reference "
                    f"'{contrast.reference}', so there is nothing to compare. Change one of its "
                    "hyperparameters, or remove it from the design."
                )

    def __str__(self) -> str:
        """Return the size of the design, and a line with the change of each arm."""
        size = f"{self.name}: {len(self.arms)} arms, {len(self.contrasts)} contrasts"
        return "\n".join([size, *(f"  {arm.name}: {arm.change}" for arm in self.arms)])

    def then(self, other: Design) -> Design:
        """Join another design; an arm or contrast of both designs is kept once.

        Parameters
        ----------
        other
            The design whose arms and contrasts follow.

        Returns
        -------
        Design
            The joined design, with the name of this one.
        """
        known = {(arm.name, arm.recipe_id) for arm in self.arms}
        new = tuple(arm for arm in other.arms if (arm.name, arm.recipe_id) not in known)
        added = tuple(each for each in other.contrasts if each not in self.contrasts)
        factors = {**self.factors, **other.factors}
        return Design(self.name, self.arms + new, self.contrasts + added, factors)


def path(
    start: tuple[str, Recipe], end: tuple[str, Recipe], changes: Changes, *, reverse: bool = False
) -> Design:
    """Go from start to end one change at a time; each arm is compared with the one before it.

    Parameters
    ----------
    start
        Name and recipe of the first arm.
    end
        Name and recipe of the last arm.
    changes
        The steps, in order. They must account for all differences between start and end.
    reverse
        Make the changes in the opposite order. If a step then has another effect, order matters.

    Returns
    -------
    Design
        One arm more than changes, a contrast per change, and one of the whole path.
    """
    name, recipe = start
    arms, contrasts = [arm(name, recipe, "start")], []
    check_leads_to_end(recipe, end[1], changes)
    order, to, mark = list(changes), "to-", ""
    if reverse:
        order, to, mark = order[::-1], "reverse-to-", " (reverse order)"
    for number, change in enumerate(order, start=1):
        recipe = move(recipe, end[1], changes[change])
        last = number == len(changes)
        after = end[0] if last else f"{to}{change}"
        arms.append(arm(after, recipe, words(arms[-1], recipe)))
        contrasts.append(_contrast(change + mark, after, arms[-2].name, changes[change]))
    if len(changes) > 1:
        whole = f"{start[0]}-to-{end[0]}"
        every = tuple(field for fields in changes.values() for field in fields)
        contrasts.append(_contrast(whole, end[0], name, every))
    return Design("path", tuple(arms), tuple(contrasts))


def leave_one_out(start: tuple[str, Recipe], end: tuple[str, Recipe], changes: Changes) -> Design:
    """Undo one change of `end` at a time; each arm is compared with `end`.

    Parameters
    ----------
    start
        Name and recipe without the changes.
    end
        Name and recipe with all changes: the reference.
    changes
        The changes. They must account for all differences between start and end.

    Returns
    -------
    Design
        The reference, and an arm and a contrast per change.
    """
    check_leads_to_end(start[1], end[1], changes)
    return _one_at_a_time(
        "leave-one-out", end, start[1], {f"no-{c}": f for c, f in changes.items()}
    )


def add_one_in(start: tuple[str, Recipe], end: tuple[str, Recipe], changes: Changes) -> Design:
    """Make one change of `start` at a time; each arm is compared with `start`.

    Parameters
    ----------
    start
        Name and recipe without the changes: the reference.
    end
        Name and recipe with all changes.
    changes
        The changes. They must account for all differences between start and end.

    Returns
    -------
    Design
        The reference, and an arm and a contrast per change.
    """
    check_leads_to_end(start[1], end[1], changes)
    added = {f"with-{change}": fields for change, fields in changes.items()}
    return _one_at_a_time("add-one-in", start, end[1], added)


def _one_at_a_time(
    name: str, reference: tuple[str, Recipe], target: Recipe, changes: Changes
) -> Design:
    """Move the reference towards `target`, one change per arm."""
    first = arm(*reference, "reference")
    moved = {change: move(reference[1], target, fields) for change, fields in changes.items()}
    arms = [first, *(arm(change, recipe, words(first, recipe)) for change, recipe in moved.items())]
    contrasts = [_contrast(one, one, first.name, fields) for one, fields in changes.items()]
    return Design(name, tuple(arms), tuple(contrasts))


def arm(name: str, recipe: Recipe, change: str) -> ArmPlan:
    """Return the plan of one arm.

    Parameters
    ----------
    name
        The arm's name, unique in its study.
    recipe
        All hyperparameters of its runs.
    change
        What it changes, in words, for reports.

    Returns
    -------
    ArmPlan
        The arm, with the recipe's id.
    """
    return ArmPlan(
        name=name, recipe=recipe.model_dump(mode="json"), recipe_id=recipe.id, change=change
    )


def _contrast(name: str, arm: str, reference: str, fields: Sequence[str]) -> ContrastPlan:
    return ContrastPlan(name=name, arm=arm, reference=reference, fields=tuple(fields))


def words(before: ArmPlan, recipe: Recipe) -> str:
    """Return the differences between an arm and a recipe, as "field: old → new; ..."."""
    was = Recipe.model_validate(before.recipe)
    said = {k: f"{_say(k, a)} → {_say(k, b)}" for k, (a, b) in was.diff(recipe).items()}
    old, new = was.flat(), recipe.flat()
    for slot in ("model", "model.encoder", "model.memory"):
        classes = [each.get(f"{slot}.class") for each in (old, new)]
        if classes[0] != classes[1]:  # another class is one change, not one of each of its options
            said = {k: v for k, v in said.items() if not k.startswith(f"{slot}.")}
            said[slot] = f"{_variant(slot, old)} → {_variant(slot, new)}"
    return "; ".join(f"{path}: {words}" for path, words in said.items())


def _variant(slot: str, fields: dict[str, Any]) -> str:
    """Name the variant of a slot; a class of the user's own with its options and its content."""
    if (kind := fields.get(f"{slot}.kind")) != "custom":
        return str(kind or "its slots")
    start = f"{slot}.options."
    options = [f"{k.removeprefix(start)}={v}" for k, v in fields.items() if k.startswith(start)]
    content = fields[f"{slot}.sha256"][:8]
    return f"{fields[f'{slot}.class']}({', '.join(options)}), content {content}"


def _say(path: str, value: Any) -> str:
    if value is None:
        return "–"
    return f"content {value[:8]}" if path.endswith(".sha256") else str(value)
