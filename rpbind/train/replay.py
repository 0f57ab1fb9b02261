"""A training step that a GPU records once and then replays, without a launch per kernel.

All full batches have one shape, and stand in the same memory. The last, smaller one of an epoch is
an ordinary step.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import torch
from torch import Tensor
from torch.optim.lr_scheduler import LRScheduler

from rpbind.gathering.alike import copied, put
from rpbind.gathering.planned import Planned, Shape
from rpbind.model.fast import FastModel, static_forms
from rpbind.recipe.custom import custom_classes
from rpbind.seeding.streams import Dropout
from rpbind.train.gradient import GradientState, add_gradient, follow_gradient
from rpbind.train.optim import after_batch

WARM_UP = 3
"""Ordinary steps before one is recorded, in which libraries choose their kernels."""


class ReplayedState(GradientState, Protocol):
    """What a replayed step needs of `rpbind.train.loop.Training`, which imports this module."""

    schedule: LRScheduler

    def step(self, batch: Tensor | Planned) -> Tensor:
        """Make an ordinary step."""
        ...


def can_replay(training: ReplayedState) -> bool:
    """Return whether the shapes of a step are known, and all that it reads is on one GPU."""
    inputs, recipe = training.inputs, training.recipe
    return (
        training.machine.device.startswith("cuda")
        and training.machine.world == 1
        and inputs.rna_NL.device == inputs.mean_PW.device
        and not recipe.train.compile
        and isinstance(training.model, FastModel)
        and not any(custom_classes(recipe.model))
    )


class Replay:
    """The step of a run, in a shape that all full batches have.

    On a CPU, it is computed anew for each batch, in the same form.

    Parameters
    ----------
    training
        The run.
    """

    def __init__(self, training: ReplayedState) -> None:
        inputs = training.inputs
        windows = min(training.recipe.train.batch_size, len(inputs.parts["train"]))
        proteins = min(windows, len(inputs.mean_PW))
        self.shape = Shape(windows, proteins, int(inputs.length_P.max()))
        self.training = training
        self.left = WARM_UP
        self.graph: torch.cuda.CUDAGraph | None = None
        self.batch: Planned | None = None
        self.rate, self.known_rate = torch.zeros((), device=inputs.mean_PW.device), 0.0
        self.lost = torch.zeros(2)

    def step(self, batch: Planned) -> Tensor:
        """Make one gradient step; see `rpbind.train.loop.Training.step`.

        Parameters
        ----------
        batch
            A batch of the shape.

        Returns
        -------
        (2,) float64: the loss, and the norm of the gradient. The next step writes over it.
        """
        if self.left == 0 and self.training.pieces == 1:
            self._record(batch)
        self.left = max(-1, self.left - 1)  # recorded once, whether that works or not
        if self.graph is None or self.batch is None:
            return self._step_once(batch)
        put(batch, self.batch)
        self._set_rate()
        self.graph.replay()
        after_batch(self.training.schedule)
        return self.lost

    def _step_once(self, batch: Planned) -> Tensor:
        """Make a step without a recording, on a stream of its own, as recording needs it."""
        assert isinstance(self.training.model, FastModel)
        with static_forms(self.training.model):
            if batch.there_B.device.type != "cuda":
                return self.training.step(batch)
            aside = torch.cuda.Stream()
            aside.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(aside):
                lost = self.training.step(batch)
            torch.cuda.current_stream().wait_stream(aside)
            return lost

    def _record(self, batch: Planned) -> None:
        """Record a step on this batch, without making it."""
        if batch.there_B.device.type != "cuda":
            return
        training, graph = self.training, torch.cuda.CUDAGraph()
        assert isinstance(training.model, FastModel)
        self.batch = copied(batch)
        for stream in (training.stream, *_streams(training.model)):
            graph.register_generator_state(stream)
        try:
            with static_forms(training.model), self._rate_on_device():
                training.optimizer.zero_grad(set_to_none=True)
                with torch.cuda.graph(graph):
                    loss = add_gradient(training, self.batch)
                    self.lost = follow_gradient(training, loss.detach())
        except RuntimeError as error:  # torch.OutOfMemoryError is one
            warnings.warn(f"steps are not replayed on this GPU: {error}", stacklevel=2)
            training.optimizer.zero_grad(set_to_none=True)
            torch.cuda.empty_cache()
            return
        self.graph = graph

    def _set_rate(self) -> None:
        rate = float(self.training.optimizer.param_groups[0]["lr"])
        if rate != self.known_rate:
            self.rate.fill_(rate)
            self.known_rate = rate

    @contextmanager
    def _rate_on_device(self) -> Iterator[None]:
        """Let the optimizer read the learning rate from the device, where replays change it."""
        groups = self.training.optimizer.param_groups
        before = [(group["lr"], group["capturable"]) for group in groups]
        try:
            for group in groups:
                group["lr"], group["capturable"] = self.rate, True
            yield
        finally:
            for group, (rate, capturable) in zip(groups, before, strict=True):
                group["lr"], group["capturable"] = rate, capturable


def _streams(model: FastModel) -> Iterator[torch.Generator]:
    """Yield the streams of the dropout layers on a GPU."""
    for module in model.modules():
        if isinstance(module, Dropout) and isinstance(module.stream, torch.Generator):
            yield module.stream
