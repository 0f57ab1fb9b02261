"""Whether a model fits this machine's memory, estimated from its recipe before it is built."""

from __future__ import annotations

import os

import torch

from rpbind.errors import UserError
from rpbind.model.network import network
from rpbind.recipe import model as fields
from rpbind.recipe.activations import activation_count
from rpbind.recipe.custom import custom_classes
from rpbind.recipe.encoders import ConvEncoder, CustomEncoder

BYTES = 4
COPIES_BUILT = 2
"""Copies of the parameters during building, which builds the model twice and compares."""
COPIES_TRAINED = 5
"""Copies in training: weights, gradients, the two moments of Adam, weights of the best epoch."""


def check_fits(
    config: fields.AnyModel, *, width: int, length: int, copies: int = COPIES_BUILT, batch: int = 0
) -> None:
    """Check that a model makes sense for the windows and fits this machine's memory.

    What the user's own classes keep for the gradient is not known, and is left out.

    Parameters
    ----------
    config
        The model part of a recipe.
    width
        Width W of the protein vectors.
    length
        Window length L, in nucleotides.
    copies
        Copies of the parameters that are in memory at the same time.
    batch
        Windows per batch, whose activations are kept for the gradient; 0 for none.

    Raises
    ------
    UserError
        Where a convolution's kernel is wider than any window needs, or this machine has too little
        memory.
    """
    _check_kernel(config, length)
    weights = parameter_count(config, width=width, length=length)
    needed = BYTES * (copies * weights + batch * activation_count(config, length))
    if needed <= (there := machine_memory()):
        return
    name, size = widest_layer(config)
    described = f"{weights:,} parameters" + (f", batches of {batch:,} windows" if batch else "")
    raise UserError(
        f"The model takes about {_gigabytes(needed)} of memory ({described}), and this machine has "
        f"{_gigabytes(there)}. Make it smaller: its largest width is {name} = {size:,}"
        f"{', and train.batch_size counts too' if batch else ''}."
    )


def parameter_count(config: fields.AnyModel, *, width: int, length: int) -> int:
    """Return a model's number of parameters, without allocating memory for them; 0 if not known."""
    try:
        with torch.device("meta"):
            model = network(config, width=width, length=length)
    except UserError:
        if any(custom_classes(config)):
            return 0  # a class of the user's own need not work without memory; it is built next
        raise
    return sum(each.numel() for each in model.parameters())


def widest_layer(config: fields.AnyModel) -> tuple[str, int]:
    """Return the path and the value of a model's largest width.

    Of a whole model of the user's own, that is the largest whole number among its options.
    """
    if isinstance(config, fields.CustomModel):
        given = {name: value for name, value in config.options.items() if isinstance(value, int)}
        name = max(given, key=lambda path: given[path], default="")
        return (f"model.options.{name}", given[name]) if given else ("model.class", 0)
    widths = {
        "model.attention.dim": config.attention.dim,
        "model.classifier.hidden": max(config.classifier.hidden, default=0),
    }
    if not isinstance(config.encoder, CustomEncoder):
        widths["model.encoder.dim"] = config.encoder.dim
    if config.feed_forward is not None:
        widths["model.feed_forward.hidden"] = config.feed_forward.hidden
    name = max(widths, key=lambda path: widths[path])
    return name, widths[name]


def machine_memory() -> int:
    """Return the size of this machine's memory in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _check_kernel(config: fields.AnyModel, length: int) -> None:
    if isinstance(config, fields.CustomModel):
        return
    kernel = config.encoder.kernel if isinstance(config.encoder, ConvEncoder) else 1
    if kernel > 2 * length - 1:
        raise UserError(
            f"model.encoder.kernel is {kernel:,}, and the windows have {length} nt. A kernel of "
            f"{2 * length - 1} already covers the whole window at every position: use that or less."
        )


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:,.1f} GB"
