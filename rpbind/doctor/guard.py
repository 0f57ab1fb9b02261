"""The no-op guard: compare each arm with its reference before anything is trained.

It tests whether the two can compute different functions. Both get the same weights where names and
shapes agree, none of them at a neutral value, and score the same windows in float64, in evaluation
mode. If one of them has a class of the user's own, which need not work in float64, both are
compared in float32. A change that affects training alone is not compared.
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
from rpbind.model.build import build_model
from rpbind.model.group import Group
from rpbind.model.pair_model import PairModel
from rpbind.recipe import Recipe
from rpbind.recipe.custom import custom_classes
from rpbind.seeding.streams import generator
from rpbind.train.inputs import Inputs

InputsOf = Callable[[str], Inputs]
"""Function from the name of a protein encoder to the inputs with its vectors."""

SAME = {
    torch.float64: "inert: same function",
    torch.float32: "inert: same function in float32",
}


@dataclass(frozen=True)
class NoOpCheck:
    """One arm compared with its reference before training.

    Parameters
    ----------
    contrast
        The two arms.
    fields
        Recipe fields in which they differ.
    parameters
        Number of parameters of the arm and of the reference.
    only_arm, only_reference
        Names of parameters that only this side has, or has in this shape.
    gap
        Largest difference of a logit, relative to the largest logit. None if only training
        differs: then the function is the same by construction.
    findings
        Findings on the arm.
    """

    contrast: ContrastPlan
    fields: tuple[str, ...]
    parameters: tuple[int, int]
    only_arm: tuple[str, ...]
    only_reference: tuple[str, ...]
    gap: float | None
    findings: tuple[Finding, ...]

    def words(self) -> str:
        """Describe the comparison in one line.

        Returns
        -------
        str
            Such as "residual: new against old: logits differ by 3e-01 of the largest, ...".
        """
        one = self.contrast
        arm, reference = self.parameters
        if self.gap is None:
            difference = "same function by construction, only training differs"
        else:
            difference = (
                f"logits differ by {self.gap:.1e} of the largest, {arm - reference:+,} parameters"
            )
            if self.only_arm:
                difference += f", new: {', '.join(self.only_arm)}"
        names = "".join(f" [{f.name}]" for f in self.findings)
        return f"{one.name}: {one.arm} against {one.reference}: {difference}{names}"


def guard(plan: Plan, inputs_of: InputsOf, arm: str | None = None) -> list[NoOpCheck]:
    """Compare each arm of a plan with its reference.

    Parameters
    ----------
    plan
        The plan.
    inputs_of
        Gives the inputs with the vectors of a protein encoder.
    arm
        Compare only this arm; None for every arm.

    Returns
    -------
    list[NoOpCheck]
        One comparison for each pair, see `pairs`.
    """
    recipes = {arm.name: Recipe.model_validate(arm.recipe) for arm in plan.arms}
    return [
        compare_arms(pair, recipes[pair.arm], recipes[pair.reference], inputs_of)
        for pair in pairs(plan)
        if arm is None or pair.arm == arm
    ]


def pairs(plan: Plan) -> list[ContrastPlan]:
    """Return the pairs of arms in a plan that the guard compares.

    A factorial contrast is a sum over many arms. There each arm is compared with every arm that
    lacks exactly one of its changes. A fractional factorial may have no such pair; then each arm
    is compared with the first.
    """
    plain = [contrast for contrast in plan.contrasts if not contrast.weights]
    if not plan.factors:
        return plain
    on = {a.name: frozenset(f for f, had in plan.factors.items() if a.name in had)
          for a in plan.arms}  # fmt: skip
    neighbours = [
        (arm, other, *(on[arm] - on[other]))
        for arm in on
        for other in on
        if on[other] < on[arm] and len(on[arm] - on[other]) == 1
    ]
    first = plan.arms[0].name
    neighbours = neighbours or [(arm, first, "all changes") for arm in on if arm != first]
    return plain + [
        ContrastPlan(name=f"{change} in {arm}", arm=arm, reference=other)
        for arm, other, change in neighbours
    ]


def compare_arms(
    contrast: ContrastPlan, arm: Recipe, reference: Recipe, inputs_of: InputsOf
) -> NoOpCheck:
    """Build an arm and its reference, and compare fields, parameters and logits."""
    fields = tuple(arm.diff(reference))
    dtype = torch.float32 if _is_custom(arm) or _is_custom(reference) else torch.float64
    models = [
        _build_model(recipe, inputs_of(recipe.proteins), dtype) for recipe in (arm, reference)
    ]
    mine, theirs = (dict(model.named_parameters()) for model in models)
    shared = {n for n in mine if n in theirs and mine[n].shape == theirs[n].shape}
    gap = None
    if any(not _is_training_only(field) for field in fields):
        logits = [
            _logits(model, inputs_of(recipe.proteins), dtype)
            for model, recipe in zip(models, (arm, reference), strict=True)
        ]
        gap = float((logits[0] - logits[1]).abs().max() / logits[1].abs().max())
    return NoOpCheck(
        contrast,
        fields,
        (sum(p.numel() for p in mine.values()), sum(p.numel() for p in theirs.values())),
        tuple(name for name in mine if name not in shared),
        tuple(name for name in theirs if name not in shared),
        gap,
        tuple(_findings(contrast, fields, gap, SAME[dtype])),
    )


def _is_custom(recipe: Recipe) -> bool:
    return any(custom_classes(recipe))


def _findings(
    contrast: ContrastPlan, fields: tuple[str, ...], gap: float | None, same: str
) -> list[Finding]:
    reference = f"Compared with '{contrast.reference}'."
    if not fields:
        return [finding("identical to the reference", 0.0, note=reference)]
    found = []
    tolerance = KINDS[same].threshold
    assert tolerance is not None
    if gap is not None and gap <= tolerance:
        found.append(finding(same, gap, note=reference))
    unnamed = [field for field in fields if not _is_named(field, contrast.fields)]
    if contrast.fields and unnamed:
        note = f"Compared with '{contrast.reference}', not named: {', '.join(unnamed)}."
        found.append(finding("changes more than it names", float(len(unnamed)), note=note))
    return found


def _is_named(field: str, named: tuple[str, ...]) -> bool:
    return any(field == name or field.startswith(f"{name}.") for name in named)


def _is_training_only(field: str) -> bool:
    """Whether a field affects training alone: the optimizer, initial values, dropout."""
    return field.startswith(("train.", "model.init.")) or field.endswith(".dropout")


@torch.no_grad()
def _build_model(recipe: Recipe, inputs: Inputs, dtype: torch.dtype) -> PairModel:
    """Build a model and draw every weight from its name and shape alone.

    No weight is at a neutral value (a temperature of 1, a norm's shift of 0), which would hide its
    effect.
    """
    model = build_model(
        recipe.model, width=inputs.width, length=inputs.length, seed=0, varying=inputs.varying
    ).to(dtype)
    for name, weight in model.named_parameters():
        stream = generator("cpu", "guard", name, tuple(weight.shape))
        bound = max(1, weight[0].numel()) ** -0.5 if weight.ndim > 1 else 0.5
        weight.copy_((2 * torch.rand(weight.shape, generator=stream) - 1) * bound)
        if weight.ndim == 1:
            weight.add_(1.0)
    return model.eval()


@torch.no_grad()
def _logits(model: PairModel, inputs: Inputs, dtype: torch.dtype) -> Tensor:
    rna_BL, groups, _ = inputs.batch(sample(inputs), model.reads)
    return model(rna_BL, [_in_dtype(group, dtype) for group in groups])


def _in_dtype(group: Group, dtype: torch.dtype) -> Group:
    residues_PRW = group.residues_PRW
    return replace(
        group,
        mean_PW=group.mean_PW.to(dtype),
        residues_PRW=None if residues_PRW is None else residues_PRW.to(dtype),
        experiments={by: code_PD.to(dtype) for by, code_PD in group.experiments.items()},
    )
