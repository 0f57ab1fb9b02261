"""Dropout in a stack of replicas: `vmap` shows a layer one replica, and masks are drawn for all."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from rpbind.model.pair_model import PairModel
from rpbind.seeding.streams import Dropout


def without_dropout(model: PairModel) -> PairModel:
    """Return a copy of a model that drops nothing, and so draws nothing.

    Parameters
    ----------
    model
        The model.

    Returns
    -------
    PairModel
        The copy.
    """
    copied = copy.deepcopy(model)
    for layer in copied.modules():
        if isinstance(layer, Dropout):
            layer.cut = 0
    return copied


class SharedDropout(Dropout):
    """Dropout of all replicas: each draws from its own layer's stream, with its own `p`.

    Parameters
    ----------
    each
        The replicas' own layers.
    """

    def __init__(self, each: Sequence[Dropout]) -> None:
        super().__init__(0.0)
        self.cut = max(dropout.cut for dropout in each)
        self.each = tuple(each)

    def factors(self, shape: Sequence[int], like: Tensor) -> Tensor:
        """Draw the next mask of each replica, see `Dropout.factors`.

        Parameters
        ----------
        shape
            The shape of one replica's mask.
        like
            A tensor of its dtype and device.

        Returns
        -------
        Tensor
            The masks, as `vmap` shows them.
        """

        def draw() -> Tensor:
            size = (len(self.each), *shape)
            factor_R = torch.empty(size, dtype=like.dtype, device=like.device)
            for dropout, factor in zip(self.each, factor_R, strict=True):
                if dropout.cut:
                    dropout.draw_into(factor)
                else:
                    factor.fill_(1.0)
            return factor_R

        drawn: Tensor = _Drawn.apply(like.detach(), draw)  # type: ignore[no-untyped-call]
        return drawn


class _Drawn(torch.autograd.Function):
    """Makes a tensor of all replicas, where `vmap` shows a tensor of one."""

    @staticmethod
    def forward(like: Tensor, draw: Callable[[], Tensor]) -> Tensor:
        raise NotImplementedError("a stack's dropout is called inside vmap")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        """Do nothing: masks have no gradient."""

    @staticmethod
    def vmap(
        info: Any, in_dims: tuple[int | None, ...], like: Tensor, draw: Callable[[], Tensor]
    ) -> tuple[Tensor, int]:
        return draw(), 0
