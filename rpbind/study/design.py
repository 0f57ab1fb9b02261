"""A design says which arms answer a question: recipes that differ by named changes, and contrasts.

A change is a name and the recipe fields that it moves from a start recipe to an end recipe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rpbind.errors import UserError
from rpbind.ledger import ArmPlan, ContrastPlan
from rpbind.recipe import Recipe

Changes = Mapping[str, Sequence[str]]
"""Change name -> the recipe fields (dotted paths, whole variants included) that it moves."""

SEED_CHANGES: Changes = {
    "expand-memory": ("model.memory",),
    "temperature": ("model.attention.temperature",),
    "residual": ("model.residual",),
    "feed-forward": ("model.feed_forward",),
    "init": ("model.init",),
    "clip-norm": ("train.clip_norm",),
    "lr": ("train.lr",),
    "weight-decay": ("train.weight_decay",),
    "classifier": ("model.classifier",),
}
"""The seed's fix, taken apart: what separates `old` from `fixed`."""

CONTEXT_CHANGES: Changes = {
    "conv-encoder": ("model.encoder",),
    "residue-memory": ("model.memory",),
}
"""What the seed's fix left out: RNA context, and memory in which attention can matter."""


@dataclass(frozen=True)
class Design:
    """Arms and the contrasts between them."""

    name: str
    arms: tuple[ArmPlan, ...]
    contrasts: tuple[ContrastPlan, ...]

    def __post_init__(self) -> None:
        names = [arm.name for arm in self.arms]
        if twice := {name for name in names if names.count(name) > 1}:
            raise UserError(f"Two arms have one name: {', '.join(sorted(twice))}. Rename one.")

    def then(self, other: Design) -> Design:
        """Join a design that starts where this one ends; the shared arm is kept once."""
        known = {(arm.name, arm.recipe_id) for arm in self.arms}
        new = tuple(arm for arm in other.arms if (arm.name, arm.recipe_id) not in known)
        arms = self.arms + new
        return Design(self.name, arms, self.contrasts + other.contrasts)


def path(start: tuple[str, Recipe], end: tuple[str, Recipe], changes: Changes) -> Design:
    """Go from start to end one change at a time; each arm is compared with the one before it."""
    name, recipe = start
    arms, contrasts = [arm(name, recipe, "start")], []
    _covers(recipe, end[1], changes)
    for number, (change, fields) in enumerate(changes.items(), start=1):
        recipe = _move(recipe, end[1], fields)
        last = number == len(changes)
        after = end[0] if last else f"to-{change}"
        arms.append(arm(after, recipe, _words(arms[-1], recipe)))
        contrasts.append(ContrastPlan(name=change, arm=after, reference=arms[-2].name))
    if len(changes) > 1:
        whole = f"{start[0]}-to-{end[0]}"
        contrasts.append(ContrastPlan(name=whole, arm=end[0], reference=name))
    return Design("path", tuple(arms), tuple(contrasts))


def leave_one_out(start: tuple[str, Recipe], end: tuple[str, Recipe], changes: Changes) -> Design:
    """Take one change at a time back out of `end`; each arm is compared with `end`."""
    _covers(start[1], end[1], changes)
    reference = arm(end[0], end[1], "reference")
    arms = [reference]
    for change, fields in changes.items():
        recipe = _move(end[1], start[1], fields)
        arms.append(arm(f"no-{change}", recipe, _words(reference, recipe)))
    contrasts = [ContrastPlan(name=a.name, arm=a.name, reference=end[0]) for a in arms[1:]]
    return Design("leave-one-out", tuple(arms), tuple(contrasts))


def arm(name: str, recipe: Recipe, change: str) -> ArmPlan:
    """Return the plan of one arm."""
    return ArmPlan(
        name=name, recipe=recipe.model_dump(mode="json"), recipe_id=recipe.id, change=change
    )


def _move(recipe: Recipe, target: Recipe, fields: Sequence[str]) -> Recipe:
    return recipe.with_({field: _value(target, field) for field in fields})


def _value(recipe: Recipe, field: str) -> Any:
    value: Any = recipe.model_dump(mode="json")
    for key in field.split("."):
        value = value[key]
    return value


def _words(before: ArmPlan, recipe: Recipe) -> str:
    """Say the difference to an arm in words: `knob: was -> is`, one after another."""
    was = Recipe.model_validate(before.recipe)
    return "; ".join(f"{k}: {_say(a)} → {_say(b)}" for k, (a, b) in was.diff(recipe).items())


def _say(value: Any) -> str:
    return "–" if value is None else str(value)


def _covers(start: Recipe, end: Recipe, changes: Changes) -> None:
    """Refuse changes that do not lead from start to end, or that change nothing."""
    moved = start
    for change, fields in changes.items():
        before, moved = moved, _move(moved, end, fields)
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
