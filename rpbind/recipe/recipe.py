"""A recipe: all hyperparameters of one run, as one immutable, typed and hashable value.

The data that a run reads (dataset, split) are not part of it: the ledger records them beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from rpbind.errors import UserError
from rpbind.mistakes import MAX_MISTAKES, ended, mistake, mistake_path
from rpbind.parts.contents import given_now
from rpbind.recipe import training
from rpbind.recipe.base import OFF, Hyperparameters, optional_fields
from rpbind.recipe.model import NEWER, AnyModel, Model
from rpbind.recipe.training import Train
from rpbind.recipe.tree import canonical, flat, set_value, unknown_path

EncoderName = Annotated[str, Field(pattern=r"^[^/.\x00][^/\x00]*$", max_length=120)]
"""The name of a protein encoder; it is also the name of a folder, so it has no slash."""


class Recipe(Hyperparameters):
    """All hyperparameters of one run; two runs of a study differ by recipe or by seed.

    Parameters
    ----------
    proteins
        Name of the protein encoder whose vectors the run reads from the embedding store.
    model
        The model's hyperparameters, or a whole model of the user's own.
    train
        The hyperparameters of training.
    """

    proteins: EncoderName = "physchem"
    model: AnyModel = Model()
    train: Train = Train()

    @property
    def id(self) -> str:
        """Twelve hex digits of the SHA-256 of the recipe's canonical JSON."""
        return hashlib.sha256(canonical(self.model_dump(mode="json")).encode()).hexdigest()[:12]

    def with_(self, changes: Mapping[str, Any]) -> Recipe:
        """Return a copy of this recipe with other values.

        Parameters
        ----------
        changes
            {dotted path: value}. The value of a variant is its whole mapping, or only its `kind`,
            for that variant's defaults; later paths may then change these. None or "off" leaves an
            optional field out.

        Returns
        -------
        Recipe
            The changed recipe.

        Raises
        ------
        UserError
            Where a path does not exist (with the nearest one that does) or a field refuses a value.
        """
        tree = self._tree()
        for path, value in changes.items():
            set_value(tree, path, value, fresh=any(_is_below(path, other) for other in changes))
        try:
            with given_now():
                return Recipe.model_validate(tree)
        except ValidationError as error:
            raise UserError(
                ended(f"The recipe refuses {dict(changes)!r}: {recipe_mistakes(error)}")
            ) from None

    @classmethod
    def from_record(cls, tree: Mapping[str, Any], whose: str) -> Recipe:
        """Return a recipe that a study has recorded.

        Parameters
        ----------
        tree
            The recipe as the ledger or the plan holds it.
        whose
            The arm or trial, for the message.

        Returns
        -------
        Recipe
            The recipe.

        Raises
        ------
        UserError
            Where the recipe has fields or values that this version of rpbind does not know.
        """
        try:
            return cls.model_validate(tree)
        except ValidationError as error:
            raise UserError(
                f"This version of rpbind cannot read the recipe of {whose}: "
                f"{recipe_mistakes(error)}. Read the study with the version that made it."
            ) from None

    def value(self, path: str) -> Any:
        """Return the value at a dotted path.

        Parameters
        ----------
        path
            For example "train.lr".

        Returns
        -------
        Any
            The value as JSON holds it; a mapping for a group.

        Raises
        ------
        UserError
            Where the path does not exist; it names the nearest one that does.
        """
        tree = value = self._tree()
        for key in path.split("."):
            if not isinstance(value, dict) or key not in value:
                raise UserError(unknown_path(tree, path, key))
            value = value[key]
        return value

    def _tree(self) -> dict[str, Any]:
        """Return all fields as JSON holds them, also those that are off and left out of a file."""
        tree = self.model_dump(mode="json")
        if isinstance(self.model, Model):
            tree["model"] = {n: Model.model_fields[n].default for n in NEWER} | tree["model"]
        tree["train"] |= {n: getattr(self.train, n) for n in training.NEWER}
        return tree

    def flat(self) -> dict[str, Any]:
        """Return all hyperparameters of this recipe.

        Returns
        -------
        dict
            {dotted path: value}.
        """
        return flat(self.model_dump(mode="json"))

    def diff(self, other: Recipe) -> dict[str, tuple[Any, Any]]:
        """Return the hyperparameters in which two recipes differ.

        Parameters
        ----------
        other
            The recipe to compare with.

        Returns
        -------
        dict
            {dotted path: (mine, theirs)}; a hyperparameter that one recipe does not have is None.
        """
        mine, theirs = self.flat(), other.flat()
        keys = [*mine, *(k for k in theirs if k not in mine)]
        return {k: (mine.get(k), theirs.get(k)) for k in keys if mine.get(k) != theirs.get(k)}


def _is_below(path: str, other: str) -> bool:
    return path.startswith(f"{other}.")


def off_hint(place: Sequence[Any]) -> str:
    """Return how to leave a refused field out; "" where the field is not optional."""
    name = place[-1] if place else ""
    return f'; to leave {name} out, write "{OFF}"' if name in optional_fields() else ""


def recipe_mistakes(error: ValidationError) -> str:
    """Describe the first three mistakes of a recipe.

    Parameters
    ----------
    error
        What pydantic raised on the recipe.

    Returns
    -------
    str
        For each mistake the field's path, the expected value and the value found.
    """
    return "; ".join(recipe_mistake(one) for one in error.errors(include_url=False)[:MAX_MISTAKES])


def recipe_mistake(one: ErrorDetails) -> str:
    """Describe one mistake of a recipe."""
    return mistake(one, mistake_path(one, FIELDS)) + off_hint(one["loc"])


def _fields(part: type[Hyperparameters]) -> set[str]:
    names = {field.alias or name for name, field in part.model_fields.items()}
    return names.union(*(_fields(each) for each in part.__subclasses__()))


FIELDS = frozenset(_fields(Hyperparameters))
"""The names of all fields of all groups: every part of a recipe's path is one of them."""
