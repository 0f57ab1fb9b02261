"""Examine one run before it trains (`examine_untrained`) or after (`examine_trained`).

Measures are named numbers, and findings compare them with thresholds. Whether an input reaches the
logits is judged on the better of two states, before and after a fit of one batch: a head that
starts at zero is not dead if training steps change it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from rpbind.doctor.applicable import not_applicable
from rpbind.doctor.attention import attention
from rpbind.doctor.finding import primary_findings
from rpbind.doctor.fit import Fit, fit
from rpbind.doctor.gradients import blocks, gradients
from rpbind.doctor.learnt import measure_learning
from rpbind.doctor.loader import loader
from rpbind.doctor.probes import probes
from rpbind.doctor.sample import sample
from rpbind.doctor.shared import shared_sequence
from rpbind.doctor.thresholds import (
    Measures,
    fit_findings,
    learning_findings,
    loader_findings,
    start_findings,
    state_findings,
    uniform_findings,
)
from rpbind.doctor.units import dead_units
from rpbind.ledger import Finding, Row
from rpbind.model.pair_model import PairModel
from rpbind.recipe import Recipe
from rpbind.statistics.trend import trend
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training


@dataclass(frozen=True)
class Examination:
    """The measures and findings of one model.

    Parameters
    ----------
    measured
        Finite measures by name, such as `probe.rna-swapped`.
    findings
        Findings in these measures, errors first.
    """

    measured: Measures
    findings: tuple[Finding, ...]

    @property
    def has_error(self) -> bool:
        """Whether a finding is an error."""
        return any(one.severity == "error" for one in self.findings)


def examine_untrained(training: Training) -> Examination:
    """Examine a run that has not begun to train.

    Parameters
    ----------
    training
        The run. It cannot be trained afterwards: the examination fits one batch and changes its
        weights.

    Returns
    -------
    Examination
        Measures before and after the fit, and findings in them.
    """
    index_B = sample(training.inputs)
    loader_measures = loader(training.inputs, index_B, training.model.reads)
    before = measure(training.model, training.inputs, index_B)
    frozen = _frozen_blocks(training.model)
    fitted = fit(training, index_B)
    states = [before]
    if math.isfinite(fitted.end):
        states.append(measure(training.model, training.inputs, index_B))
    found = [
        *loader_findings(loader_measures),
        *start_findings(before),
        *state_findings(states, frozen),
        *fit_findings(fitted, states, frozen, len(index_B)),
        *not_applicable(training.model),
        *shared_sequence(training.recipe, training.inputs),
    ]
    after = {k: v for k, v in states[-1].items() if k.startswith("attention.")}
    return _examination(
        {
            **loader_measures,
            **before,
            **_fit_measures(fitted),
            **{f"after.{k}": v for k, v in after.items()},
        },
        found,
    )


def fit_with_seeds(
    recipe: Recipe, inputs: Inputs, seeds: Sequence[int]
) -> Iterator[dict[str, float]]:
    """Fit one batch with each seed.

    Parameters
    ----------
    recipe
        What to train.
    inputs
        Windows and proteins to take the batch from.
    seeds
        Random seeds of the fits.

    Returns
    -------
    Iterator[dict[str, float]]
        The measures `fit.*` and `moved.*` of each fit.
    """
    for seed in seeds:
        yield _fit_measures(fit(Training(recipe, seed, inputs), sample(inputs)))


def _fit_measures(fitted: Fit) -> dict[str, float]:
    norms = fitted.gradient_norms
    at_encoder = {"fit.gradient-low": min(norms), "fit.gradient-high": max(norms)} if norms else {}
    return {
        "fit.start": fitted.losses[0],
        "fit.end": fitted.end,
        "fit.worst": fitted.worst,
        "fit.accuracy-before": fitted.accuracy_before,
        "fit.accuracy": fitted.accuracy,
        **at_encoder,
        **{f"moved.{name}": value for name, value in fitted.moved.items()},
    }


def examine_trained(training: Training) -> Examination:
    """Examine a run after its training, without training it further.

    Parameters
    ----------
    training
        The run, with trained weights.

    Returns
    -------
    Examination
        Measures, among them losses on train and validation, and findings in them.
    """
    index_B = sample(training.inputs)
    loader_measures = loader(training.inputs, index_B, training.model.reads)
    measured_now = measure(training.model, training.inputs, index_B)
    found = [
        *loader_findings(loader_measures),
        *state_findings([measured_now], frozenset()),
        *not_applicable(training.model),
        *shared_sequence(training.recipe, training.inputs),
    ]
    measured = {**loader_measures, **measured_now}
    if measured_now["logits.finite"]:
        scored = measure_learning(training)
        measured |= scored
        found += [*learning_findings(scored), *uniform_findings(measured_now)]
    return _examination(measured, found)


def add_curve(examination: Examination, row: Row | None) -> Examination:
    """Add the finding on a run's training curve, if there is one.

    Parameters
    ----------
    examination
        The examination to add it to.
    row
        The run's ledger row, or None if the ledger has none.

    Returns
    -------
    Examination
        The same one, or one with the finding added.
    """
    found = None if row is None else trend(row)
    if found is None:
        return examination
    findings = primary_findings([*examination.findings, found])
    return Examination(examination.measured, findings)


def _examination(measured: Measures, found: list[Finding]) -> Examination:
    """Keep finite measures, which is all a ledger can hold, and sort the findings."""
    finite = {name: value for name, value in measured.items() if math.isfinite(value)}
    return Examination(finite, primary_findings(found))


def measure(model: PairModel, inputs: Inputs, index_B: Tensor) -> dict[str, float]:
    """Return all measures of a model in its current state, in evaluation mode."""
    model.eval()
    rna_BL, groups, _ = inputs.batch(index_B, model.reads)
    return {
        **probes(model, inputs, index_B),
        **attention(model, rna_BL, groups),
        **gradients(model, inputs, index_B),
        **dead_units(model, rna_BL, groups),
    }


def _frozen_blocks(model: PairModel) -> frozenset[str]:
    """Return the names of the blocks in which no weight requires a gradient."""
    return frozenset(
        name
        for name, block in blocks(model).items()
        if not any(p.requires_grad for p in block.parameters())
    )
