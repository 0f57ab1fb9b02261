"""Checks of a study's own metrics and controls on a few windows, before anything is queued."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rpbind.baselines.data import BaselineData
from rpbind.baselines.own import own_control
from rpbind.baselines.run import BASELINES
from rpbind.data.clusters import silent
from rpbind.design.source import DataSource
from rpbind.errors import UserError
from rpbind.ledger import Plan
from rpbind.metrics import METRICS, WindowScores, own_metrics
from rpbind.recipe import Recipe
from rpbind.train.calibration import CALIBRATED

TRIED = 64
"""Windows of each part on which a control is tried."""


def check_own_measures(plan: Plan, source: DataSource) -> None:
    """Check every metric and control of the user's own on a few windows.

    Parameters
    ----------
    plan
        The plan of the study.
    source
        The dataset and its split.

    Raises
    ------
    UserError
        If a name is taken, or if a metric or control does not do what its contract says.
    """
    _check_names("metrics", [each.name for each in plan.metrics], [*METRICS, *CALIBRATED])
    arms = [arm.name for arm in (*plan.arms, *plan.controls)]
    _check_names("own_controls", [each.name for each in plan.own_controls], [*BASELINES, *arms])
    draw = np.random.default_rng(0)
    label_N = np.arange(TRIED, dtype=np.uint8) % 2
    logit_N = draw.standard_normal(TRIED, dtype=np.float32)
    group_N = np.arange(TRIED, dtype=np.int64) // 8
    scores = WindowScores(logit_N, label_N, group_N, group_N.astype(np.int32))
    own_metrics([each.part for each in plan.metrics], scores, "test")
    if not plan.own_controls:
        return
    read = Recipe.model_validate(plan.arms[0].recipe).proteins if plan.arms else "physchem"
    opened = source.opened
    data = BaselineData.from_dataset(opened.dataset, source.parts, opened.embeddings(read))
    few = {part: np.sort(draw.permutation(index)[:TRIED]) for part, index in data.parts.items()}
    for each in plan.own_controls:
        own_control(each.part)(replace(data, parts=few), silent)


def _check_names(what: str, names: list[str], taken: object) -> None:
    for place, name in enumerate(names):
        if name in taken or name in names[:place]:  # type: ignore[operator]
            raise UserError(f"{what}: there is already one called '{name}'. Rename yours.")
