"""A recipe is every knob of one run: immutable, typed, hashable; two runs differ by recipe or seed.

What data a run reads (dataset, split) is not a knob: the ledger records it beside the recipe.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from rpbind.errors import MAX_MISTAKES, UserError, did_you_mean, mistake, mistake_path
from rpbind.recipe.base import OFF, Hyperparameters, optional_fields
from rpbind.recipe.model import Model
from rpbind.recipe.training import Train

EncoderName = Annotated[str, Field(pattern=r"^[^/.\x00][^/\x00]*$", max_length=120)]
"""The name of an encoder's vectors, which is a folder's name."""


class Recipe(Hyperparameters):
    """Every knob of one run; `proteins` names the protein encoder whose vectors it reads."""

    proteins: EncoderName = "physchem"
    model: Model = Model()
    train: Train = Train()

    @property
    def id(self) -> str:
        """Twelve hex digits of the SHA-256 of the recipe's canonical JSON."""
        return hashlib.sha256(canonical(self.model_dump(mode="json")).encode()).hexdigest()[:12]

    def with_(self, changes: Mapping[str, Any]) -> Recipe:
        """Return a copy with `changes`, a mapping from dotted path to value.

        A path that ends on a variant takes its whole mapping, or its `kind` alone for that
        variant's defaults, which later paths below it may change. Raises `UserError` on an unknown
        path (with the nearest right one) or a value that the field refuses. Optional fields are
        left out by None or "off".
        """
        tree = self.model_dump(mode="json")
        for path, value in changes.items():
            _put(tree, path, value, fresh=path.rpartition(".")[0] in changes)
        try:
            return Recipe.model_validate(tree)
        except ValidationError as error:
            raise UserError(f"The recipe refuses {dict(changes)!r}: {refusals(error)}.") from None

    @classmethod
    def from_record(cls, tree: Mapping[str, Any], whose: str) -> Recipe:
        """Return a recipe that a study has recorded; `UserError` where this version has no such."""
        try:
            return cls.model_validate(tree)
        except ValidationError as error:
            raise UserError(
                f"The recipe of {whose} is none that this version reads: {refusals(error)}. Read "
                "the study with the version of rpbind that made it."
            ) from None

    def value(self, path: str) -> Any:
        """Return the value at a dotted path; raises `UserError` with the nearest right one."""
        tree = value = self.model_dump(mode="json")
        for key in path.split("."):
            if not isinstance(value, dict) or key not in value:
                raise UserError(_unknown(tree, path, key))
            value = value[key]
        return value

    def flat(self) -> dict[str, Any]:
        """Return {dotted path: value} for every knob that this recipe has."""
        return flat(self.model_dump(mode="json"))

    def diff(self, other: Recipe) -> dict[str, tuple[Any, Any]]:
        """Return {dotted path: (mine, theirs)} where the two differ; an absent knob is None."""
        mine, theirs = self.flat(), other.flat()
        keys = [*mine, *(k for k in theirs if k not in mine)]
        return {k: (mine.get(k), theirs.get(k)) for k in keys if mine.get(k) != theirs.get(k)}


def flat(tree: dict[str, Any]) -> dict[str, Any]:
    """Return {dotted path: value} for every leaf of nested mappings."""
    return dict(_leaves(tree, ""))


def canonical(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _leaves(tree: Any, prefix: str) -> list[tuple[str, Any]]:
    if not isinstance(tree, dict):
        return [(prefix, tree)]
    return [
        leaf
        for key, value in tree.items()
        for leaf in _leaves(value, f"{prefix}.{key}" if prefix else key)
    ]


def _put(tree: dict[str, Any], path: str, value: Any, *, fresh: bool) -> None:
    """Set a leaf of the tree; in a `fresh` variant, whose defaults are not there yet, any leaf."""
    *parents, last = path.split(".")
    node: Any = tree
    for depth, key in enumerate(parents):
        node = node.get(key) if isinstance(node, dict) else None
        if node is None or node == OFF:
            raise UserError(_unknown(tree, path, ".".join(parents[: depth + 1])))
    if not isinstance(node, dict) or (last not in node and not fresh):
        raise UserError(_unknown(tree, path, path))
    current = node.get(last)
    is_variant = isinstance(current, dict) and "kind" in current
    if isinstance(value, dict):
        value = dict(value)  # paths below it may change it, and it is the caller's
    node[last] = {"kind": value} if is_variant and isinstance(value, str) else value


def _unknown(tree: dict[str, Any], path: str, stopped: str) -> str:
    known = [leaf for leaf, _ in _leaves(tree, "")]
    parents = {".".join(k.split(".")[:i]) for k in known for i in range(1, k.count(".") + 1)}
    if stopped in known and stopped != path:
        return (
            f"The recipe has no hyperparameter '{path}', since {stopped} is off. Give {stopped} a "
            "value first."
        )
    return (
        f"The recipe has no hyperparameter '{path}' (stopped at '{stopped}')."
        f"{did_you_mean(path, [*known, *sorted(parents)])}"
    )


def off_hint(mistake_path: Sequence[Any]) -> str:
    """Return how a refused field is left out, where it can be; "" where it cannot."""
    name = mistake_path[-1] if mistake_path else ""
    return f'; to leave {name} out, write "{OFF}"' if name in optional_fields() else ""


def refusals(error: ValidationError) -> str:
    """Say what a recipe refuses: for each field its path, what was expected, what was found."""
    return "; ".join(refusal(one) for one in error.errors(include_url=False)[:MAX_MISTAKES])


def refusal(one: ErrorDetails) -> str:
    """Say one thing that a recipe refuses."""
    return mistake(one, mistake_path(one, FIELDS)) + off_hint(one["loc"])


def _fields(part: type[Hyperparameters]) -> set[str]:
    names = set(part.model_fields)
    return names.union(*(_fields(each) for each in part.__subclasses__()))


FIELDS = frozenset(_fields(Hyperparameters))
"""Every name that a recipe's paths are made of."""
