"""The no-op guard: each arm is built beside its reference before anything is trained.

Whatever the weights, can the arm do something that its reference cannot? Both get the same weights
where names and shapes agree, none of them at a neutral value, and are asked about the same windows
in float64, in evaluation mode. Training is not compared: what only shapes it cannot be inert here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from rpbind.doctor.finding import finding
from rpbind.doctor.kinds import KINDS
from rpbind.doctor.sample import sample
from rpbind.ledger import ContrastPlan, Finding, Plan
from rpbind.model.binding import BindingModel
from rpbind.model.build import build_model
from rpbind.model.memory import Group
from rpbind.model.seeding import generator
from rpbind.recipe import Recipe
from rpbind.train.inputs import Inputs

Opens = Callable[[str], Inputs]
"""Gives the inputs with the vectors of a protein encoder."""


@dataclass(frozen=True)
class NoOpCheck:
    """One contrast before training: what differs, and whether the functions do.

    `knobs` are the recipe fields that differ; `only_arm` and `only_reference` the tensors that one
    side alone has, or has in another shape; `gap` is the largest difference of a logit, relative to
    the largest logit; None where only training differs: the function is the same by construction.
    """

    contrast: ContrastPlan
    knobs: tuple[str, ...]
    parameters: tuple[int, int]
    only_arm: tuple[str, ...]
    only_reference: tuple[str, ...]
    gap: float | None
    findings: tuple[Finding, ...]

    def words(self) -> str:
        """Say it in a line."""
        one = self.contrast
        arm, reference = self.parameters
        if self.gap is None:
            what = "same function by construction, only training differs"
        else:
            what = (
                f"logits differ by {self.gap:.1e} of the largest, {arm - reference:+,} parameters"
            )
            if self.only_arm:
                what += f", new: {', '.join(self.only_arm)}"
        told = "".join(f" [{f.name}]" for f in self.findings)
        return f"{one.name}: {one.arm} beside {one.reference}: {what}{told}"


def guard(plan: Plan, opens: Opens, arm: str | None = None) -> list[NoOpCheck]:
    """Compare the two arms of every pair of a plan; with `arm`, of those in which it is the arm."""
    recipes = {arm.name: Recipe.model_validate(arm.recipe) for arm in plan.arms}
    return [
        compare(pair, recipes[pair.arm], recipes[pair.reference], opens)
        for pair in pairs(plan)
        if arm is None or pair.arm == arm
    ]


def pairs(plan: Plan) -> list[ContrastPlan]:
    """Return a plan's comparisons of two arms.

    A factorial effect is a sum over many: there each arm stands beside the one that lacks a single
    change of its own. A fraction has no two such arms, and each stands beside the first.
    """
    plain = [contrast for contrast in plan.contrasts if not contrast.weights]
    if not plan.factors:
        return plain
    on = {a.name: frozenset(f for f, had in plan.factors.items() if a.name in had)
          for a in plan.arms}  # fmt: skip
    beside = [
        (arm, other, *(on[arm] - on[other]))
        for arm in on
        for other in on
        if on[other] < on[arm] and len(on[arm] - on[other]) == 1
    ]
    first = plan.arms[0].name
    beside = beside or [(arm, first, "all changes") for arm in on if arm != first]
    return plain + [
        ContrastPlan(name=f"{what} in {arm}", arm=arm, reference=other)
        for arm, other, what in beside
    ]


def compare(contrast: ContrastPlan, arm: Recipe, reference: Recipe, opens: Opens) -> NoOpCheck:
    """Build an arm beside its reference, and say what differs."""
    knobs = tuple(arm.diff(reference))
    models = [_built(recipe, opens(recipe.proteins)) for recipe in (arm, reference)]
    mine, theirs = (dict(model.named_parameters()) for model in models)
    shared = {n for n in mine if n in theirs and mine[n].shape == theirs[n].shape}
    gap = None
    if any(not _only_trains(knob) for knob in knobs):
        logits = [
            _logits(model, opens(recipe.proteins))
            for model, recipe in zip(models, (arm, reference), strict=True)
        ]
        gap = float((logits[0] - logits[1]).abs().max() / logits[1].abs().max())
    return NoOpCheck(
        contrast,
        knobs,
        (sum(p.numel() for p in mine.values()), sum(p.numel() for p in theirs.values())),
        tuple(name for name in mine if name not in shared),
        tuple(name for name in theirs if name not in shared),
        gap,
        tuple(_findings(contrast, knobs, gap)),
    )


def _findings(contrast: ContrastPlan, knobs: tuple[str, ...], gap: float | None) -> list[Finding]:
    beside = f"Beside '{contrast.reference}'."
    if not knobs:
        return [finding("identical to the reference", 0.0, note=beside)]
    found = []
    tolerance = KINDS["inert: same function"].threshold
    assert tolerance is not None
    if gap is not None and gap <= tolerance:
        found.append(finding("inert: same function", gap, note=beside))
    unnamed = [knob for knob in knobs if not _named(knob, contrast.fields)]
    if contrast.fields and unnamed:
        note = f"Beside '{contrast.reference}', not named: {', '.join(unnamed)}."
        found.append(finding("changes more than it names", float(len(unnamed)), note=note))
    return found


def _named(knob: str, fields: tuple[str, ...]) -> bool:
    return any(knob == field or knob.startswith(f"{field}.") for field in fields)


def _only_trains(knob: str) -> bool:
    """Whether a knob shapes training alone: the optimiser, initial values, dropout."""
    return knob.startswith(("train.", "model.init.")) or knob.endswith(".dropout")


@torch.no_grad()
def _built(recipe: Recipe, inputs: Inputs) -> BindingModel:
    """A model in float64 of which every weight is drawn by its name and shape alone.

    Nothing is at a neutral value (a temperature of 1, a norm's shift of 0), which would hide what
    it can do.
    """
    model = build_model(recipe.model, width=inputs.width, length=inputs.length, seed=0).double()
    for name, weight in model.named_parameters():
        stream = generator("cpu", "guard", name, tuple(weight.shape))
        bound = max(1, weight[0].numel()) ** -0.5 if weight.ndim > 1 else 0.5
        weight.copy_((2 * torch.rand(weight.shape, generator=stream) - 1) * bound)
        if weight.ndim == 1:
            weight.add_(1.0)
    return model.eval()


@torch.no_grad()
def _logits(model: BindingModel, inputs: Inputs) -> Tensor:
    rna_BL, groups, _ = inputs.batch(sample(inputs), model.reads)
    return model(rna_BL, [_double(group) for group in groups])


def _double(group: Group) -> Group:
    residues_PRW = group.residues_PRW
    return replace(
        group,
        mean_PW=group.mean_PW.double(),
        residues_PRW=None if residues_PRW is None else residues_PRW.double(),
    )
