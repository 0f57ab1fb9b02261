"""What samplers that learn are given of a search: failed trials too, each as a bad one.

Optuna's samplers pass over failed trials, so the region where trials diverge or run out of memory
looks untried to them, and they keep going there. Optuna's storage still says FAIL.
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
"""TPE's good group: this share of the trials, and never more than this many (Optuna's default)."""


class LearnsFromFailures(BaseSampler):
    """A sampler that is given failed trials as bad ones.

    TPE is given them as trials that were pruned before their first epoch, which it ranks last. The
    others know of no pruned trial, so they are given pruned and failed ones with values below all
    that are whole.
    """

    def __init__(self, inner: BaseSampler) -> None:
        self.inner = inner

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the parameters that are drawn together."""
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
        return _View(study, _pruned_at_once if isinstance(self.inner, Tpe) else _below_all)


class Tpe(TPESampler):
    """TPE whose good group holds whole and pruned trials alone, even where most trials fail."""

    def _sample(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        ranked = (TrialState.COMPLETE, TrialState.PRUNED)
        ended = study._get_trials(deepcopy=False, states=ranked)
        most = sum(t.state == TrialState.COMPLETE or bool(t.intermediate_values) for t in ended)
        self._gamma = lambda n: min(math.ceil(GOOD_SHARE * n), MOST_GOOD, most)
        return super()._sample(study, trial, search_space)


class _View:
    """A study whose failed trials are given in another form; all else is the study's own."""

    def __init__(self, study: optuna.Study, given: Any) -> None:
        self._study, self._given = study, given

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
        trials = self._given(self._study._get_trials(deepcopy=False, use_cache=use_cache), self)
        chosen = [trial for trial in trials if states is None or trial.state in states]
        return copy.deepcopy(chosen) if deepcopy else chosen


def has_failed(trial: FrozenTrial) -> bool:
    """Whether a trial has failed for good: one that was interrupted goes on as another."""
    return trial.state == TrialState.FAIL and INTERRUPTED not in trial.user_attrs


def _pruned_at_once(trials: Sequence[FrozenTrial], study: Any) -> list[FrozenTrial]:
    """Return the trials, failed ones as pruned before the first epoch; repeats are no evidence."""
    return [
        _as(trial, TrialState.PRUNED) if has_failed(trial) else trial
        for trial in trials
        if REPEATS not in trial.user_attrs
    ]


def _below_all(trials: Sequence[FrozenTrial], study: Any) -> list[FrozenTrial]:
    """Return the trials, pruned ones with values below those of all whole ones, failed ones lower.

    Only ranks count for the samplers that are given these.
    """
    whole = [trial.values for trial in trials if trial.state == TrialState.COMPLETE]
    columns = [[values[i] for values in whole] for i in range(len(study.directions))]
    worst = [_worst(values, way) for values, way in zip(columns, study.directions, strict=True)]

    def given(trial: FrozenTrial) -> FrozenTrial:
        steps = 2 if has_failed(trial) else 1 if trial.state == TrialState.PRUNED else 0
        if not steps:
            return trial
        return _as(trial, TrialState.COMPLETE, [value + steps * step for value, step in worst])

    return [given(trial) for trial in trials]


def _worst(values: Sequence[float], way: StudyDirection) -> tuple[float, float]:
    """Return the worst of some values, and a step that leads to a worse one."""
    down = -1.0 if way == StudyDirection.MAXIMIZE else 1.0
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
