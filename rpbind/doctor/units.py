"""Dead units: units whose input to the ReLU is not above zero for any window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from rpbind.model.binding import BindingModel
from rpbind.model.fast import plain_forms
from rpbind.model.group import Group
from rpbind.model.padding import letters_and_mask
from rpbind.model.pair_model import PairModel


@torch.no_grad()
def dead_units(model: PairModel, rna_BL: Tensor, groups: Sequence[Group]) -> dict[str, float]:
    """Return {layer: share of its units that are off for all windows and positions}."""
    dead: dict[str, float] = {}
    masks = _masks(model, rna_BL, groups)
    handles = [
        module.register_forward_hook(_record_dead(name, dead, masks))
        for name, module in _rectified(model)
    ]
    try:
        with plain_forms(
            model
        ):  # the fast forms do not call every layer, or not for every position
            model(rna_BL, groups)
    finally:
        for handle in handles:
            handle.remove()
    return dead


def _rectified(model: PairModel) -> list[tuple[str, nn.Module]]:
    """Return the layers whose output goes into a ReLU, with their names.

    Of the user's own layers that is not known.

    They are the layers called `wide`, the norms after convolutions, and in the head the linear
    layer before each ReLU.
    """
    if not isinstance(model, BindingModel):
        return []
    ours = [each for each in model.named_modules() if not each[0].startswith(model.custom)]
    return [
        (name, module)
        for name, module in ours
        if name.endswith(".wide") or name.startswith("encoder.norms.") or _before_relu(model, name)
    ]


def _before_relu(model: BindingModel, name: str) -> bool:
    block, _, place = name.partition(".")
    layers = list(model.head.children())
    return (
        block == "head"
        and place.isdigit()
        and isinstance(layers[min(int(place) + 1, len(layers) - 1)], nn.ReLU)
    )


def _masks(model: PairModel, rna_BL: Tensor, groups: Sequence[Group]) -> dict[int, Tensor]:
    """Return which letters and query positions are no padding, by their number in a window."""
    if not (isinstance(model, BindingModel) and model.varying):
        return {}
    masks = [letters_and_mask(rna_BL)[1], model.encode(rna_BL, groups)[1]]
    return {real.shape[1]: real for real in masks if real is not None}


def _record_dead(name: str, dead: dict[str, float], masks: dict[int, Tensor]) -> Any:
    def hook(module: nn.Module, inputs: Any, out: Tensor) -> None:
        # after the batch norm of a convolution the shape is (B, C, 1, L); otherwise units are last
        units = out.movedim(1, -1) if isinstance(module, nn.BatchNorm2d) else out
        positions = units.shape[-2] if units.ndim > 2 else 0
        real = masks.get(positions) if isinstance(module, nn.Linear) else None  # a norm leaves 0
        off = ((units.flatten(0, -2) if real is None else units[real]) <= 0).all(0)
        dead[f"dead.{name}"] = float(off.double().mean())

    return hook
