"""A recipe's rules for initial values; layers without a rule keep the values from `drawing`."""

import math

import torch
from torch import Tensor, nn

from rpbind.recipe import model as fields
from rpbind.seeding.streams import generator

ATTENTION = ("attend.query", "memory.key", "memory.value", "attend.output")
POSITION_SD = 0.02
TORCH_DEFAULT = ("feed_forward.wide", "feed_forward.narrow")
"""Layers that keep torch's default under both rules, because the original model does so."""
ZERO = ("own.weights", "own.level", "experiment.vector")
"""Layers that start at zero."""


@torch.no_grad()
def initialise(
    model: nn.Module,
    rule: fields.TorchInit | fields.XavierInit,
    seed: int,
    own: tuple[str, ...] = (),
) -> None:
    """Draw the initial values of linear layers, 2-d convolutions and positions by a recipe's rule.

    All other layers (norms, recurrent layers, a user's) keep the values that they have. So do
    subclasses of linear layers, such as the output of torch's `MultiheadAttention`, which have
    their own defaults. Both rules scale the same uniform draws, so arms that differ only in the
    rule differ only in scale.

    Parameters
    ----------
    model
        The model; its parameters are overwritten.
    rule
        The recipe's rule.
    seed
        Seed of the run; each parameter is seeded by it and its full name.
    own
        What the names of the user's own layers begin with; these keep the values that they have.

    Source
    ------
    torch's `Linear.reset_parameters`; Glorot and Bengio 2010 for Xavier.
    """
    for name, module in model.named_modules():
        if type(module) in (nn.Linear, nn.Conv2d) and not name.startswith(own):
            weight, bias = _bounds(name, module.weight, rule)
            _uniform(module.weight, weight, seed, f"{name}.weight")
            if module.bias is not None:
                _uniform(module.bias, bias, seed, f"{name}.bias")
    for name, parameter in model.named_parameters():
        if name.endswith(".position") and not name.startswith(own):
            stream = generator("cpu", seed, name)
            parameter.copy_(torch.randn(parameter.shape, generator=stream) * POSITION_SD)


def _bounds(
    name: str, weight: Tensor, rule: fields.TorchInit | fields.XavierInit
) -> tuple[float, float]:
    """Return the bounds of the uniform distributions of a layer's weight and bias."""
    if name in ZERO:
        return 0.0, 0.0
    taps = weight[0, 0].numel()
    fan_in, fan_out = weight.shape[1] * taps, weight.shape[0] * taps
    if isinstance(rule, fields.TorchInit) or name in TORCH_DEFAULT:
        return 1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in)
    gain = rule.attention_gain if name in ATTENTION else rule.gain
    return gain * math.sqrt(6 / (fan_in + fan_out)), 0.0


def _uniform(parameter: Tensor, bound: float, seed: int, name: str) -> None:
    draws = torch.rand(parameter.shape, generator=generator("cpu", seed, name))
    parameter.copy_((2 * draws - 1) * bound)
