"""Hyperparameters of recipes, changes and search spaces."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from rpbind.api.calls import face
from rpbind.recipe.files import load_recipe as load_recipe
from rpbind.recipe.listing import Listed as Listed
from rpbind.recipe.listing import hyperparameters as _listed
from rpbind.recipe.listing import variants as variants
from rpbind.recipe.presets import PRESETS as PRESETS
from rpbind.recipe.presets import preset as _preset

if TYPE_CHECKING:
    import pandas as pd

preset = face(_preset)

listed = _listed
"""The same without pandas, for the command, which answers at once."""


@face
def hyperparameters(path: str = "") -> pd.DataFrame:
    """Return the hyperparameters that a recipe has, and that changes and search spaces name.

    Parameters
    ----------
    path
        Return only hyperparameters at or below this path, such as "model.encoder".

    Returns
    -------
    pandas.DataFrame
        A row per hyperparameter: `path`, the `variant` that has it, allowed `values`, `default`.

    Raises
    ------
    UserError
        If there is no such path; the message has the nearest one.

    Examples
    --------
    >>> rb.hyperparameters("train")
    """
    import pandas as pd

    columns = ["path", "variant", "values", "default"]
    return pd.DataFrame([asdict(one) for one in listed(path)])[columns]
