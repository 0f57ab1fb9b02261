"""All of it on one run: before it trains (`check_up`), and what it became (`look_back`).

Measures are named numbers; findings are read off them. What a model is (does the RNA reach the
head?) is judged on the better of the states before and after a fit of one batch: a head that starts
at zero is not dead if steps wake it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from rpbind.doctor.attention import attention
from rpbind.doctor.finding import finding, told
from rpbind.doctor.fit import Fit, fit
from rpbind.doctor.gradients import blocks, gradients
from rpbind.doctor.kinds import KINDS
from rpbind.doctor.learnt import learnt
from rpbind.doctor.loader import loader
from rpbind.doctor.probes import probes
from rpbind.doctor.sample import sample
from rpbind.doctor.units import dead_units
from rpbind.ledger import Finding, Row
from rpbind.model.binding import BindingModel
from rpbind.recipe import Recipe
from rpbind.statistics.trend import trend
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training

Measured = Mapping[str, float]
CHANGES = {
    "constant logits": "logits.spread",
    "RNA ignored": "probe.rna-swapped",
    "protein ignored": "probe.protein-swapped",
    "letter order unseen": "probe.letters-shuffled",
    "attention inert": "attention.uniform",
}
"""Findings that are told where a measure is as good as zero in every state."""


@dataclass(frozen=True)
class Examination:
    """What was measured, and what a reader must know of it, the severest first."""

    measured: Measured
    findings: tuple[Finding, ...]

    @property
    def sick(self) -> bool:
        """Whether a finding is an error."""
        return any(one.severity == "error" for one in self.findings)


def check_up(training: Training) -> Examination:
    """Examine a run that has not begun to train; it is used up, see `fit`."""
    index_B = sample(training.inputs)
    gathered = loader(training.inputs, index_B, training.model.reads)
    before = vitals(training.model, training.inputs, index_B)
    frozen = _without_gradient(training.model)
    fitted = fit(training, index_B)
    states = [before]
    if math.isfinite(fitted.end):
        states.append(vitals(training.model, training.inputs, index_B))
    found = [
        *_of_loader(gathered),
        *_of_start(before),
        *_of_states(states, frozen),
        *_of_fit(fitted, states, frozen, len(index_B)),
    ]
    after = {k: v for k, v in states[-1].items() if k.startswith("attention.")}
    return _examination(
        {**gathered, **before, **_measures(fitted), **{f"after.{k}": v for k, v in after.items()}},
        found,
    )


def fits(recipe: Recipe, inputs: Inputs, seeds: Sequence[int]) -> Iterator[dict[str, float]]:
    """Fit one batch again with each seed, and measure that alone."""
    for seed in seeds:
        yield _measures(fit(Training(recipe, seed, inputs), sample(inputs)))


def _measures(fitted: Fit) -> dict[str, float]:
    return {
        "fit.start": fitted.losses[0],
        "fit.end": fitted.end,
        "fit.worst": fitted.worst,
        "fit.accuracy-before": fitted.accuracy_before,
        "fit.accuracy": fitted.accuracy,
        "fit.gradient-low": min(fitted.reach),
        "fit.gradient-high": max(fitted.reach),
        **{f"moved.{name}": value for name, value in fitted.moved.items()},
    }


def look_back(training: Training) -> Examination:
    """Examine a run as its training left it; nothing is trained."""
    index_B = sample(training.inputs)
    gathered = loader(training.inputs, index_B, training.model.reads)
    now = vitals(training.model, training.inputs, index_B)
    found = [*_of_loader(gathered), *_of_states([now], frozenset())]
    measured = {**gathered, **now}
    if now["logits.finite"]:
        scored = learnt(training)
        measured |= scored
        found += [*_of_learnt(scored), *_of_uniform(now)]
    return _examination(measured, found)


def with_curve(seen: Examination, row: Row | None) -> Examination:
    """Add what a run's curve says, where its ledger has it."""
    found = None if row is None else trend(row)
    return seen if found is None else Examination(seen.measured, told([*seen.findings, found]))


def _examination(measured: Measured, found: list[Finding]) -> Examination:
    """Sort what was found; a ledger keeps finite numbers only."""
    finite = {name: value for name, value in measured.items() if math.isfinite(value)}
    return Examination(finite, told(found))


