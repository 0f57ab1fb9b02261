"""A search space: a TOML file with a description and dimensions, each for one recipe path."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rpbind.errors import UserError, check_no_yaml
from rpbind.parts.contents import relative_to
from rpbind.recipe import Recipe
from rpbind.recipe.custom import recorded
from rpbind.spaces.check import check_dimension, is_active
from rpbind.spaces.dimension import NAMES, Dimension
from rpbind.spaces.dimension_base import as_text
from rpbind.spaces.named import missing, space_file
from rpbind.spaces.narrow import divide_widths
from rpbind.spaces.space_errors import mistakes
from rpbind.spaces.suggesters import FixedSuggester, RandomSuggester

CHECKED = 100
"""Random configurations that `check_space` tries, to find values that are only wrong together."""


class Space(BaseModel):
    """A search space.

    Parameters
    ----------
    about
        A sentence that says what is searched; reports show it.
    dimension
        The dimensions, each parent before those that depend on it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    about: str
    dimension: Annotated[tuple[Dimension, ...], Field(min_length=1)]

    @property
    def paths(self) -> tuple[str, ...]:
        """The recipe paths that are searched, each once."""
        return tuple(dict.fromkeys(dim.path for dim in self.dimension))

    def suggest(self, trial: Any) -> dict[str, Any]:
        """Take one value for every dimension whose condition holds.

        Parameters
        ----------
        trial
            An Optuna trial, or anything with its `suggest_*` methods.

        Returns
        -------
        {recipe path: value}.
        """
        drawn: dict[str, Any] = {}
        for dim in self.dimension:
            if is_active(dim, drawn):
                drawn[dim.path] = dim.suggest(trial)
        return drawn

    def draw(self, seed: int) -> dict[str, Any]:
        """Draw one configuration at random, without Optuna.

        Parameters
        ----------
        seed
            Random number of the draw.

        Returns
        -------
        The Optuna parameters of the configuration.
        """
        suggester = RandomSuggester(seed)
        self.suggest(suggester)
        return suggester.params

    def find(self, recipe: Recipe) -> dict[str, Any]:
        """Find the Optuna parameters that produce a recipe's values of all dimensions.

        Parameters
        ----------
        recipe
            The recipe.

        Returns
        -------
        The Optuna parameters.

        Raises
        ------
        UserError
            If the space cannot produce these values.
        """
        params: dict[str, Any] = {}
        values: dict[str, Any] = {}
        for dim in self.dimension:
            if not is_active(dim, values):
                continue
            value = recipe.value(dim.path)
            found = dim.find(value)
            if found is None:
                raise UserError(
                    f"The space has no {dim.path} = {as_text(value)}; it has {dim.words()}."
                )
            params |= found
            values[dim.path] = dim.suggest(FixedSuggester(found))
        if left := recipe.diff(recipe.with_(values)):
            raise UserError(
                f"The space cannot produce the recipe's values of {', '.join(left)}: it has no "
                "dimension for them, and its variants have other values there."
            )
        return params

    def grid(self) -> list[dict[str, Any]]:
        """List all combinations of the grid: of numbers both ends and the middle, of choices all.

        Returns
        -------
        The Optuna parameters of every point.
        """
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
            value = dim.suggest(FixedSuggester(point))
            for rest in self._grid(index + 1, {**drawn, dim.path: value}):
                yield point | rest


FIELDS = {"": tuple(Space.model_fields), **NAMES}
"""The keys of a space's file ("" is its top level), of a condition, and of each kind."""


def load_space(given: str | Path | Mapping[str, Any], recipe: Recipe, narrower: int = 1) -> Space:
    """Read a search space and check every dimension against the recipe that it will change.

    Parameters
    ----------
    given
        A space that comes with rpbind, such as "original", a TOML file, or the content of one.
    recipe
        The base of the search, its widths already divided by `narrower`.
    narrower
        Divisor of the space's widths.

    Returns
    -------
    The space, its widths divided.

    Raises
    ------
    UserError
        If the file is not a search space, or a path or value does not fit the recipe.
    """
    place = "[search.space]" if isinstance(given, Mapping) else str(space_file(given))
    tree = given if isinstance(given, Mapping) else read_space(given)
    try:
        space = Space.model_validate(tree)
    except ValidationError as error:
        found = mistakes(error, tree, FIELDS)
        raise UserError("\n".join(f"{place} is no search space: {one}" for one in found)) from None
    small = f" (widths divided by {narrower})" if narrower > 1 else ""
    try:
        about, dimensions = divide_widths(space.about, space.dimension, narrower)
        space = space.model_copy(update={"about": about, "dimension": dimensions})
        check_space(space, recipe)
    except UserError as error:
        raise UserError(f"{place}{small}: {error}") from None
    return space


def read_space(name: str | Path) -> dict[str, Any]:
    """Read the TOML file of a search space; its content is not checked yet.

    Parameters
    ----------
    name
        A space that comes with rpbind, such as "original", or a TOML file.

    Returns
    -------
    The content of the file.

    Raises
    ------
    UserError
        If there is no such file, or it is not TOML.
    """
    path = space_file(name)
    check_no_yaml("A search space", path)
    try:
        tree = tomllib.loads(path.read_text("utf-8-sig"))
        with relative_to(path.parent):
            return recorded(tree)
    except FileNotFoundError:
        raise missing(path) from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is no search space: it is not text in UTF-8.") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder: name the TOML file of a search space.") from None
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path} is no search space: {error}") from None


def check_space(space: Space, recipe: Recipe) -> None:
    """Check that a search around a recipe can draw from a space.

    Parameters
    ----------
    space
        The search space.
    recipe
        The base of the search.

    Raises
    ------
    UserError
        If a dimension does not fit the recipe or the dimensions before it, or if some values are
        no valid recipe together.
    """
    for index, dim in enumerate(space.dimension):
        check_dimension(dim, space.dimension[:index], recipe)
    for seed in range(CHECKED):
        drawn = space.suggest(RandomSuggester(seed))
        try:
            recipe.with_(drawn)
        except UserError as error:
            raise UserError(f"some of its values are no valid recipe together: {error}") from None
