"""Changes: named sets of fields that move from their value in one recipe to that in another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rpbind.errors import UserError, check_one_of
from rpbind.recipe import Recipe

Changes = Mapping[str, Sequence[str]]
"""Name of a change -> the recipe fields that it moves, as dotted paths. A path may address a whole
variant, such as `model.memory`."""

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
    """Return the changes that a comma-separated list names, such as "residual,init".

    Parameters
    ----------
    changes
        All changes.
    names
        The list. An unknown name is a `UserError`.

    Returns
    -------
    Changes
        The named changes, in the order of the list.
    """
    requested = [name.strip() for name in names.split(",") if name.strip()]
    for name in requested:
        check_one_of("A change", name, changes)
    return {name: changes[name] for name in requested}


def move(recipe: Recipe, target: Recipe, fields: Sequence[str]) -> Recipe:
    """Return the recipe with the values of `target` in some fields."""
    return recipe.with_({field: target.value(field) for field in fields})


def differing(changes: Changes, start: Recipe, end: Recipe) -> Changes:
    """Keep the changes in which two recipes differ.

    Parameters
    ----------
    changes
        {name: paths that the change sets}.
    start, end
        The recipes.

    Returns
    -------
    The changes with at least one path that differs.
    """
    return {
        name: fields
        for name, fields in changes.items()
        if any(start.value(field) != end.value(field) for field in fields)
    }


def check_leads_to_end(start: Recipe, end: Recipe, changes: Changes) -> None:
    """Raise `UserError` if the changes do not lead from start to end, or if one changes nothing."""
    moved = start
    for change, fields in changes.items():
        before, moved = moved, move(moved, end, fields)
        if before == moved:
            raise UserError(
                f"The change '{change}' changes nothing: both recipes have the same "
                f"{', '.join(fields)}. Remove it from the design."
            )
    if left := moved.diff(end):
        raise UserError(
            "The changes of the design do not lead to the end recipe, which also differs in "
            f"{', '.join(left)}. Add a change for each of these fields."
        )
