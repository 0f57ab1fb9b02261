"""Narrower copies of recipes, for small datasets and machines."""

from __future__ import annotations

from typing import Any

from rpbind.errors import UserError
from rpbind.recipe.recipe import Recipe

WIDTHS = (
    "model.encoder.dim",
    "model.attention.dim",
    "model.classifier.hidden",
    "model.feed_forward.hidden",
)
HEADS = ("model.attention.heads", "model.encoder.heads")


def narrowed(recipe: Recipe, factor: int) -> Recipe:
    """Return a recipe with narrower layers and fewer heads.

    It is meant for small datasets and machines: the same functions and comparisons, at a fraction
    of the compute.

    Parameters
    ----------
    recipe
        The recipe; it stays as it is.
    factor
        Divisor of all widths of the model and of all numbers of heads (at least 1 head is left).

    Returns
    -------
    Recipe
        The narrower recipe.

    Raises
    ------
    UserError
        Where a width is less than `factor`, or the heads no longer divide their width.
    """
    try:
        return recipe.with_({"model": narrow_value("model", recipe.value("model"), factor)})
    except UserError as error:
        raise UserError(f"The model cannot be divided by {factor} (--narrower). {error}") from None


def narrow_value(path: str, value: Any, factor: int) -> Any:
    """Return a hyperparameter's value with all widths and numbers of heads in it divided.

    Parameters
    ----------
    path
        The hyperparameter's dotted path.
    value
        Its value: a number, a list, or the mapping of a whole variant.
    factor
        The divisor.

    Returns
    -------
    Any
        The divided value; values that are no width and no number of heads stay as they are.

    Raises
    ------
    UserError
        Where a width is less than `factor`.
    """
    if isinstance(value, dict):
        return {key: narrow_value(f"{path}.{key}", each, factor) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [narrow_value(path, each, factor) for each in value]
    if not isinstance(value, int) or isinstance(value, bool) or path not in (*WIDTHS, *HEADS):
        return value
    if path in HEADS:
        return max(1, value // factor)
    if value < factor:
        raise UserError(f"{path} is {value}, so it can be divided by at most {value}.")
    return value // factor
