"""A search space is a TOML file: a sentence, and dimensions keyed by recipe paths."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rpbind.errors import UserError, check_no_yaml, did_you_mean
from rpbind.recipe import Recipe
from rpbind.spaces.dimension import NAMES, Dimension
from rpbind.spaces.dimension_base import as_text
from rpbind.spaces.narrow import divide_widths
from rpbind.spaces.numbers import FloatDimension
from rpbind.spaces.ranges import is_in_range, range_of
from rpbind.spaces.space_errors import mistakes
from rpbind.spaces.suggesters import FixedSuggester, RandomSuggester

CHECKED = 100
"""Draws of a space that are tried when it is loaded: what is only refused together shows there."""


class Space(BaseModel):
    """A sentence that says what is searched, and the dimensions, parents before their children."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    about: str
    dimension: Annotated[tuple[Dimension, ...], Field(min_length=1)]

    @property
    def paths(self) -> tuple[str, ...]:
        """The recipe paths that are searched, each once."""
        return tuple(dict.fromkeys(dim.path for dim in self.dimension))

    def suggest(self, trial: Any) -> dict[str, Any]:
        """Ask an Optuna trial for one value per dimension that applies; {recipe path: value}."""
        drawn: dict[str, Any] = {}
        for dim in self.dimension:
            if is_active(dim, drawn):
                drawn[dim.path] = dim.ask(trial)
        return drawn

    def draw(self, seed: int) -> dict[str, Any]:
        """Return what Optuna would be told for one configuration at random, by a seed."""
        dice = RandomSuggester(seed)
        self.suggest(dice)
        return dice.params

    def find(self, recipe: Recipe) -> dict[str, Any]:
        """Return what Optuna would have been told for this recipe's values of the dimensions.

        Raises `UserError` where the space does not hold them.
        """
        params: dict[str, Any] = {}
        values: dict[str, Any] = {}
        for dim in self.dimension:
            if not is_active(dim, values):
                continue
            value = recipe.value(dim.path)
            found = dim.find(value)
            if found is None:
                raise UserError(f"The space does not hold {dim.path} = {as_text(value)}.")
            params |= found
            values[dim.path] = dim.ask(FixedSuggester(found))
        if left := recipe.diff(recipe.with_(values)):
            raise UserError(
                f"The space does not hold the recipe's {', '.join(left)}: it has no dimension for "
                "them, and its variants come with other values."
            )
        return params

    def grid(self) -> list[dict[str, Any]]:
        """Every point of the grid, as what Optuna is told: numbers at both ends and the middle."""
        return list(self._grid(0, {}))

    def _grid(self, index: int, drawn: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if index == len(self.dimension):
            yield {}
            return
        dim = self.dimension[index]
        if not is_active(dim, drawn):
            yield from self._grid(index + 1, drawn)
            return
        for point in dim.grid:
            value = dim.ask(FixedSuggester(point))
            for rest in self._grid(index + 1, {**drawn, dim.path: value}):
                yield point | rest


FIELDS = {"": tuple(Space.model_fields), **NAMES}
"""The names that a space's file knows: its own, a condition's, and those of each kind."""


def load_space(path: Path, recipe: Recipe, narrower: int = 1) -> Space:
    """Read a search space and check every dimension against the recipe that it will change.

    Its widths are divided by `narrower`, as those of the recipe have been.

    Raises `UserError` where the file is no space, or where a path or value is not the recipe's.
    """
    check_no_yaml("A search space", path)
    try:
        tree = tomllib.loads(path.read_text("utf-8-sig"))
        space = Space.model_validate(tree)
    except FileNotFoundError:
        there = sorted(file.name for file in path.parent.glob("*.toml"))
        others = f" Its folder has {', '.join(there)}." if there else ""
        raise UserError(f"There is no search space {path}.{others}") from None
    except ValidationError as error:
        found = mistakes(error, tree, FIELDS)
        raise UserError("\n".join(f"{path} is no search space: {one}" for one in found)) from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is no search space: it is not text in UTF-8.") from None
    except IsADirectoryError:
        raise UserError(f"{path} is no search space but a folder: name a TOML file.") from None
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path} is no search space: {error}") from None
    small = f" (widths divided by {narrower})" if narrower > 1 else ""
    try:
        about, dimensions = divide_widths(space.about, space.dimension, narrower)
        space = space.model_copy(update={"about": about, "dimension": dimensions})
        check_space(space, recipe)
    except UserError as error:
        raise UserError(f"{path}{small}, {error}") from None
    return space


