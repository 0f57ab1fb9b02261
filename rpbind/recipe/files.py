"""Recipes in files: TOML or JSON, in which fields that are left out are as in preset `old`."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rpbind.errors import UserError, check_no_yaml, did_you_mean, reason
from rpbind.mistakes import MAX_MISTAKES, mistake_path
from rpbind.parts.contents import FOLDER, relative_to, seek_in
from rpbind.recipe.base import OFF
from rpbind.recipe.presets import PRESETS
from rpbind.recipe.recipe import FIELDS, Recipe, recipe_mistake


def load_recipe(what: str, name: str) -> Recipe:
    """Return a preset, or the recipe in a file.

    Parameters
    ----------
    what
        The option or field that names the recipe, for messages.
    name
        Name of a preset, or path of a recipe (.toml or .json).

    Returns
    -------
    Recipe
        The recipe.

    Raises
    ------
    UserError
        Where `name` is neither, or the file is not a valid recipe.
    """
    if name in PRESETS:
        return PRESETS[name]
    path = Path(name)
    if path.is_dir():
        raise UserError(
            f"{what} takes a preset ({', '.join(PRESETS)}) or a recipe file, and {name} is a "
            "folder. Name a file in it, for example the winner.toml of a study with a search."
        )
    if not path.exists():
        raise UserError(
            f"{what} takes a preset ({', '.join(PRESETS)}) or a recipe file, and '{name}' is "
            f"neither.{did_you_mean(name, PRESETS)}"
        )
    return read_recipe(path)


def as_toml(recipe: Recipe) -> str:
    """Return a recipe as TOML, for `read_recipe`.

    Parameters
    ----------
    recipe
        The recipe.

    Returns
    -------
    str
        TOML with every field of the recipe.
    """
    return "\n".join(_tables(recipe.model_dump(mode="json"), "")) + "\n"


def _tables(tree: dict[str, Any], name: str) -> Iterator[str]:
    if name:
        yield f"\n[{name}]"
    for key, value in tree.items():
        if not isinstance(value, dict):
            yield f"{key} = {json.dumps(OFF if value is None else value, ensure_ascii=False)}"
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _tables(value, f"{name}.{key}" if name else key)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe from a file; fields that the file leaves out are as in preset `old`.

    Parameters
    ----------
    path
        A JSON file if it ends in .json, else a TOML file.

    Returns
    -------
    Recipe
        The recipe.

    Raises
    ------
    UserError
        Where there is no such file, or it is empty, is not TOML or JSON, or holds unknown fields or
        values that a field refuses.
    """
    if not path.is_file():
        raise UserError(f"There is no recipe file {path}.")
    check_no_yaml("A recipe", path)
    name, read = ("JSON", json.loads) if path.suffix == ".json" else ("TOML", tomllib.loads)
    try:
        tree = read(path.read_text("utf-8-sig"))
        if tree == {}:
            raise UserError(
                f"{path} sets no field. A recipe file sets the fields that differ from preset "
                "old; if you mean old itself, name that preset instead."
            )
        seek_in(path.parent / FOLDER)  # a study's recipe, such as winner.toml, has its parts there
        with relative_to(path.parent):
            return Recipe.model_validate(tree)
    except ValidationError as error:
        wrong = "; ".join(map(_mistake, error.errors()[:MAX_MISTAKES]))
        raise UserError(f"{path} is not a valid recipe: {wrong}") from None
    except (ValueError, RecursionError) as error:  # not UTF-8, or not valid TOML or JSON
        raise UserError(f"{path} is not {name}: {reason(error)}.") from None


def _mistake(error: ErrorDetails) -> str:
    known = {path for one in PRESETS.values() for path in one.flat()}
    field = mistake_path(error, FIELDS)
    if error["type"] != "extra_forbidden":
        return recipe_mistake(error)
    return f"it has no hyperparameter '{field}'.{did_you_mean(field, sorted(known))}"
