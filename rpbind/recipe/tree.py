"""A recipe as nested mappings: flat and canonical forms, and values set by their dotted path."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from rpbind.errors import UserError, did_you_mean
from rpbind.recipe.base import OFF


def flat(tree: dict[str, Any]) -> dict[str, Any]:
    """Return nested mappings as one flat mapping.

    Parameters
    ----------
    tree
        Nested mappings with string keys.

    Returns
    -------
    dict
        {dotted path: value} for every leaf.
    """
    return dict(_leaves(tree, ""))


def canonical(value: Any) -> str:
    """Return a value's canonical JSON, so that equal values have equal hashes.

    Parameters
    ----------
    value
        Anything that JSON can hold, without infinity and NaN.

    Returns
    -------
    str
        The JSON with sorted keys and without spaces.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _leaves(tree: Any, prefix: str) -> list[tuple[str, Any]]:
    if not isinstance(tree, dict):
        return [(prefix, tree)]
    return [
        leaf
        for key, value in tree.items()
        for leaf in _leaves(value, f"{prefix}.{key}" if prefix else key)
    ]


def set_value(tree: dict[str, Any], path: str, value: Any, *, fresh: bool) -> None:
    """Set one value of the tree.

    `fresh`: these changes also set the parent, whose defaults are not filled in yet, so its fields
    cannot be checked here.
    """
    *parents, last = path.split(".")
    node: Any = tree
    for depth, key in enumerate(parents):
        if fresh and key == "options" and isinstance(node, dict):
            node.setdefault(key, {})  # a class of the user's own that these changes also set
        node = node.get(key) if isinstance(node, dict) else None
        if node is None or node == OFF:
            raise UserError(unknown_path(tree, path, ".".join(parents[: depth + 1])))
    if not isinstance(node, dict) or (last not in node and not fresh):
        raise UserError(unknown_path(tree, path, path))
    current = node.get(last)
    is_variant = isinstance(current, dict) and "kind" in current
    if isinstance(value, dict):
        value = deepcopy(value)  # later paths may change it, and the caller keeps the original
    node[last] = {"kind": value} if is_variant and isinstance(value, str) else value


def unknown_path(tree: dict[str, Any], path: str, stopped: str) -> str:
    """Return the message for a path that the tree lacks; `stopped` is its part that was reached."""
    known = [leaf for leaf, _ in _leaves(tree, "")]
    parents = {".".join(k.split(".")[:i]) for k in known for i in range(1, k.count(".") + 1)}
    if stopped in known and stopped != path:
        return (
            f"The recipe has no hyperparameter '{path}', since {stopped} is off. Give {stopped} a "
            "value first."
        )
    near = did_you_mean(path, [*known, *sorted(parents)])
    reached = "" if near or stopped == path else f" (stopped at '{stopped}')"
    return f"The recipe has no hyperparameter '{path}'{reached}.{near}"
