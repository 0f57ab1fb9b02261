"""A model's initial values: every draw made while it is built has a stream of (seed, name).

A layer that one arm has and the other lacks shifts no value of the layers that both have.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from rpbind.errors import UserError
from rpbind.model.draws import DrawPlan, Draws

M = TypeVar("M", bound=nn.Module)
MOST_BUILDS = 4
"""Builds until it is known where each draw ends: one to name the tensors, one to seed them, and one
or two more where a layer draws until it likes what it has (`nn.init.trunc_normal_`)."""


def draw_by_name(make: Callable[[], M], seed: int) -> M:
    """Build a model in which every random initial value depends on (seed, full name) alone.

    Parameters
    ----------
    make
        Builds the model. It is called two to four times and must build the same layers each time.
    seed
        Seed of the run.

    Returns
    -------
    The model. The global generators of torch, NumPy and Python are left as they were.

    Raises
    ------
    UserError
        Where a value was drawn by something that this cannot seed (NumPy, `random`, the system's
        entropy), or has no value yet (a lazy layer).
    """
    with _own_globals():
        plan = DrawPlan()
        for build in range(MOST_BUILDS):
            built, found = _built(make, seed, plan, build)
            if found == plan:
                break
            plan = found
        again, _ = _built(make, seed, plan, MOST_BUILDS)
        _check_equal(built, again)
    return built


def _built(make: Callable[[], M], seed: int, plan: DrawPlan, build: int) -> tuple[M, DrawPlan]:
    """Build once by what an earlier build has found; return the model, and what was found now."""
    torch.manual_seed(build)  # a draw that is not seen differs between builds
    draws = Draws(seed, plan)
    with draws.watched():
        model = make()
        _check_not_lazy(model)
        draws.redraw_copies(model)
    return model, draws.found(model)


@contextmanager
def _own_globals() -> Iterator[None]:
    """Keep the global generators as they are, and move them between two builds of a block."""
    before = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])


def _check_not_lazy(model: nn.Module) -> None:
    for name, value in (*model.named_parameters(), *model.named_buffers()):
        if nn.parameter.is_lazy(value):
            raise UserError(
                f"'{name}' has no shape before it has seen data (a lazy layer), so its initial "
                "value cannot be drawn by its name. Give the layer its sizes."
            )


def _check_equal(one: nn.Module, other: nn.Module) -> None:
    """Raise `UserError` with the names of values that differ between two builds with one seed."""
    theirs = dict((*other.named_parameters(), *other.named_buffers()))
    unequal = [
        name
        for name, value in (*one.named_parameters(), *one.named_buffers())
        if name not in theirs or not _same(value, theirs[name])
    ]
    if unequal:
        raise UserError(
            f"The initial value of {', '.join(unequal)} differs between two builds of the model "
            "with one seed, so arms that have it are not paired. Draw it with torch (as "
            "`torch.randn` or `nn.init`), not with NumPy, `random` or a generator of its own."
        )


def _same(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and torch.equal(one.nan_to_num(), other.nan_to_num())
