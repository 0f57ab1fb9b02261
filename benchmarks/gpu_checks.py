"""Whether a device computes what it should; `gpu.py` does this before it measures anything.

Each check yields what was compared, the difference that was found, and the largest accepted
(infinite where a difference is only shown). They are of training steps on random windows in the
shape of eclip91, without dropout and augmentation, and of a run by a worker group of Ray Train on
the simulated world.
"""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from model_speed import random_inputs
from torch import Tensor

from rpbind.data.splits import SplitSpec
from rpbind.design.source import simulated
from rpbind.model.fast import FastModel
from rpbind.packing.rule import why_single
from rpbind.packing.training import Pack, Replica
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE, PRESETS
from rpbind.run.environment import prepare
from rpbind.run.resources import Resources
from rpbind.train.gradient import add_gradient
from rpbind.train.inputs import Inputs
from rpbind.train.loop import Training
from rpbind.train.machine import Machine
from rpbind.train.replay import Replay
from rpbind.train.task import Task

TESTS = Path(__file__).parents[1] / "tests" / "train" / "test_train_gpu.py"


@dataclass(frozen=True)
class Found:
    """A difference, and the largest that is accepted; a `problem` in words has neither."""

    what: str
    value: float = math.nan
    most: float = math.nan
    problem: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is accepted; NaN is not."""
        return not self.problem and self.value <= self.most


def inputs_of(recipe: Recipe, batches: int = 1) -> Inputs:
    """Return so many batches of training windows for a recipe."""
    inputs = random_inputs()
    windows = batches * recipe.train.batch_size
    return replace(inputs, parts=inputs.parts | {"train": inputs.parts["train"][:windows]})


def without_chance(recipe: Recipe) -> Recipe:
    """Return a recipe without dropout and augmentation, and with few windows in a batch."""
    off = {path: 0 for path in recipe.flat() if path.endswith(("dropout", "train.shift", ".mask"))}
    return recipe.with_(off | {"train.batch_size": 32, "train.epochs": 1})


def fast_and_plain(device: str, factor: int) -> Iterator[Found]:
    """Compare the fast form of each preset with the plain one, and bfloat16 with float32."""
    for name, preset in PRESETS.items():
        recipe = without_chance(narrowed(preset, factor))
        fast = _first_step(recipe, device)
        plain = _first_step(recipe.with_({"model.plain": True}), device)
        lower = _first_step(recipe.with_({"train.precision": "bf16"}), device)
        yield Found(f"`{name}`, fast against plain: loss", _distance(fast[0], plain[0]), 1e-5)
        yield Found(f"`{name}`, fast against plain: gradient", _distance(fast[1], plain[1]), 1e-3)
        yield Found(f"`{name}`, fast against plain: scores", _distance(fast[2], plain[2]), 1e-4)
        yield Found(f"`{name}`, bf16 against float32: loss", _distance(lower[0], fast[0]), 0.02)
        # rounding is amplified by batch norms (decision 32), so that no bound would tell a mistake
        what = f"`{name}`, bf16 against float32: gradient"
        yield Found(what, _distance(lower[1], fast[1]), math.inf)


def replayed_and_ordinary(device: str, factor: int) -> Iterator[Found]:
    """Compare the loss of eight replayed steps with that of ordinary ones."""
    for name, preset in PRESETS.items():
        recipe = without_chance(narrowed(preset, factor)).with_({"train.lr": 1e-4})
        inputs, machine = inputs_of(recipe, 8), Machine(device=device)
        replayed, ordinary = (Training(recipe, 0, inputs, machine) for _ in range(2))
        # on a CPU, the steps of this shape are computed anew
        replayed.replay, ordinary.replay = replayed.replay or Replay(replayed), None
        one, other = (t.train_on(t.begin_epoch())[0] for t in (replayed, ordinary))
        what = f"`{name}`, replayed against ordinary steps: loss"
        if device == "cpu" or replayed.replay.graph is not None:
            yield Found(what, abs(one - other) / abs(other), 1e-3)
        else:
            yield Found(what, problem="no step was recorded")


def together_and_alone(device: str, factor: int) -> Iterator[Found]:
    """Compare the first loss of five seeds trained together with that of each one alone."""
    for name, preset in PRESETS.items():
        recipe = without_chance(narrowed(preset, factor))
        if why_single(recipe, varying=False):
            continue
        inputs, machine = inputs_of(recipe), Machine(device=device)
        trainings = [Training(recipe, seed, inputs, machine) for seed in range(5)]
        together = [found[0] for found in Pack([Replica(t) for t in trainings]).train_epoch()]
        singles = [Training(recipe, seed, inputs, machine) for seed in range(5)]
        alone = [training.train_on(training.begin_epoch())[0] for training in singles]
        found = max(abs(one - other) for one, other in zip(together, alone, strict=True))
        yield Found(f"`{name}`, five seeds together against alone: loss", found, 1e-5)


def worker_group(device: str, factor: int) -> Iterator[Found]:
    """Make a run by a worker group of Ray Train, from its start to its row in the ledger."""
    what = "a run by a worker group of Ray Train has a row that is done"
    gpus = 1.0 if device.startswith("cuda") else 0.0
    where = Resources(gpus=gpus, requested="train")
    prepare(where.address)
    from overhead import begun

    from rpbind.run import ray_tune as run

    with tempfile.TemporaryDirectory() as home:
        data, ledger = simulated(Path(home) / "data").folder.resolve(), begun(Path(home) / "study")
        recipe = narrowed(CONV_RESIDUE, 4 * factor).with_({"train.epochs": 1})
        task = Task("group", recipe, ((0, 0),), data, SplitSpec(), ledger.runs)
        with ledger.drive("benchmark"), run.ray_running(where):
            run.run_grid([task], ledger, where)
        rows = ledger.rows()
    told = [(r.state, r.provenance["executor"], r.provenance["device"][:4]) for r in rows]
    if told != [("done", "train", device[:4])]:
        said = [row.error.strip().splitlines()[-1:] for row in rows]
        yield Found(what, problem=f"rows, executors and devices are {told}; errors: {said}")
    else:
        yield Found(what, 0.0, 0.0)


def tests_for_gpus(device: str, factor: int) -> Iterator[Found]:
    """Run the suite's tests for GPUs, which compare a GPU with a CPU."""
    if not device.startswith("cuda"):
        return
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(TESTS)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=180)
    last = done.stdout.strip().splitlines()[-1]
    passed = done.returncode == 0
    what = f"`{TESTS.name}`: {last}" if passed else f"`{TESTS.name}`"
    yield Found(what, 0.0, 0.0, problem="" if passed else last)


Check = Callable[[str, int], Iterator[Found]]

CHECKS: tuple[Check, ...] = (
    fast_and_plain,
    replayed_and_ordinary,
    together_and_alone,
    worker_group,
    tests_for_gpus,
)
"""Functions of the device and of a divisor of the widths."""


def _first_step(recipe: Recipe, device: str) -> tuple[Tensor, Tensor, Tensor]:
    """Return a first step's loss and gradient, and the scores of the validation part."""
    training = Training(recipe, 0, inputs_of(recipe), Machine(device=device))
    assert isinstance(training.model, FastModel)
    (index_B,) = training.begin_epoch()
    # convolutions in TF32, as on GPUs by default, would differ by more than what is compared
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        loss = add_gradient(training, index_B)
        gradients = [p.grad.flatten() for p in training.model.parameters() if p.grad is not None]
        scores = torch.from_numpy(training.score("validation").logit_N)
    return loss.cpu().reshape(1), torch.cat(gradients).cpu(), scores


def _distance(one: Tensor, other: Tensor) -> float:
    """Return the norm of a difference, relative to the norm of the second."""
    return float(torch.linalg.vector_norm(one - other) / torch.linalg.vector_norm(other))
