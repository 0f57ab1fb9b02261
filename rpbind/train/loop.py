"""The training loop: a generator of epochs in plain torch, which knows nothing of Ray.

On a CPU a run is a function of (recipe, seed, inputs, threads): parameters, batch order and dropout
each have streams of their own, keyed by seed and epoch, so a resumed run continues bit by bit.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau

from rpbind.errors import UserError
from rpbind.metrics import WindowScores, summarise
from rpbind.model.build import build_model
from rpbind.model.randomness import check_no_unseeded_draw
from rpbind.model.seeding import generator, reseed
from rpbind.model.size import COPIES_TRAINED, check_fits
from rpbind.recipe import Recipe
from rpbind.train.augment import augment
from rpbind.train.batches import (
    MIN_WINDOWS,
    batch_count,
    check_workers,
    scoring_batches,
    shuffled_batches,
)
from rpbind.train.inputs import Inputs
from rpbind.train.machine import ONE_CPU, DivergedError, Machine
from rpbind.train.optim import optimizer_of, schedule_of


class Training:
    """One run in progress; `epochs()` advances it and yields one point of the curve per epoch."""

    def __init__(
        self, recipe: Recipe, seed: int, inputs: Inputs, machine: Machine = ONE_CPU
    ) -> None:
        sizes = {part: len(index_N) for part, index_N in inputs.parts.items()}
        check_workers(machine.world, recipe.train, sizes)
        torch.set_num_threads(machine.threads)
        self.recipe, self.seed, self.machine = recipe, seed, machine
        windows = min(recipe.train.batch_size, sizes["train"]) // machine.world
        check_fits(
            recipe.model,
            width=inputs.width,
            length=inputs.length,
            copies=COPIES_TRAINED,
            batch=windows if machine.device == "cpu" else 0,
        )
        self.inputs = inputs.to(machine.device)
        model = build_model(recipe.model, width=inputs.width, length=inputs.length, seed=seed)
        self.model = model.to(machine.device)
        self.optimizer = optimizer_of(recipe.train, self.model)
        batches = batch_count(recipe.train, sizes["train"], machine.world)
        self.schedule = schedule_of(recipe.train, self.optimizer, batches)
        self.curve: list[dict[str, float]] = []
        self.best_epoch, self.best_loss = 0, math.inf
        self.best_weights: dict[str, Tensor] = {}
        self.train_seconds, self.windows_seen = 0.0, 0
        self.pieces = 1
        self.stream = generator(machine.device, "augment", seed)
        spread = machine.world > 1
        self.trained: nn.Module = DistributedDataParallel(self.model) if spread else self.model

    def epochs(self) -> Iterator[dict[str, float]]:
        """Train until the last planned epoch or early stopping; raises `DivergedError`."""
        config = self.recipe.train
        while len(self.curve) < config.epochs and not self._stale(config.stop_after):
            epoch = len(self.curve) + 1
            point = {"epoch": float(epoch), "lr": float(self.optimizer.param_groups[0]["lr"])}
            point |= self._train(epoch)
            validation, _ = summarise(self.score("validation"), self.inputs.proteins, "validation")
            point |= validation
            self._remember(epoch, point)
            yield point

    def score(self, part: Literal["train", "validation", "test"]) -> WindowScores:
        """Return logits, labels and proteins of a part, from the weights as they are now."""
        self._share_buffers()
        self.model.eval()
        mine_N = self.inputs.parts[part][self.machine.rank :: self.machine.world]
        spread = scoring_batches(mine_N)
        logits = torch.cat([self._logits(index_B) for index_B in spread])
        logit_N, index_N = self._gather(logits.cpu().numpy(), torch.cat(spread).cpu().numpy())
        if not np.isfinite(logit_N).all():
            raise DivergedError(f"a score on {part} is NaN or infinite")
        chosen_N = torch.from_numpy(index_N).to(self.machine.device)
        return WindowScores(
            logit_N,
            self.inputs.label_N[chosen_N].cpu().numpy(),
            self.inputs.protein_N[chosen_N].cpu().numpy().astype(np.int64),
        )

    def restore_best(self) -> None:
        """Put back the weights of the epoch with the lowest validation loss."""
        self.model.load_state_dict(self.best_weights)

    def state(self) -> dict[str, Any]:
        """Return everything that a later `load_state` needs to continue after this epoch."""
        return {
            "recipe": self.recipe.model_dump_json(),
            "seed": self.seed,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "curve": self.curve,
            "best": (self.best_epoch, self.best_loss, self.best_weights),
            "spent": (self.train_seconds, self.windows_seen),
            "pieces": self.pieces,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Continue from `state()` of the same recipe and seed."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.curve = list(state["curve"])
        self.best_epoch, self.best_loss, self.best_weights = state["best"]
        self.train_seconds, self.windows_seen = state["spent"]
        self.pieces = state["pieces"]

    @property
    def micro_batch(self) -> int:
        """Windows that go through the model at once, on each worker."""
        batch = min(self.recipe.train.batch_size, len(self.inputs.parts["train"]))
        return math.ceil(batch // self.machine.world / self.pieces)

    def _stale(self, patience: int | None) -> bool:
        return patience is not None and len(self.curve) - self.best_epoch >= patience

    def _train(self, epoch: int) -> dict[str, float]:
        """One pass over the training windows; returns its mean loss and gradient norm."""
        rank, world = self.machine.rank, self.machine.world
        self.model.train()
        stream = (self.seed, epoch) if rank == 0 else (self.seed, epoch, rank)
        reseed(self.model, self.machine.device, *stream)
        self.stream = generator(self.machine.device, "augment", *stream)
        total = torch.zeros(2, dtype=torch.float64, device=self.machine.device)
        began = time.monotonic()
        index_N, config = self.inputs.parts["train"], self.recipe.train
        batches = shuffled_batches(index_N, config, (self.seed, epoch), world)
        for index_B in batches:
            total += self.step(index_B[rank::world])
        if world > 1:
            distributed.all_reduce(total)
        loss, norm = (total / (len(batches) * world)).tolist()
        self.train_seconds += time.monotonic() - began
        self.windows_seen += sum(len(index_B) for index_B in batches)
        if not math.isfinite(loss + norm):
            raise DivergedError(f"epoch {epoch} has training loss {loss}, gradient norm {norm}")
        return {"train.loss": loss, "grad_norm": norm}

    def step(self, index_B: Tensor) -> Tensor:
        """One gradient step; returns (loss, norm of the gradient before clipping).

        Where memory does not suffice, the step is made again with the batch in twice as many
        pieces, whose gradients add up to the batch's, and so are all later ones. What is not the
        whole batch's then: batch norm takes the statistics of a piece, and dropout and augmentation
        draw anew. Raises `UserError` where pieces of two windows are still too large, and where the
        model draws random numbers that are not seeded by a layer's name. Several
        workers cannot: the others would wait for the one that halves, so the error passes.
        """
        while not (told := self._tried(index_B)):
            self.pieces *= 2
            if len(index_B) // self.pieces < MIN_WINDOWS:
                raise UserError(
                    f"Out of memory on {self.machine.device} with {len(index_B)} windows in "
                    f"{self.pieces // 2} piece(s), the smallest that there are. Ask for a machine "
                    "with more memory, fewer runs at once, or a narrower model."
                )
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
        limit = self.recipe.train.clip_norm
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), limit or math.inf)
        self.optimizer.step()
        if isinstance(self.schedule, OneCycleLR):
            self.schedule.step()
        return torch.stack([sum(told[1:], told[0]), norm]).double()

    def _tried(self, index_B: Tensor) -> list[Tensor]:
        """Add up the gradient of a batch; returns the pieces' shares of its loss, or nothing."""
        self.optimizer.zero_grad(set_to_none=True)
        try:
            with check_no_unseeded_draw(self.model, self.machine.device):
                return [
                    self._gradient(index_b, len(index_b) / len(index_B))
                    for index_b in index_B.tensor_split(self._pieces(index_B))
                ]
        except RuntimeError as error:  # torch.OutOfMemoryError is one
            if self.machine.world > 1 or not _is_out_of_memory(error):
                raise
            return []

    def _pieces(self, index_B: Tensor) -> int:
        """Return into how many pieces a batch goes: of the last one, which is small, into fewer."""
        return max(1, min(self.pieces, len(index_B) // MIN_WINDOWS))

    def _gradient(self, index_B: Tensor, share: float) -> Tensor:
        rna_BL, groups, label_B = self.inputs.batch(index_B, self.model.reads)
        rna_BL = augment(rna_BL, self.recipe.train, self.stream)
        loss = F.binary_cross_entropy_with_logits(self.trained(rna_BL, groups), label_B) * share
        loss.backward()
        return loss.detach()

    @torch.no_grad()
    def _logits(self, index_B: Tensor) -> Tensor:
        rna_BL, groups, _ = self.inputs.batch(index_B, self.model.reads)
        return self.model(rna_BL, groups)

    def _remember(self, epoch: int, point: dict[str, float]) -> None:
        loss = point["validation.loss"]
        if loss < self.best_loss:
            self.best_epoch, self.best_loss = epoch, loss
            self.best_weights = copy.deepcopy(self.model.state_dict())
        if isinstance(self.schedule, ReduceLROnPlateau):
            self.schedule.step(loss)
        elif not isinstance(self.schedule, OneCycleLR):
            self.schedule.step()
        self.curve.append(point)

    def _share_buffers(self) -> None:
        """Give every rank the running statistics of rank 0, so that all score alike."""
        if self.machine.world > 1:
            for buffer in self.model.buffers():
                distributed.broadcast(buffer, 0)

    def _gather(self, *mine: np.ndarray) -> list[np.ndarray]:
        """Concatenate every rank's arrays, in rank order, on every rank."""
        if self.machine.world == 1:
            return list(mine)
        everyone: list[Any] = [None] * self.machine.world
        distributed.all_gather_object(everyone, mine)
        return [np.concatenate(columns) for columns in zip(*everyone, strict=True)]


def _is_out_of_memory(error: RuntimeError) -> bool:
    """Whether a GPU's or the CPU's allocator refused; the CPU's has no exception of its own."""
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)
