"""A design says which arms answer a question: recipes that differ by named changes, and contrasts.

A change is a name and the recipe fields that it moves from a start recipe to an end recipe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rpbind.errors import UserError, check_one_of
from rpbind.ledger import ArmPlan, ContrastPlan
from rpbind.recipe import Recipe

Changes = Mapping[str, Sequence[str]]
"""Change name -> the recipe fields (dotted paths, whole variants included) that it moves."""

ORIGINAL_CHANGES: Changes = {
    "expand-memory": ("model.memory",),
    "temperature": ("model.attention.temperature",),
    "residual": ("model.residual",),
    "feed-forward": ("model.feed_forward",),
    "init": ("model.init",),
    "clip-norm": ("train.clip_norm",),
    "lr": ("train.lr",),
    "weight-decay": ("train.weight_decay",),
    "classifier": ("model.classifier",),
    "min-lr": ("train.schedule",),
    "stop-after": ("train.stop_after",),
}
"""The changes of the original model's fix, in order: all that separates `old` from `fixed`."""

CONTEXT_CHANGES: Changes = {
    "conv-encoder": ("model.encoder",),
    "residue-memory": ("model.memory",),
}
"""Changes beyond that fix: RNA context, and a memory in which attention can matter."""


def chosen(changes: Changes, names: str) -> Changes:
    """Return the changes of a list such as "residual,init"; `UserError` on an unknown one."""
    asked = [name.strip() for name in names.split(",") if name.strip()]
    for name in asked:
        check_one_of("A change", name, changes)
    return {name: changes[name] for name in asked}


@dataclass(frozen=True)
class Design:
    """Arms and the contrasts between them; `factors` is {change: arms that have it} of a factorial.

    Raises `UserError` where two arms have one name, or where a contrast compares equal recipes.
    """

    name: str
    arms: tuple[ArmPlan, ...]
    contrasts: tuple[ContrastPlan, ...]
    factors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [arm.name for arm in self.arms]
        if twice := {name for name in names if names.count(name) > 1}:
            raise UserError(f"Two arms have one name: {', '.join(sorted(twice))}. Rename one.")
        recipes = {arm.name: arm.recipe_id for arm in self.arms}
        for contrast in self.contrasts:
            if recipes[contrast.arm] == recipes[contrast.reference]:
                raise UserError(
                    f"The arm '{contrast.arm}' has the recipe of its reference "
                    f"'{contrast.reference}': there is nothing to compare. Change a knob of it, or "
                    "take it out of the design."
                )

    def __str__(self) -> str:
        """Return the design in words: its size, and what each arm changes."""
        size = f"{self.name}: {len(self.arms)} arms, {len(self.contrasts)} contrasts"
        return "\n".join([size, *(f"  {arm.name}: {arm.change}" for arm in self.arms)])

    def then(self, other: Design) -> Design:
        """Join another design; an arm or a contrast that both have is kept once."""
        known = {(arm.name, arm.recipe_id) for arm in self.arms}
        new = tuple(arm for arm in other.arms if (arm.name, arm.recipe_id) not in known)
        asked = tuple(each for each in other.contrasts if each not in self.contrasts)
        factors = {**self.factors, **other.factors}
        return Design(self.name, self.arms + new, self.contrasts + asked, factors)


def path(
    start: tuple[str, Recipe], end: tuple[str, Recipe], changes: Changes, *, reverse: bool = False
) -> Design:
    """Go from start to end one change at a time; each arm is compared with the one before it.

    `reverse` makes the changes in the opposite order: where a step then differs, order matters.
    """
    name, recipe = start
    arms, contrasts = [arm(name, recipe, "start")], []
    _covers(recipe, end[1], changes)
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
    """Take one change at a time back out of `end`; each arm is compared with `end`."""
    _covers(start[1], end[1], changes)
    return _one_at_a_time(
        "leave-one-out", end, start[1], {f"no-{c}": f for c, f in changes.items()}
    )


def add_one_in(start: tuple[str, Recipe], end: tuple[str, Recipe], changes: Changes) -> Design:
    """Make one change at a time on top of `start`; each arm is compared with `start`."""
    _covers(start[1], end[1], changes)
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
    """Return the plan of one arm."""
    return ArmPlan(
        name=name, recipe=recipe.model_dump(mode="json"), recipe_id=recipe.id, change=change
    )


def _contrast(name: str, arm: str, reference: str, fields: Sequence[str]) -> ContrastPlan:
    return ContrastPlan(name=name, arm=arm, reference=reference, fields=tuple(fields))


def move(recipe: Recipe, target: Recipe, fields: Sequence[str]) -> Recipe:
    """Return the recipe with some fields as `target` has them."""
    return recipe.with_({field: target.value(field) for field in fields})


def words(before: ArmPlan, recipe: Recipe) -> str:
    """Say the difference to an arm in words: `knob: was -> is`, one after another."""
    was = Recipe.model_validate(before.recipe)
    return "; ".join(f"{k}: {_say(a)} → {_say(b)}" for k, (a, b) in was.diff(recipe).items())


def _say(value: Any) -> str:
    return "–" if value is None else str(value)


def _covers(start: Recipe, end: Recipe, changes: Changes) -> None:
    """Refuse changes that do not lead from start to end, or that change nothing."""
    moved = start
    for change, fields in changes.items():
        before, moved = moved, move(moved, end, fields)
        if before == moved:
            raise UserError(
                f"The change '{change}' changes nothing: both recipes have the same "
                f"{', '.join(fields)}. Take it out of the design."
            )
    if left := moved.diff(end):
        raise UserError(
            "The named changes do not lead to the end recipe; it also differs in "
            f"{', '.join(left)}. Name a change for each."
        )
