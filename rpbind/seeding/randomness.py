"""Random numbers that a model draws in training: they are seeded by layer, or an error.

torch's dropout draws from the global generator, whose state depends on all earlier draws, so two
arms with it would not be paired. We replace `nn.Dropout` by our seeded layer; any other layer that
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
from rpbind.seeding.streams import Dropout

RANDOM_LAYERS: dict[type[nn.Module], Callable[[Any], bool]] = {
    _DropoutNd: lambda layer: layer.p > 0,
    nn.RNNBase: lambda layer: layer.dropout > 0 and layer.num_layers > 1,
    nn.MultiheadAttention: lambda layer: layer.dropout > 0,
    nn.RReLU: lambda layer: layer.lower != layer.upper,
    nn.FractionalMaxPool2d: lambda layer: True,
    nn.FractionalMaxPool3d: lambda layer: True,
}
"""torch's layers that may draw random numbers in training -> whether a given layer does."""


def seed_dropout(model: nn.Module) -> None:
    """Replace every `nn.Dropout` by our seeded `Dropout`.

    Parameters
    ----------
    model
        The model; it is changed in place.

    Raises
    ------
    UserError
        Where another layer of torch draws random numbers in training.
    """
    for path, module in list(model.named_modules()):
        for name, layer in module.named_children():
            if type(layer) is nn.Dropout:
                setattr(module, name, Dropout(layer.p))
            elif any(
                isinstance(layer, kind) and is_random(layer)
                for kind, is_random in RANDOM_LAYERS.items()
            ):
                raise _unseeded(f"{path}.{name}" if path else name, layer)


@contextmanager
def check_no_unseeded_draw(model: nn.Module, device: torch.device | str) -> Iterator[None]:
    """Check that the block draws nothing from torch's global generator.

    Only the generator's state before and after is compared, which costs microseconds.

    Parameters
    ----------
    model
        The model, for the message.
    device
        The device that the model is on; a CUDA device's generator is checked too.

    Returns
    -------
    Iterator
        A context manager.

    Raises
    ------
    UserError
        At the end of the block, where it drew from the global generator.
    """
    before = _states(device)
    yield
    if any(not torch.equal(one, now) for one, now in zip(before, _states(device), strict=True)):
        raise UserError(
            f"The model ({type(model).__name__}) drew random numbers from torch's global generator "
            "in training, so the model's runs are not paired. Use an nn.Dropout layer, which is "
            "seeded by its name, instead of F.dropout or torch.rand in `forward`."
        )


def _states(device: torch.device | str) -> list[Tensor]:
    states = [torch.get_rng_state()]
    if torch.device(device).type == "cuda":
        states.append(torch.cuda.get_rng_state(device))
    return states


def _unseeded(name: str, layer: nn.Module) -> UserError:
    return UserError(
        f"'{name}' ({type(layer).__name__}) draws random numbers in training that cannot be seeded "
        "by its name, so the model's runs are not paired. Set its dropout to 0 and put an "
        "nn.Dropout layer after it, which is seeded, or use another layer."
    )
