"""Recipes in a study file: a preset's name, a file, or a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, ValidationError, model_validator

from rpbind.errors import UserError
from rpbind.mistakes import ended
from rpbind.parts.contents import given_now
from rpbind.recipe import Recipe
from rpbind.recipe.files import load_recipe, read_recipe
from rpbind.recipe.presets import PRESETS
from rpbind.recipe.recipe import recipe_mistakes
from rpbind.studyfile.fields import Entry, by_path, one_of, without_none


class ReferenceTable(Entry):
    """A recipe: a preset or a recipe file, and fields that differ from it.

    Parameters
    ----------
    preset, file
        Where the other fields come from: at most one of them; neither is preset `old`.
    proteins, model, train
        The fields that differ.
    """

    preset: Annotated[str, *one_of(PRESETS)] | None = Field(
        None, description=f"Preset: {', '.join(PRESETS)}."
    )
    file: str | None = Field(None, description="Recipe file (TOML or JSON).")
    proteins: str | None = Field(None, description="Protein encoder of the recipe.")
    model: dict[str, Any] = Field({}, description="Fields of the model that differ.")
    train: dict[str, Any] = Field({}, description="Fields of the training that differ.")

    @model_validator(mode="after")
    def _one_source(self) -> ReferenceTable:
        if self.preset is not None and self.file is not None:
            raise ValueError(
                f"preset '{self.preset}' and file '{self.file}' are both given: remove one"
            )
        return self


def form(value: Any) -> str:
    """Return which of two forms a value of a study file has: "name" or "table"."""
    return "name" if isinstance(value, str | int | float | bool | None) else "table"


RecipeSource = Annotated[
    Annotated[str, Tag("name"), Field(examples=list(PRESETS))]
    | Annotated[ReferenceTable, Tag("table")],
    Discriminator(form),
]
"""A recipe: the name of a preset, a recipe file, or a table."""


def is_preset(source: RecipeSource) -> bool:
    """Whether a recipe is a preset, perhaps with other values of some fields."""
    if isinstance(source, ReferenceTable):
        return source.preset is not None
    return source in PRESETS


def recipe_of(what: str, source: RecipeSource) -> Recipe:
    """Return the recipe that a study file names or holds.

    Parameters
    ----------
    what
        The field that names it, for messages.
    source
        A preset, a recipe file or a table.

    Returns
    -------
    Recipe
        The recipe.

    Raises
    ------
    UserError
        If there is no such preset or file, or if a field refuses its value.
    """
    if isinstance(source, str):
        return load_recipe(what, source)
    fields = source.model_dump(exclude_unset=True, exclude={"preset", "file"})
    if source.preset is None and source.file is None:
        try:
            with given_now():
                return Recipe.model_validate(fields)
        except ValidationError as error:
            wrong = f"{what} is not a valid recipe: {recipe_mistakes(error)}"
            raise UserError(ended(wrong)) from None
    base = PRESETS[source.preset] if source.preset else read_recipe(Path(str(source.file)))
    try:
        return base.with_(by_path(fields))
    except UserError as error:
        raise UserError(f"{what}: {error}") from None


def table_of(recipe: Recipe) -> ReferenceTable:
    """Return a recipe as a table with all of its fields."""
    return ReferenceTable(**without_none(recipe.model_dump(mode="json")))
