"""Findings on a model: which of its measures are beyond their thresholds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from rpbind.doctor.finding import finding
from rpbind.doctor.fit import Fit
from rpbind.doctor.kinds import KINDS
from rpbind.ledger import Finding
from rpbind.ledger.records import SEES_COMPANY

Measures = Mapping[str, float]
CHANGES = {
    "constant logits": "logits.spread",
    "RNA ignored": "probe.rna-swapped",
    "protein ignored": "probe.protein-swapped",
    "letter order unseen": "probe.letters-shuffled",
    "attention inert": "attention.uniform",
}
"""Findings, with the measure that is practically zero in every state if the finding applies."""


def _threshold(name: str) -> float:
    threshold = KINDS[name].threshold
    assert threshold is not None
    return threshold


def loader_findings(loader_measures: Measures) -> Iterator[Finding]:
    """Yield findings on the batches that the loader gives."""
    if loader_measures["loader.moved"] > _threshold("labels do not follow windows"):
        yield finding("labels do not follow windows", loader_measures["loader.moved"])
    if loader_measures["loader.rarer"] <= _threshold("one class only"):
        yield finding("one class only", loader_measures["loader.rarer"])


def start_findings(before: Measures) -> Iterator[Finding]:
    """Yield findings on an untrained model."""
    if before["loss"] > _threshold("starts sure of itself"):
        yield finding("starts sure of itself", before["loss"])


def state_findings(states: list[dict[str, float]], frozen: frozenset[str]) -> Iterator[Finding]:
    """Yield findings on the model, judged by its states before and after the fit."""
    if not all(state["logits.finite"] for state in states):
        yield finding("logits not finite", None)
        return
    for name, key in CHANGES.items():
        values = [state[key] for state in states if key in state]
        if values and max(values) <= _threshold(name):
            yield finding(name, max(values))
    padding = states[0].get("probe.padding", 0.0)
    if padding > _threshold("padding counts"):
        yield finding("padding counts", padding)
    company = max(state["probe.company"] for state in states)
    if company > _threshold(SEES_COMPANY):
        yield finding(SEES_COMPANY, company)
    for name in _blocks(states[0]):
        share = max(_gradient_share(state, name) for state in states)
        if share <= _threshold("no gradient") and name not in frozen:
            yield finding("no gradient", share, where=name)
    for layer in (key for key in states[0] if key.startswith("dead.")):
        dead = min(state[layer] for state in states)
        if dead > _threshold("dead units"):
            yield finding("dead units", dead, where=layer.removeprefix("dead."))


def _blocks(state: Measures) -> list[str]:
    return [key.removeprefix("gradient.") for key in state if key.startswith("gradient.")]


def _gradient_share(state: Measures, block: str) -> float:
    """Return a block's gradient norm divided by the head's, or 0 if the head's is 0.

    A whole model of the user's own may have no head; there it is divided by the largest norm.
    """
    norms = {key: value for key, value in state.items() if key.startswith("gradient.")}
    reference = norms.get("gradient.head", max(norms.values()))
    return state[f"gradient.{block}"] / reference if reference else 0.0


def fit_findings(
    fitted: Fit, states: list[dict[str, float]], frozen: frozenset[str], windows: int
) -> Iterator[Finding]:
    """Yield findings on a fit of one batch of this many windows."""
    unmoved = [name for name, by in fitted.moved.items() if by <= _threshold("frozen weights")]
    if len(unmoved) == len(fitted.moved):
        yield finding("weights do not move", max(fitted.moved.values()))
    reached = {name for name in _blocks(states[0]) if _gradient_share(states[0], name) > 1e-6}
    for name in unmoved:
        if name in frozen | reached:
            yield finding("frozen weights", fitted.moved[name], where=name)
    if fitted.worst > _threshold("steps too large"):
        yield finding("steps too large", fitted.worst)
    if fitted.end > _threshold("batch not fitted"):
        yield finding("batch not fitted", fitted.end)
    chance_limit = 0.5 + 3 * 0.5 / math.sqrt(windows)
    if fitted.accuracy <= chance_limit:
        yield finding("accuracy stuck", fitted.accuracy, threshold=chance_limit)


def learning_findings(scored: Measures) -> Iterator[Finding]:
    """Yield findings on the scores of a trained model."""
    if scored["validation.loss"] > _threshold("worse than chance"):
        yield finding("worse than chance", scored["validation.loss"])
    if (
        "validation.auroc" not in scored
        or scored["validation.auroc"] > scored["validation.chance-limit"]
    ):
        return
    is_memorised = scored["train.loss"] < _threshold("batch not fitted")
    name = "memorised" if is_memorised else "no better than chance"
    yield finding(name, scored["validation.auroc"], threshold=scored["validation.chance-limit"])


def uniform_findings(measured_now: Measures) -> Iterator[Finding]:
    """Yield a finding if trained attention weights are almost uniform."""
    inert = measured_now.get("attention.uniform", 0.0) <= _threshold("attention inert")
    if not inert and measured_now.get("attention.entropy", 0.0) > _threshold(
        "attention near uniform"
    ):
        yield finding("attention near uniform", measured_now["attention.entropy"])
