"""A model's initial values: every draw during building is seeded by the run's seed and a name.

So a layer that only one arm has does not change the initial values of the layers that both have.
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
from rpbind.seeding.draws import DrawPlan, SeededDraws

M = TypeVar("M", bound=nn.Module)
MAX_BUILDS = 4
"""The first build finds the tensors' names and the second one seeds their draws. A layer that draws
again until its values fit (`nn.init.trunc_normal_`) needs one or two builds more."""


def draw_by_name(make: Callable[[], M], seed: int) -> M:
    """Build a model in which every random initial value depends only on (seed, full name).

    Parameters
    ----------
    make
        Builds the model. It is called two to four times and must build the same layers each time.
    seed
        Seed of the run.

    Returns
    -------
    nn.Module
        The model. The global generators of torch, NumPy and Python are left as they were.

    Raises
    ------
    UserError
        Where a value was drawn by something that cannot be seeded here (NumPy, `random`, the
        system's entropy), or a lazy layer has no values yet.
    """
    with _own_globals():
        plan = DrawPlan()
        for build in range(MAX_BUILDS):
            built, found = _built(make, seed, plan, build)
            if found == plan:
                break
            plan = found
        again, _ = _built(make, seed, plan, MAX_BUILDS)
        _check_equal(built, again)
    return built


def _built(make: Callable[[], M], seed: int, plan: DrawPlan, build: int) -> tuple[M, DrawPlan]:
    """Build once, with the names that an earlier build found; return the model and a new plan."""
    torch.manual_seed(build)  # draws that we fail to seed then differ between builds, and are found
    draws = SeededDraws(seed, plan)
    with draws.watched():
        model = make()
        _check_not_lazy(model)
        draws.redraw_copies(model)
    return model, draws.found(model)


@contextmanager
def _own_globals() -> Iterator[None]:
    """Restore the global generators of torch, NumPy and Python after the block."""
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
                f"'{name}' has no shape until it has seen data (a lazy layer), so its initial "
                "value cannot be seeded by its name. Give the layer its sizes."
            )


def _check_equal(one: nn.Module, other: nn.Module) -> None:
    """Raise `UserError` on initial values that differ between two builds with the same seed."""
    theirs = dict((*other.named_parameters(), *other.named_buffers()))
    unequal = [
        name
        for name, value in (*one.named_parameters(), *one.named_buffers())
        if name not in theirs or not _same(value, theirs[name])
    ]
    if unequal:
        raise UserError(
            f"The initial value of {', '.join(unequal)} differs between two builds of the model "
            "with the same seed, so the model's runs are not paired. Draw it with torch's global "
            "generator (`torch.randn`, `nn.init`), not with NumPy, `random` or another generator."
        )


def _same(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and torch.equal(one.nan_to_num(), other.nan_to_num())
