"""The changes between the models with which rpbind began: `old`, `fixed`, and one with context."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rpbind.design.changes import CONTEXT_CHANGES as CONTEXT_PATHS
from rpbind.design.changes import ORIGINAL_CHANGES as ORIGINAL_PATHS
from rpbind.design.changes import Changes
from rpbind.recipe import Recipe
from rpbind.recipe.presets import CONV_RESIDUE, FIXED

WITH_CONTEXT = FIXED.with_(
    {
        "model.encoder": CONV_RESIDUE.value("model.encoder")
        | {"dim": FIXED.value("model.encoder.dim")},
        "model.memory": "residue",
    }
)
"""`fixed` with an encoder that sees neighbouring letters, and with one key per residue."""


def _values(changes: Changes, end: Recipe) -> Mapping[str, Mapping[str, Any]]:
    return {name: {path: end.value(path) for path in paths} for name, paths in changes.items()}


ORIGINAL_CHANGES = _values(ORIGINAL_PATHS, FIXED)
"""{name: {path: value}} of the eleven changes of the original model's fix, in order."""

CONTEXT_CHANGES = _values(CONTEXT_PATHS, WITH_CONTEXT)
"""The changes beyond that fix: RNA context, and a memory in which attention can matter."""
