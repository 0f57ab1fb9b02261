"""Check the user's own classes on one real batch, against `rpbind.model.contracts`.

Shapes: B windows, Q query positions, C encoder width, P proteins, S keys, E attention width.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rpbind.doctor.sample import sample
from rpbind.errors import UserError
from rpbind.model.binding import BindingModel
from rpbind.model.build import build_model
from rpbind.model.custom import encoder_width
from rpbind.model.group import Group
from rpbind.model.padding import letters_and_mask
from rpbind.model.pair_model import PairModel
from rpbind.parts.loading import class_file, errors_in
from rpbind.recipe import Recipe
from rpbind.recipe.custom import CustomClass, custom_classes
from rpbind.seeding.randomness import check_no_unseeded_draw
from rpbind.seeding.streams import reseed
from rpbind.train.inputs import Inputs

Size = int | str
"""A size that a shape must have, or the letter of one that is free."""


def check_contract(recipe: Recipe, inputs: Inputs) -> None:
    """Build a recipe's model, and make one training step's forward and backward pass on a batch.

    Parameters
    ----------
    recipe
        The recipe; without a class of the user's own nothing is checked.
    inputs
        Windows and proteins to take the batch from, on the CPU.

    Raises
    ------
    UserError
        If a class cannot be imported or built, if an error is raised in it, or if it returns
        another shape or type than its contract says, NaN, or what no gradient can reach.
    """
    own = {each.slot: each for each in custom_classes(recipe.model)}
    if not own:
        return
    model = build_model(
        recipe.model, width=inputs.width, length=inputs.length, seed=0, varying=inputs.varying
    )
    reseed(model, "cpu", 0, 1)
    rna_BL, groups, label_B = inputs.batch(sample(inputs), model.reads)
    with check_no_unseeded_draw(model, "cpu"):
        if isinstance(model, BindingModel):
            _check_slots(model, own, rna_BL, groups)
        with errors_in(_file_of(own), f"{', '.join(own)}: error in the forward pass"):
            logit_B = model(rna_BL, groups)
    name = own["model"].part.class_name if "model" in own else "the model"
    what = f"{'model' if 'model' in own else ', '.join(own)}: the logits of {name}"
    _check_tensor(what, logit_B, {"B": len(rna_BL)})
    _check_gradient(model, own, logit_B, label_B)


def _check_slots(
    model: BindingModel, own: dict[str, CustomClass], rna_BL: Tensor, groups: Sequence[Group]
) -> None:
    """Check what an encoder and a memory of the user's own return."""
    if (encoder := own.get("model.encoder")) is not None:
        what = f"{encoder.slot}: {encoder.part.class_name}.forward"
        with errors_in(_file_of({"": encoder}), f"{what} fails"):
            letters_BL, real_BL = letters_and_mask(rna_BL) if model.varying else (rna_BL, None)
            rna_BQC, real_BQ = model.encoder(letters_BL, real_BL)
        width = encoder_width(model.encoder)
        _check_tensor(what, rna_BQC, {"B": len(rna_BL), "Q": "Q", "C": width})
        if real_BQ is not None:
            shape: dict[str, Size] = {"B": len(rna_BL), "Q": rna_BQC.shape[1]}
            _check_tensor(f"the mask of {what}", real_BQ, shape, torch.bool)
    if (memory := own.get("model.memory")) is not None and model.attend is not None:
        what = f"{memory.slot}: {memory.part.class_name}.forward"
        with errors_in(_file_of({"": memory}), f"{what} fails"):
            made = model.memory(groups[0])
        width, proteins = model.attend.query.out_features, len(groups[0].mean_PW)
        shape = {"P": proteins, "S": "S", "E": width}
        _check_tensor(f"the keys of {what}", made.keys_PSE, shape)
        shape["S"] = made.keys_PSE.shape[1]
        _check_tensor(f"the values of {what}", made.values_PSE, shape)
        if made.real_PS is not None:
            del shape["E"]
            _check_tensor(f"the mask of {what}", made.real_PS, shape, torch.bool)


def _check_tensor(
    what: str, found: object, shape: dict[str, Size], dtype: torch.dtype = torch.float32
) -> None:
    """Raise `UserError` on another type, shape or dtype than expected, and on NaN and infinity."""
    expected = f"{_short(dtype)} of shape ({_listed(list(shape))}) = ({_listed(shape.values())})"
    if not isinstance(found, Tensor):
        raise UserError(f"{what} must be a tensor, {expected}; got {type(found).__name__}.")
    sizes = tuple(found.shape)
    fits = len(sizes) == len(shape) and all(
        isinstance(size, str) or size == got
        for size, got in zip(shape.values(), sizes, strict=True)
    )
    if not fits or found.dtype != dtype:
        advice = " Squeeze the last dimension." if sizes == (*shape.values(), 1) else ""
        raise UserError(
            f"{what} must be {expected}; got {_short(found.dtype)} of shape "
            f"({_listed(sizes)}).{advice}"
        )
    if dtype.is_floating_point and not (finite := torch.isfinite(found)).all():
        raise UserError(
            f"{what} must be finite; {int((~finite).sum()):,} of {found.numel():,} values are NaN "
            "or infinite on one batch of an untrained model. Look for a division by zero, a log, "
            "or a softmax over padding alone."
        )


def _check_gradient(
    model: PairModel, own: dict[str, CustomClass], logit_B: Tensor, label_B: Tensor
) -> None:
    """Raise `UserError` if the loss's gradient reaches no weight of a class of the user's own."""
    if logit_B.requires_grad:
        with errors_in(_file_of(own), f"{', '.join(own)}: error in the backward pass"):
            F.binary_cross_entropy_with_logits(logit_B, label_B).backward()
    for slot, each in own.items():
        module: nn.Module = model if slot == "model" else model.get_submodule(slot[len("model.") :])
        weights = [p for p in module.parameters() if p.requires_grad]
        reached = any(p.grad is not None for p in weights)
        if reached or (not weights and slot != "model"):
            continue
        why = "its output is detached from them" if weights else "it has none that trains"
        raise UserError(
            f"{slot}: the gradient reaches no parameter of {each.part.class_name}; {why}. Compute "
            "its output with torch operations on its parameters, without detach() or no_grad()."
        )


def _file_of(own: dict[str, CustomClass]) -> str:
    return class_file(next(iter(own.values())).load())


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _listed(sizes: object) -> str:
    each = list(map(str, sizes))  # type: ignore[call-overload]
    return ", ".join(each) + ("," if len(each) == 1 else "")
