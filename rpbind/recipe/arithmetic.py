"""What a model costs by its recipe alone: arithmetic and parameters.

Only products of matrices and convolutions count, a multiplication and an addition as two floating
point operations (FLOPs). All else (softmax, norms, dropout, random numbers) is linear in the number
of activations.

Shapes: L nucleotides, Q query positions, C encoder width, E attention width, H heads, S keys, W
protein vector width, F features that the head reads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from rpbind.recipe import encoders, memories
from rpbind.recipe.custom import custom_classes
from rpbind.recipe.model import AnyModel, CustomModel, Model

LETTERS = 5  # A C G U N
CODE = 256  # numbers of an experiment's code
TRAINED = 3
"""Times the arithmetic of the forward pass: the backward pass has two products for each of its."""


@dataclass(frozen=True)
class Shape:
    """What the arithmetic of a window depends on, beside the model.

    Parameters
    ----------
    length
        Window length L, in nucleotides.
    width
        Width W of the protein vectors.
    residues
        Mean number of residues of a protein. Padding is not counted.
    proteins
        How many proteins there are. Windows are taken to be spread evenly over them.
    """

    length: int
    width: int
    residues: float
    proteins: int

    def shared(self, batch: int) -> float:
        """Return how many distinct proteins a batch has per window, on average.

        Parameters
        ----------
        batch
            Windows per batch.

        Returns
        -------
        float
            At most 1.
        """
        absent = (1 - 1 / self.proteins) ** batch
        return self.proteins * (1 - absent) / batch


@dataclass
class _Tally:
    """Multiplications and additions of a window, and parameters."""

    products: float = 0.0
    parameters: int = 0

    def linear(self, into: int, out: int, times: float, bias: bool = True) -> None:
        """Count a linear layer that is applied so many times per window."""
        self.products += into * out * times
        self.parameters += into * out + out * bias


def flops(config: AnyModel, shape: Shape, batch: int, *, fast: bool = False) -> float | None:
    """Return the FLOPs of one window in the forward pass of training.

    Parameters
    ----------
    config
        The model part of a recipe.
    shape
        Windows and proteins.
    batch
        Windows per batch, which share the proteins' keys and values.
    fast
        Of the form that is computed (decision 29); otherwise of the plain form.

    Returns
    -------
    float or None
        FLOPs; None if the model has classes of the user's own, whose arithmetic is not known.
    """
    if isinstance(config, CustomModel) or any(custom_classes(config)):
        return None
    return 2 * _tally(config, shape, batch, fast and not config.plain).products


def parameters(config: AnyModel, shape: Shape) -> int | None:
    """Return a model's number of parameters.

    Parameters
    ----------
    config
        The model part of a recipe.
    shape
        Windows and proteins.

    Returns
    -------
    int or None
        None if the model has classes of the user's own.
    """
    if isinstance(config, CustomModel) or any(custom_classes(config)):
        return None
    return _tally(config, shape, 1, fast=False).parameters


def _tally(config: Model, shape: Shape, batch: int, fast: bool) -> _Tally:
    """Count a whole model of slots."""
    tally, shared, W = _Tally(), shape.shared(batch), shape.width
    assert not isinstance(config.encoder, encoders.CustomEncoder)
    C, E, memory = config.encoder.dim, config.attention.dim, config.memory
    Q = math.ceil(shape.length / config.encoder.positions_per_query)
    by_letter = fast and _by_letter(config)
    once = LETTERS / batch if by_letter else Q  # times that what reads one position is computed
    _encode(tally, config.encoder, shape.length, LETTERS / batch if by_letter else shape.length)
    if config.experiment:
        tally.linear(CODE, W, shared, bias=False)
    if config.film:
        tally.linear(W, 2 * C, 1)
        tally.linear(2 * C, C, 1)
        tally.linear(2 * C, C, 1)
    attends = not isinstance(memory, memories.NoMemory)
    keys = _memory(tally, config, shape, shared, fast)
    if attends:
        tally.linear(C, E, once)
        tally.parameters += config.attention.temperature
        if fast and _has_one_value(config):
            _one_value(tally, config, keys, Q, once, shared, by_letter)
        else:
            tally.products += 2 * Q * keys * E
            tally.linear(E, E, Q)
    if config.attention.both_ways:
        tally.linear(C, E, Q)
        tally.linear(C, E, Q)
        tally.linear(E, E, 1)
        tally.products += keys * Q * E + Q * E
        if not _has_one_value(config, alone=False):
            tally.products += keys * Q * config.attention.heads  # mean over keys, without padding
    if config.residual:
        tally.linear(C, E, once)
        tally.products += Q * LETTERS * E if by_letter else 0  # takes each position's letter
    tally.parameters += 2 * E * config.normalised
    if config.feed_forward is not None:
        tally.linear(E, config.feed_forward.hidden, Q)
        tally.linear(config.feed_forward.hidden, E, Q)
        tally.parameters += 2 * E
    beside = config.attention.both_ways or not attends
    F = E * (1 + (config.readout == "mean-max") + beside)
    for into, out in pairwise((F, *config.classifier.hidden)):
        tally.linear(into, out, 1)
        tally.parameters += 2 * out
    tally.linear((F, *config.classifier.hidden)[-1], 1, 1)
    if config.own_head:
        tally.linear(W, F, 1)
        tally.linear(W, 1, 1)
    return tally


def _encode(tally: _Tally, encoder: encoders.Encoder, length: int, letters: float) -> None:
    """Count the encoder; the token encoder is computed for so many letters per window."""
    if isinstance(encoder, encoders.TokenEncoder):
        tally.linear(LETTERS, encoder.dim, letters)
    elif isinstance(encoder, encoders.ConvEncoder):
        pooled = math.ceil(length / encoder.pool)
        for depth in range(encoder.layers):
            into = encoder.dim if depth else LETTERS
            positions = pooled if depth and encoder.pool_after == "first" else length
            tally.linear(encoder.kernel * into, encoder.dim, positions)
            tally.parameters += 2 * encoder.dim
    elif isinstance(encoder, encoders.SelfAttentionEncoder):
        C = encoder.dim
        tally.linear(LETTERS, C, length)
        for _ in range(encoder.layers):
            for into, out in ((C, 3 * C), (C, C), (C, 2 * C), (2 * C, C)):
                tally.linear(into, out, length)
            tally.products += 2 * length * length * C
            tally.parameters += 4 * C
        tally.parameters += length * C + 2 * C


def _memory(tally: _Tally, config: Model, shape: Shape, shared: float, fast: bool) -> float:
    """Count the memory, which the windows of a batch share; return its number S of keys."""
    memory, W, E = config.memory, shape.width, config.attention.dim
    rows, keys = 1.0, 1.0
    if isinstance(memory, memories.ExpandedMemory):
        keys = shape.length
        tally.parameters += shape.length * E * memory.position
    elif isinstance(memory, memories.ResidueMemory):
        rows = keys = shape.residues
    elif isinstance(memory, memories.SegmentMemory):
        rows = keys = min(memory.segments, shape.residues)
        tally.products += keys * shape.residues * W * shared  # means of spans
    tally.linear(W, E, rows * shared)
    if not isinstance(memory, memories.NoMemory):
        tally.linear(W, E, 0 if fast and _has_one_value(config) else rows * shared)
    return keys


def _one_value(
    tally: _Tally,
    config: Model,
    keys: float,
    queries: int,
    once: float,
    shared: float,
    by_letter: bool,
) -> None:
    """Count `rpbind.model.one_value`: sums of kept weights, and one value per protein."""
    E, H = config.attention.dim, config.attention.heads
    tally.linear(E, E, shared)
    if not config.attention.dropout:
        return
    tally.products += queries * H * E
    if isinstance(config.memory, memories.ExpandedMemory) and config.memory.position:
        tally.products += once * keys * E
        tally.products += H * LETTERS * keys * queries if by_letter else 0


def _has_one_value(config: Model, *, alone: bool = True) -> bool:
    """Return whether all values of a protein are equal and, if alone, nothing reads its keys."""
    equal = isinstance(config.memory, memories.PooledMemory | memories.ExpandedMemory)
    return equal and not (alone and config.attention.both_ways)


def _by_letter(config: Model) -> bool:
    """Return whether training computes queries and residual once per letter."""
    is_token = isinstance(config.encoder, encoders.TokenEncoder)
    return is_token and _has_one_value(config) and not config.film
