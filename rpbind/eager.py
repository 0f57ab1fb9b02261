"""Keep torch's compiler out of processes that compile nothing: its import takes a second of CPU.

torch imports it when a model is built under a dispatch mode, when an optimizer is made, and at its
first step, only to mark what the compiler must not look into. A study has several processes that do
this. The optimizers here are torch's own without that mark.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Adam, AdamW, Optimizer

MARK = "__dynamo_disable"
"""The attribute of `torch._compile` that holds what to call in place of a skipped function."""


def call_as_it_is(skipped: Callable[..., Any]) -> None:
    """Mark a function that torch's compiler has to skip, so that torch need not.

    A version of torch that does not know the mark imports its compiler as before.

    Parameters
    ----------
    skipped
        A function that torch has wrapped by `torch._disable_dynamo`.
    """
    function = inspect.unwrap(skipped)
    setattr(function, MARK, function)


for skipped in (
    Optimizer.add_param_group,
    Optimizer.load_state_dict,
    Optimizer.state_dict,
    Optimizer.zero_grad,
):
    call_as_it_is(skipped)


class EagerAdam(Adam):
    """torch's Adam, in processes that compile nothing."""

    step = torch.no_grad()(inspect.unwrap(Adam.step))


class EagerAdamW(AdamW):
    """torch's AdamW, in processes that compile nothing."""

    step = torch.no_grad()(inspect.unwrap(AdamW.step))
