"""The table of experiments: the test AUROC of each, for every arm and the plain baseline."""

from __future__ import annotations

from rpbind.analysis.claims import PLAIN_BASELINE
from rpbind.analysis.experiments import Experiment
from rpbind.analysis.summary import Summary


def columns(summary: Summary) -> list[str]:
    """Return the names of what is scored: the arms, and the plain baseline if there is one."""
    return list(_scored(summary))


def lines(summary: Summary) -> list[tuple[Experiment, list[float | None]]]:
    """Return each experiment with its AUROCs, in the order of `columns`."""
    scored = _scored(summary)
    by_name = [{one.name: one for one in each} for each in scored.values()]
    every = {one.name: one for each in reversed(scored.values()) for one in each}
    ordered = sorted(every.values(), key=lambda one: (one.cluster, one.name))
    return [
        (one, [each[one.name].auroc if one.name in each else None for each in by_name])
        for one in ordered
    ]


def _scored(summary: Summary) -> dict[str, tuple[Experiment, ...]]:
    scored = {arm.plan.name: arm.experiments for arm in summary.arms}
    scored |= {
        b.name: b.experiments for b in summary.controls.baselines if b.name == PLAIN_BASELINE
    }
    return {name: each for name, each in scored.items() if each}
