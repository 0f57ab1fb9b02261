"""The training loop: a generator of epochs in plain torch, without Ray.

On a CPU a run is a function of (recipe, seed, inputs, threads). Parameters, batch order and dropout
have separate random streams, keyed by seed and epoch, so a resumed run continues bit by bit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, distributed
from torch.nn.parallel import DistributedDataParallel

from rpbind.gathering.planned import Planned
from rpbind.metrics import WindowScores, summarise
from rpbind.model.build import build_model
from rpbind.model.size import COPIES_TRAINED, check_fits
from rpbind.recipe import Recipe
from rpbind.recipe.custom import custom_classes
from rpbind.seeding.streams import generator, reseed, stream_seed
from rpbind.train.batches import (
    DEVICE_BATCH,
    EVALUATION_BATCH,
    batch_count,
    check_workers,
    scoring_batches,
    shuffled_batches,
)
from rpbind.train.gradient import accumulate_gradient, follow_gradient
from rpbind.train.inputs import Inputs
from rpbind.train.machine import ONE_CPU, DivergedError, Machine, keep_freed_memory
from rpbind.train.optim import after_batch
from rpbind.train.ranks import broadcast_buffers, gather
from rpbind.train.replay import Replay, can_replay
from rpbind.train.run_state import RunState


class Training(RunState):
    """One run in progress; `epochs()` advances it.

    Parameters
    ----------
    recipe
        The run's hyperparameters.
    seed
        Fixes initial values, batch order and dropout masks.
    inputs
        Windows, parts and protein vectors.
    machine
        Device, threads, and this process's rank.
    """

    def __init__(
        self, recipe: Recipe, seed: int, inputs: Inputs, machine: Machine = ONE_CPU
    ) -> None:
        sizes = {part: len(index_N) for part, index_N in inputs.parts.items()}
        check_workers(machine.world, recipe.train, sizes)
        torch.set_num_threads(machine.threads)
        keep_freed_memory()
        self.machine = machine
        windows = min(recipe.train.batch_size, sizes["train"]) // machine.world
        size = {"width": inputs.width, "length": inputs.length}
        in_memory = windows if machine.device == "cpu" else 0
        check_fits(recipe.model, **size, copies=COPIES_TRAINED, batch=in_memory)
        self.inputs = inputs.to(machine.device)
        model = build_model(recipe.model, **size, seed=seed, varying=inputs.varying)
        batches = batch_count(recipe.train, sizes["train"], machine.world)
        super().__init__(recipe, seed, model.to(machine.device), batches)
        self.stream = generator(machine.device, "augment", seed)
        self.wrapped: Callable[..., Any] = self.model
        if machine.world > 1:
            self.wrapped = DistributedDataParallel(self.model)
        if recipe.train.compile:
            self.wrapped = torch.compile(self.wrapped)
        self.replay = Replay(self) if can_replay(self) else None

    def epochs(self) -> Iterator[dict[str, float]]:
        """Train until the last epoch of the recipe or early stopping.

        Returns
        -------
        An iterator over the epochs' points of the curve, such as {"epoch": 1, "train.loss": 0.6}.

        Raises
        ------
        DivergedError
            If training loss, gradient norm or a score becomes NaN or infinite.
        """
        while not self.is_over:
            began = time.monotonic()
            batches = self.begin_epoch()
            loss, norm = self.train_on(batches)
            windows = sum(len(index_B) for index_B in batches)
            yield self.end_epoch(loss, norm, windows, time.monotonic() - began)

    def begin_epoch(self) -> tuple[Tensor, ...]:
        """Seed all random streams for the next epoch.

        Returns
        -------
        The epoch's batches of window indices, each for all workers.
        """
        epoch, rank = len(self.curve) + 1, self.machine.rank
        self.epoch_lr = float(self.optimizer.param_groups[0]["lr"])
        self.model.train()
        stream = (self.seed, epoch) if rank == 0 else (self.seed, epoch, rank)
        reseed(self.model, self.machine.device, *stream)
        self.stream.manual_seed(stream_seed("augment", *stream))
        config, index_N = self.recipe.train, self.inputs.parts["train"]
        return shuffled_batches(index_N, config, (self.seed, epoch), self.machine.world)

    def end_epoch(self, loss: float, norm: float, windows: int, seconds: float) -> dict[str, float]:
        """Score validation after an epoch, and record the epoch.

        Parameters
        ----------
        loss, norm
            Mean training loss, and mean norm of the gradient before clipping.
        windows
            Windows that the epoch trained on.
        seconds
            What training took.

        Returns
        -------
        The epoch's point of the curve.

        Raises
        ------
        DivergedError
            If the loss, the norm or a score is NaN or infinite.
        """
        epoch = len(self.curve) + 1
        self.train_seconds += seconds
        self.windows_seen += windows
        if not math.isfinite(loss + norm):
            raise DivergedError(f"epoch {epoch} has training loss {loss}, gradient norm {norm}")
        point = {"epoch": float(epoch), "lr": self.epoch_lr, "train.loss": loss, "grad_norm": norm}
        validation, _ = summarise(self.score("validation"), self.inputs.proteins, "validation")
        point |= validation
        self.record(epoch, point)
        return point

    def score(self, part: Literal["train", "validation", "test"]) -> WindowScores:
        """Score a part with the current weights.

        Parameters
        ----------
        part
            The part of the split.

        Returns
        -------
        Logits, labels and proteins of all its windows, in the order of the scoring batches.

        Raises
        ------
        DivergedError
            If a logit is NaN or infinite.
        """
        broadcast_buffers(self.model, self.machine.world)
        self.model.eval()
        mine_N = self.inputs.parts[part][self.machine.rank :: self.machine.world]
        batches = scoring_batches(mine_N, self._scored_together)
        planned = self.inputs.planned(batches, self.model.reads)
        logits = torch.cat([self._logits(batch) for batch in planned])
        logit_N, index_N = gather(
            self.machine.world, logits.cpu().numpy(), torch.cat(batches).numpy()
        )
        if not np.isfinite(logit_N).all():
            raise DivergedError(f"a score on {part} is NaN or infinite")
        return self.inputs.scores(logit_N, index_N)

    @property
    def _scored_together(self) -> int:
        """Windows of a scoring batch: few on a CPU, and for a class of the user's own."""
        is_own = any(custom_classes(self.recipe.model))
        return EVALUATION_BATCH if self.machine.device == "cpu" or is_own else DEVICE_BATCH

    @property
    def micro_batch(self) -> int:
        """Windows that go through the model at once, on each worker."""
        batch = min(self.recipe.train.batch_size, len(self.inputs.parts["train"]))
        return math.ceil(batch // self.machine.world / self.pieces)

    def train_on(self, batches: tuple[Tensor, ...]) -> tuple[float, float]:
        """Train on batches; return the mean loss and gradient norm."""
        rank, world = self.machine.rank, self.machine.world
        total = torch.zeros(2, dtype=torch.float64, device=self.machine.device)
        mine = [index_B[rank::world] for index_B in batches]
        shape = None if self.replay is None else self.replay.shape
        for batch in self.inputs.planned(mine, self.model.reads, shape):
            step = self.step if self.replay is None or batch.shape is None else self.replay.step
            total += step(batch)
        if world > 1:
            distributed.all_reduce(total)
        loss, norm = (total / (len(batches) * world)).tolist()
        return loss, norm

    def step(self, batch: Tensor | Planned) -> Tensor:
        """Make one gradient step.

        If memory runs out, this and all later steps use twice as many pieces of a batch, whose
        gradients add up. The result is not exactly that of the whole batch: batch norm uses the
        statistics of a piece, and dropout and augmentation draw again. With several workers the
        error is raised, because the others would wait for this one.

        Parameters
        ----------
        batch
            (B,) indices of this rank's training windows, or one of `Inputs.planned`.

        Returns
        -------
        (2,) float64: the loss, and the norm of the gradient before clipping.

        Raises
        ------
        UserError
            If pieces of two windows still need too much memory, or if the model draws random
            numbers that are not seeded by a layer's name.
        """
        losses = accumulate_gradient(self, batch)
        lost = follow_gradient(self, sum(losses[1:], losses[0]))
        after_batch(self.schedule)
        return lost

    @torch.no_grad()
    def _logits(self, batch: Planned) -> Tensor:
        rna_BL, groups, _ = self.inputs.batch(batch, self.model.reads)
        return self.model(rna_BL, groups)
