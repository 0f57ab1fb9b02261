"""The winners of searches as recipes for a page: TOML that commands read."""

from __future__ import annotations

from rpbind.analysis.tuned import Tuned
from rpbind.recipe import Recipe
from rpbind.recipe.files import as_toml


def winner_recipes(tuned: Tuned) -> dict[str, str]:
    """Return the best recipe of every search as TOML, for `rpbind train --recipe FILE`.

    Parameters
    ----------
    tuned
        The searches of a study.

    Returns
    -------
    dict[str, str]
        {search: TOML with every field}; a search without a complete trial has none.
    """
    return {
        search.name: as_toml(Recipe.from_record(best.rows[0].recipe, best.name))
        for search in tuned.searches
        if (best := search.best)
    }
