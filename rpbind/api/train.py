"""What `import rpbind` offers to train one recipe without a comparison."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rpbind.api.dataset import Dataset
from rpbind.api.model import Model
from rpbind.api.run import ablate, supported
from rpbind.api.study import Study
from rpbind.errors import UserError
from rpbind.recipe import Recipe
from rpbind.recipe.presets import PRESETS
from rpbind.studyfile.given import define_study
from rpbind.studyfile.spec import StudySpec

ARM = "model"
"""The only arm of such a study. Its recipe decides the fingerprint, not where it came from."""


class StudyModel(Model):
    """The model of the first seed of a study that `train` ran.

    Parameters
    ----------
    path
        Its folder, `reports/STUDY/runs/RUN`.
    study
        The study, with the runs of all seeds.
    """

    def __init__(self, path: Path, study: Study) -> None:
        super().__init__(path, trust=True)  # this process has just trained it
        self.study = study


def one_recipe(recipe: Recipe | str | Path | Mapping[str, Any]) -> StudySpec:
    """Return the study that trains one recipe.

    Parameters
    ----------
    recipe
        A `Recipe`, a preset's name, a recipe's file, or a mapping as in a study file.

    Returns
    -------
    StudySpec
        One arm, without contrasts and trained controls.
    """
    named = isinstance(recipe, str | os.PathLike)
    kind = "preset" if named and str(recipe) in PRESETS else "file"
    return define_study(
        experiment="train",
        question="How well does this recipe rank the windows of each protein?",
        rule="Nothing is compared but the plain baselines: test AUROC, mean over protein clusters.",
        reference=recipe,
        design_name="one recipe",
        arms=[{"name": ARM, "about": f"{kind} {recipe}" if named else "the recipe"}],
        controls="off",
    )


@supported
def train(
    data: Dataset | str | Path | None = None,
    recipe: Recipe | str | Path | Mapping[str, Any] = "fixed",
    **options: Any,
) -> StudyModel:
    """Train one recipe without a comparison, and return its model.

    Parameters
    ----------
    data
        Dataset, or its folder; without it, the simulated world.
    recipe
        A `Recipe`, a preset's name, a recipe's file, or a mapping as in a study file.
    **options
        The options of `rpbind train --help`, with underscores; `seeds` is 1 if it is not given.

    Returns
    -------
    StudyModel
        The model of the first seed. Its `study` has the runs, findings and page of all seeds.

    Raises
    ------
    UserError
        If the study cannot be run, or if the run of the first seed did not end with a model.

    Examples
    --------
    >>> model = rb.train("data/eclip91", "own-head", seeds=3)
    >>> model.predict(["ACGU" * 25 + "A"], protein="TARDBP")
    """
    spec = one_recipe(recipe).model_dump(exclude_unset=True)
    if options.get("seeds") is None and not options.get("smoke"):
        options["seeds"] = 1
    study = ablate(data, **spec, **options)
    seed = study.plan.seeds[0]
    rows = {row.seed: row for row in study.ledger.rows()}
    if seed not in rows or rows[seed].state != "done":
        state = rows[seed].state if seed in rows else "not made"
        raise UserError(
            f"The run of seed {seed} has no model: it is {state}. {study.folder} has what is done; "
            "the same call continues it, if it can be continued."
        )
    return StudyModel(study.ledger.runs / rows[seed].run, study)
