"""Samplers that learn from failed trials, as from bad ones.

Optuna's samplers ignore failed trials. A region where trials diverge or run out of memory looks
unexplored to them, and they keep sampling it. In Optuna's storage these trials remain FAIL.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Container, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from rpbind.search.trials import INTERRUPTED, REPEATS

GOOD_SHARE, MOST_GOOD = 0.1, 25
"""TPE's group of good trials is this share of all trials, and at most this many.

Both are Optuna's defaults.
"""


class LearnsFromFailures(BaseSampler):
    """A sampler that sees failed trials as bad ones.

    TPE sees them as pruned before their first epoch, which it ranks last. The other samplers ignore
    pruned trials, so they see pruned and failed trials as complete, with values worse than all
    others.
    """

    def __init__(self, inner: BaseSampler) -> None:
        self.inner = inner

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the parameters that are drawn together, as Optuna's interface asks."""
        return self.inner.infer_relative_search_space(self._view(study), trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Draw these parameters."""
        return self.inner.sample_relative(self._view(study), trial, search_space)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Draw one parameter."""
        view = self._view(study)
        return self.inner.sample_independent(view, trial, param_name, param_distribution)

    def _view(self, study: optuna.Study) -> Any:
        return _StudyView(study, _pruned_at_once if isinstance(self.inner, Tpe) else _below_all)


class Tpe(TPESampler):
    """TPE whose good group never holds failed trials, even if most trials fail."""

    def _sample(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        ranked = (TrialState.COMPLETE, TrialState.PRUNED)
        ended = study._get_trials(deepcopy=False, states=ranked)
        most = sum(t.state == TrialState.COMPLETE or bool(t.intermediate_values) for t in ended)
        self._gamma = lambda n: min(math.ceil(GOOD_SHARE * n), MOST_GOOD, most)
        return super()._sample(study, trial, search_space)


class _StudyView:
    """A study whose trials `convert` changes; everything else is the study's own."""

    def __init__(self, study: optuna.Study, convert: Any) -> None:
        self._study, self._convert = study, convert

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        return self._get_trials(deepcopy, states)

    def _get_trials(
        self,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
        use_cache: bool = False,
    ) -> list[FrozenTrial]:
        trials = self._convert(self._study._get_trials(deepcopy=False, use_cache=use_cache), self)
        chosen = [trial for trial in trials if states is None or trial.state in states]
        return copy.deepcopy(chosen) if deepcopy else chosen


def has_failed(trial: FrozenTrial) -> bool:
    """Whether a trial has failed for good; an interrupted one continues as another trial."""
    return trial.state == TrialState.FAIL and INTERRUPTED not in trial.user_attrs


def _pruned_at_once(trials: Sequence[FrozenTrial], study: Any) -> list[FrozenTrial]:
    """Return the trials without repeats, and failed ones as pruned before the first epoch."""
    return [
        _as(trial, TrialState.PRUNED) if has_failed(trial) else trial
        for trial in trials
        if REPEATS not in trial.user_attrs
    ]


def _below_all(trials: Sequence[FrozenTrial], study: Any) -> list[FrozenTrial]:
    """Return the trials, pruned ones as worse than all complete ones, and failed ones as worst.

    The samplers that see these values use only their ranks.
    """
    whole = [trial.values for trial in trials if trial.state == TrialState.COMPLETE]
    columns = [[values[i] for values in whole] for i in range(len(study.directions))]
    worst = [_worst(values, d) for values, d in zip(columns, study.directions, strict=True)]

    def convert(trial: FrozenTrial) -> FrozenTrial:
        steps = 2 if has_failed(trial) else 1 if trial.state == TrialState.PRUNED else 0
        if not steps:
            return trial
        return _as(trial, TrialState.COMPLETE, [value + steps * step for value, step in worst])

    return [convert(trial) for trial in trials]


def _worst(values: Sequence[float], direction: StudyDirection) -> tuple[float, float]:
    """Return the worst of some values, and the step to a worse one."""
    down = -1.0 if direction == StudyDirection.MAXIMIZE else 1.0
    worst = max((down * value for value in values), default=0.0)
    return down * worst, down * (1.0 + abs(worst))


def _as(trial: FrozenTrial, state: TrialState, values: list[float] | None = None) -> FrozenTrial:
    changed = copy.copy(trial)
    changed.state = state
    if values is None:
        changed.intermediate_values = {}
    else:
        changed.values = values
    return changed