def vitals(model: BindingModel, inputs: Inputs, index_B: Tensor) -> dict[str, float]:
    """Return everything that can be measured on a model as it is, in evaluation mode."""
    model.eval()
    rna_BL, groups, _ = inputs.batch(index_B, model.reads)
    return {
        **probes(model, inputs, index_B),
        **attention(model, rna_BL, groups),
        **gradients(model, inputs, index_B),
        **dead_units(model, rna_BL, groups),
    }


def _without_gradient(model: BindingModel) -> frozenset[str]:
    """Name the blocks of which no weight asks for a gradient."""
    return frozenset(
        name
        for name, block in blocks(model).items()
        if not any(p.requires_grad for p in block.parameters())
    )


def _limit(name: str) -> float:
    threshold = KINDS[name].threshold
    assert threshold is not None
    return threshold


def _of_loader(gathered: Measured) -> Iterator[Finding]:
    if gathered["loader.moved"] > _limit("labels do not follow windows"):
        yield finding("labels do not follow windows", gathered["loader.moved"])
    if gathered["loader.rarer"] <= _limit("one class only"):
        yield finding("one class only", gathered["loader.rarer"])


def _of_start(before: Measured) -> Iterator[Finding]:
    if before["loss"] > _limit("starts sure of itself"):
        yield finding("starts sure of itself", before["loss"])


def _of_states(states: list[dict[str, float]], frozen: frozenset[str]) -> Iterator[Finding]:
    """Read off what a model is from the states that it was seen in."""
    if not all(state["logits.finite"] for state in states):
        yield finding("logits not finite", None)
        return
    for name, measure in CHANGES.items():
        seen = [state[measure] for state in states if measure in state]
        if seen and max(seen) <= _limit(name):
            yield finding(name, max(seen))
    padding = states[0].get("probe.padding", 0.0)
    if padding > _limit("padding counts"):
        yield finding("padding counts", padding)
    for name in _blocks(states[0]):
        share = max(_share(state, name) for state in states)
        if share <= _limit("no gradient") and name not in frozen:
            yield finding("no gradient", share, where=name)
    for layer in (key for key in states[0] if key.startswith("dead.")):
        dead = min(state[layer] for state in states)
        if dead > _limit("dead units"):
            yield finding("dead units", dead, where=layer.removeprefix("dead."))


def _blocks(state: Measured) -> list[str]:
    return [key.removeprefix("gradient.") for key in state if key.startswith("gradient.")]


def _share(state: Measured, block: str) -> float:
    """A block's gradient norm, as a share of the head's; 0 where there is none at all."""
    return state[f"gradient.{block}"] / head if (head := state["gradient.head"]) else 0.0


def _of_fit(
    fitted: Fit, states: list[dict[str, float]], frozen: frozenset[str], windows: int
) -> Iterator[Finding]:
    """Read off what a fit of one batch of so many windows says."""
    stuck = [name for name, by in fitted.moved.items() if by <= _limit("frozen weights")]
    if len(stuck) == len(fitted.moved):
        yield finding("weights do not move", max(fitted.moved.values()))
    reached = {name for name in _blocks(states[0]) if _share(states[0], name) > 1e-6}
    for name in stuck:
        if name in frozen | reached:
            yield finding("frozen weights", fitted.moved[name], where=name)
    if fitted.worst > _limit("steps too large"):
        yield finding("steps too large", fitted.worst)
    if fitted.end > _limit("batch not fitted"):
        yield finding("batch not fitted", fitted.end)
    coin = 0.5 + 3 * 0.5 / math.sqrt(windows)
    if fitted.accuracy <= coin:
        yield finding("accuracy stuck", fitted.accuracy, threshold=coin)


def _of_learnt(scored: Measured) -> Iterator[Finding]:
    if scored["validation.loss"] > _limit("worse than a coin"):
        yield finding("worse than a coin", scored["validation.loss"])
    if "validation.auroc" not in scored or scored["validation.auroc"] > scored["validation.coin"]:
        return
    by_heart = scored["train.loss"] < _limit("batch not fitted")
    name = "learnt by heart" if by_heart else "no better than a coin"
    yield finding(name, scored["validation.auroc"], threshold=scored["validation.coin"])


def _of_uniform(now: Measured) -> Iterator[Finding]:
    inert = now.get("attention.uniform", 0.0) <= _limit("attention inert")
    if not inert and now.get("attention.entropy", 0.0) > _limit("attention near uniform"):
        yield finding("attention near uniform", now["attention.entropy"])
