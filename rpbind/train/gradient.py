"""The gradient of a batch, added up over pieces of it if memory is short."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from rpbind.errors import UserError
from rpbind.gathering.planned import Planned
from rpbind.model.pair_model import PairModel
from rpbind.recipe import Recipe
from rpbind.seeding.randomness import check_no_unseeded_draw
from rpbind.train.augment import augment
from rpbind.train.batches import MIN_WINDOWS
from rpbind.train.inputs import Inputs
from rpbind.train.machine import Machine


class GradientState(Protocol):
    """What a gradient needs of `rpbind.train.loop.Training`, which imports this module."""

    recipe: Recipe
    inputs: Inputs
    machine: Machine
    model: PairModel
    wrapped: Callable[..., Any]
    optimizer: Optimizer
    stream: torch.Generator
    pieces: int


def accumulate_gradient(training: GradientState, batch: Tensor | Planned) -> list[Tensor]:
    """Compute a batch's gradient; return the shares of its loss, one per piece.

    If memory runs out, `training.pieces` is doubled. Raises `UserError` if pieces of two windows
    still need too much memory.
    """
    while not (losses := _piece_losses(training, batch)):
        training.pieces *= 2
        if len(batch) // training.pieces < MIN_WINDOWS:
            raise UserError(
                f"Out of memory on {training.machine.device} with {len(batch)} windows in "
                f"{training.pieces // 2} piece(s), which cannot be smaller. Use a machine with "
                "more memory, fewer runs at once, or a narrower model."
            )
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    return losses


def _piece_losses(training: GradientState, batch: Tensor | Planned) -> list[Tensor]:
    """Add up a batch's gradient; return each piece's share of its loss, [] if out of memory."""
    training.optimizer.zero_grad(set_to_none=True)
    # the last batch is small and has fewer pieces
    pieces = max(1, min(training.pieces, len(batch) // MIN_WINDOWS))
    try:
        with check_no_unseeded_draw(training.model, training.machine.device):
            return [
                add_gradient(training, piece, len(piece) / len(batch))
                for piece in ([batch] if pieces == 1 else _cut(batch, pieces))
            ]
    except RuntimeError as error:  # torch.OutOfMemoryError is one
        if training.machine.world > 1 or not _is_out_of_memory(error):
            raise
        return []


def _cut(batch: Tensor | Planned, pieces: int) -> tuple[Tensor, ...]:
    """Return the window indices of a batch in pieces."""
    return (batch.index_B if isinstance(batch, Planned) else batch).tensor_split(pieces)


def add_gradient(training: GradientState, piece: Tensor | Planned, share: float = 1.0) -> Tensor:
    """Add the gradient of a piece, weighted by its share of the batch; return its loss."""
    rna_BL, groups, label_B = training.inputs.batch(piece, training.model.reads)
    rna_BL = augment(rna_BL, training.recipe.train, training.stream)
    with lower_precision(training):
        logit_B = training.wrapped(rna_BL, groups)
    logit_B = logit_B.to(torch.promote_types(logit_B.dtype, label_B.dtype))  # at least float32
    loss = F.binary_cross_entropy_with_logits(logit_B, label_B) * share
    loss.backward()
    return loss.detach()


def lower_precision(training: GradientState) -> contextlib.AbstractContextManager[Any]:
    """Return a context in which products are computed in the recipe's precision."""
    if training.recipe.train.precision == "float32":
        return contextlib.nullcontext()
    return torch.autocast(torch.device(training.machine.device).type, torch.bfloat16)


def follow_gradient(training: GradientState, loss: Tensor) -> Tensor:
    """Clip the gradient and step the optimizer; return the loss and the norm before (2,)."""
    limit = training.recipe.train.clip_norm
    norm = nn.utils.clip_grad_norm_(training.model.parameters(), limit or math.inf)
    training.optimizer.step()
    return torch.stack([loss, norm]).double()


def _is_out_of_memory(error: RuntimeError) -> bool:
    """Whether an allocator raised it; the CPU's has no exception class of its own."""
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)
