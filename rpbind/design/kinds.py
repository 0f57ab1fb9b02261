"""The designs by name: what is compared with what."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from rpbind.design.changes import Changes
from rpbind.design.design import Design, add_one_in, leave_one_out, path
from rpbind.recipe import Recipe

End = tuple[str, Recipe]


def _factorial(start: End, end: End, changes: Changes) -> Design:
    from rpbind.design.factorial import factorial  # SciPy

    return factorial(end, start[1], changes)


def _both(start: End, end: End, changes: Changes) -> Design:
    return path(start, end, changes).then(path(start, end, changes, reverse=True))


ALONE = "one-at-a-time"
DESIGNS = {
    ALONE: "each change alone, compared with the reference",
    "add-one-in": "the same, for changes that can also be made together",
    "leave-one-out": "all changes but one, compared with all changes",
    "path": "the changes one after another, each step compared with the one before",
    "path-reverse": "the same in the opposite order",
    "path-both": "the path in both orders",
    "factorial": "every combination of two or more changes; a fraction of more than four",
}
"""Name -> what is compared with what."""

COMBINED: dict[str, Callable[[End, End, Changes], Design]] = {
    "add-one-in": add_one_in,
    "leave-one-out": leave_one_out,
    "path": path,
    "path-reverse": partial(path, reverse=True),
    "path-both": _both,
    "factorial": _factorial,
}
"""The designs in which changes are made together: called with both ends and the changes."""
