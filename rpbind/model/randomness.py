"""Random numbers that a model draws in training: seeded by layer, or refused.

torch's dropout draws from the global generator, whose state depends on all that was drawn before:
two arms with it would not be paired. A plain `nn.Dropout` is replaced by the seeded one; what else
draws is an error that names it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.dropout import _DropoutNd

from rpbind.errors import UserError
from rpbind.model.seeding import Dropout

DRAWS: dict[type[nn.Module], Callable[[Any], bool]] = {
    _DropoutNd: lambda layer: layer.p > 0,
    nn.RNNBase: lambda layer: layer.dropout > 0 and layer.num_layers > 1,
    nn.MultiheadAttention: lambda layer: layer.dropout > 0,
    nn.RReLU: lambda layer: layer.lower != layer.upper,
    nn.FractionalMaxPool2d: lambda layer: True,
    nn.FractionalMaxPool3d: lambda layer: True,
}
"""torch's layers that draw in training, and when they do."""


def seed_dropout(model: nn.Module) -> None:
    """Replace every `nn.Dropout` by the seeded one.

    Raises
    ------
    UserError
        Where another of torch's layers draws random numbers in training.
    """
    for path, module in list(model.named_modules()):
        for name, layer in module.named_children():
            if type(layer) is nn.Dropout:
                setattr(module, name, Dropout(layer.p))
            elif any(isinstance(layer, kind) and draws(layer) for kind, draws in DRAWS.items()):
                raise _unseeded(f"{path}.{name}" if path else name, layer)


@contextmanager
def check_no_unseeded_draw(model: nn.Module, device: torch.device | str) -> Iterator[None]:
    """Raise `UserError` where the block has moved torch's global generator.

    Only its state is compared, before and after: that costs microseconds, whatever the block does.
    """
    before = _states(device)
    yield
    if any(not torch.equal(one, now) for one, now in zip(before, _states(device), strict=True)):
        raise UserError(
            f"The model ({type(model).__name__}) drew random numbers from torch's global generator "
            "in training, so arms that have it are not paired. Drop out with an nn.Dropout layer, "
            "which is seeded by its name, instead of F.dropout or torch.rand in `forward`."
        )


def _states(device: torch.device | str) -> list[Tensor]:
    states = [torch.get_rng_state()]
    if torch.device(device).type == "cuda":
        states.append(torch.cuda.get_rng_state(device))
    return states


def _unseeded(name: str, layer: nn.Module) -> UserError:
    return UserError(
        f"'{name}' ({type(layer).__name__}) draws random numbers in training that cannot be seeded "
        "by its name, so arms that have it are not paired. Set its dropout to 0 and put an "
        "nn.Dropout layer after it, which is seeded, or take another layer."
    )