def check_space(space: Space, recipe: Recipe) -> None:
    """Raise `UserError` where the space cannot be drawn from for this recipe."""
    for index, dim in enumerate(space.dimension):
        before = space.dimension[:index]
        _has_its_place(dim, before)
        for given in _contexts(dim, before):
            try:
                _names_a_knob(dim, recipe.with_(given).value(dim.path))
                made = [
                    _made(dim, value, recipe.with_({**given, dim.path: value}))
                    for value in dim.extremes
                ]
                if dim.kind == "choice":
                    _all_differ(dim.values, made)
            except UserError as error:
                raise UserError(f"dimension '{dim.name}': {error}") from None
    for seed in range(CHECKED):
        drawn = space.suggest(RandomSuggester(seed))
        try:
            recipe.with_(drawn)
        except UserError as error:
            raise UserError(f"dimensions that do not go together: {error}") from None


def is_active(dim: Dimension, drawn: Mapping[str, Any]) -> bool:
    """Whether a dimension is asked, given what was drawn before it."""
    return dim.when is None or (dim.when.path in drawn and drawn[dim.when.path] in dim.when.values)


def _has_its_place(dim: Dimension, before: tuple[Dimension, ...]) -> None:
    """Refuse a second dimension for one path, an unknown parent, and a child before its parent."""
    for other in before:
        if other.path == dim.path and not _exclusive(dim, other):
            raise UserError(f"there are two dimensions for {dim.path} that can apply at once.")
        if other.path.startswith(f"{dim.path}."):
            raise UserError(f"dimension '{dim.path}' must come before '{other.path}', its part.")
    if dim.when is None:
        return
    parents = [other for other in before if other.path == dim.when.path]
    if not parents:
        paths = [other.path for other in before]
        raise UserError(
            f"dimension '{dim.name}' depends on '{dim.when.path}', which is no dimension before "
            f"it.{did_you_mean(dim.when.path, paths)}"
        )
    if any(isinstance(other, FloatDimension) for other in parents):
        raise UserError(
            f"dimension '{dim.name}' waits for a value of '{dim.when.path}', a continuous number, "
            "which is never drawn exactly: let it wait for a choice or a whole number."
        )
    for value in dim.when.values:
        if not any(is_in_range(other, value) for other in parents):
            words = [as_text(known) for other in parents for known in other.extremes]
            raise UserError(
                f"dimension '{dim.name}' waits for {as_text(value)}, which '{dim.when.path}' never "
                f"is: {' or '.join(map(range_of, parents))}.{did_you_mean(as_text(value), words)}"
            )


def _names_a_knob(dim: Dimension, value: Any) -> None:
    """Refuse a group of knobs; a choice may be among whole variants."""
    if isinstance(value, dict) and dim.kind != "choice":
        raise UserError(f"it is a group of knobs, {', '.join(value)}: name one of them.")


def _made(dim: Dimension, value: Any, recipe: Recipe) -> str:
    """Return the id of the recipe that a value makes; refuse one that is not found again in it."""
    held = recipe.value(dim.path)
    if dim.find(held) is None:
        raise UserError(f"the recipe takes {json.dumps(value)} as {json.dumps(held)}: write that.")
    return recipe.id


def _all_differ(values: list[Any], made: list[str]) -> None:
    """Refuse two choices of which the same recipe is made: one would be drawn twice as often."""
    first: dict[str, Any] = {}
    for value, recipe in zip(values, made, strict=True):
        if recipe in first:
            raise UserError(
                f"two of its values are the same, {as_text(first[recipe])} and {as_text(value)}: "
                "name each once."
            )
        first[recipe] = value


def _exclusive(one: Dimension, other: Dimension) -> bool:
    a, b = one.when, other.when
    return (
        a is not None
        and b is not None
        and a.path == b.path
        and not any(value in b.values for value in a.values)
    )


def _contexts(dim: Dimension, before: tuple[Dimension, ...]) -> list[dict[str, Any]]:
    """Return the changes under which a dimension is asked, one per value of its parent."""
    if dim.when is None:
        return [{}]
    contexts = []
    for place, parent in enumerate(before):
        if parent.path == dim.when.path:
            held = [value for value in dim.when.values if is_in_range(parent, value)]
            for given in _contexts(parent, before[:place]):
                contexts += [{**given, parent.path: value} for value in held]
    return contexts
