"""What a study costs as a formula: windows, arithmetic, bytes and time, before anything is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rpbind.design.runs import Parts, Runs, Timing
from rpbind.recipe import Recipe
from rpbind.recipe.activations import activation_count
from rpbind.recipe.arithmetic import TRAINED, Shape, flops, parameters

FLOAT = 4
OF_A_WINDOW = 9
"""Bytes of a window's label, protein and cluster, beside a byte for each letter."""
KEPT = 4
"""Copies of the weights in a checkpoint: of this epoch, of the best one, two moments of Adam."""


@dataclass(frozen=True)
class ArmCost:
    """What the runs of one arm cost.

    Parameters
    ----------
    name
        The arm, the control, or "search" for trials, whose models are taken to be as the base.
    runs, epochs, batch_size
        Runs, epochs of each, windows per batch.
    parameters
        Numbers that are trained; None if the model has classes of the user's own.
    flops_plain, flops_fast
        FLOPs of a window in the forward pass, in the plain form and in the form that is computed.
    windows_trained, windows_scored
        Windows of all its runs, once per epoch.
    flops
        FLOPs of all its runs in the plain form.
    activation_bytes, checkpoint_bytes
        Bytes that one run keeps for the gradient of a batch, and writes as its checkpoint.
    """

    name: str
    runs: int
    epochs: int
    batch_size: int
    parameters: int | None
    flops_plain: float | None
    flops_fast: float | None
    windows_trained: int
    windows_scored: int
    flops: float | None
    activation_bytes: int
    checkpoint_bytes: int | None

    @classmethod
    def of(cls, name: str, recipe: Recipe, runs: int, parts: Parts, shape: Shape) -> ArmCost:
        """Return the cost of an arm.

        Parameters
        ----------
        name
            The arm.
        recipe
            Its recipe.
        runs
            How often it is trained.
        parts
            The windows that a run reads.
        shape
            Windows and proteins.

        Returns
        -------
        ArmCost
            The cost.
        """
        batch, epochs = recipe.train.batch_size, recipe.train.epochs
        plain, weights = flops(recipe.model, shape, batch), parameters(recipe.model, shape)
        trained, scored = runs * parts.trained(epochs), runs * parts.scored(epochs)
        return cls(
            name,
            runs,
            epochs,
            batch,
            weights,
            plain,
            flops(recipe.model, shape, batch, fast=True),
            trained,
            scored,
            None if plain is None else plain * (TRAINED * trained + scored),
            FLOAT * batch * activation_count(recipe.model, shape.length),
            None if weights is None else FLOAT * KEPT * weights,
        )


@dataclass(frozen=True)
class Estimate:
    """The cost of a study.

    Parameters
    ----------
    runs
        The numbers of its runs, as `--dry-run` counts them.
    parts
        The windows of a run.
    shape
        Windows and proteins, with the vectors of the first arm.
    arms
        The cost of each arm, control and search.
    embedding_bytes
        {protein encoder: bytes of its vectors}.
    one
        The time of one run; None if neither a rate nor a measurement was asked for.
    at_once
        Runs that are trained at the same time.
    device
        On what: "2 CPU cores".
    """

    runs: Runs
    parts: Parts
    shape: Shape
    arms: tuple[ArmCost, ...]
    embedding_bytes: Mapping[str, int]
    one: Timing | None
    at_once: int
    device: str

    @property
    def flops(self) -> float | None:
        """FLOPs of all runs, None if those of an arm are not known."""
        known = [arm.flops for arm in self.arms if arm.flops is not None]
        return sum(known) if len(known) == len(self.arms) else None

    @property
    def seconds(self) -> float | None:
        """Seconds of all runs, None if the time of one is not known."""
        return None if self.one is None else self.runs.seconds(self.one, self.at_once)

    def bytes(self) -> dict[str, int | None]:
        """Return the bytes of the study.

        Returns
        -------
        dict
            `dataset` (mapped arrays), `embeddings`, `activations` (of the runs at one time, each
            as the largest arm), `checkpoints` (of the runs at one time) and `models` (of all runs).
        """
        windows = self.parts.train + self.parts.validation + self.parts.test
        weights = [arm.checkpoint_bytes for arm in self.arms if arm.checkpoint_bytes is not None]
        known = len(weights) == len(self.arms)
        models = sum(arm.runs * (arm.checkpoint_bytes or 0) // KEPT for arm in self.arms)
        running = min(self.at_once, self.runs.runs)
        return {
            "dataset": windows * (self.shape.length + OF_A_WINDOW),
            "embeddings": sum(self.embedding_bytes.values()),
            "activations": running * max(arm.activation_bytes for arm in self.arms),
            "checkpoints": running * max(weights) if known else None,
            "models": models if known else None,
        }

    def record(self) -> dict[str, Any]:
        """Return everything as plain values, for JSON."""
        return {
            "runs": asdict(self.runs) | {"all": self.runs.runs},
            "windows": asdict(self.parts),
            "shape": asdict(self.shape),
            "arms": [asdict(arm) for arm in self.arms],
            "flops": self.flops,
            "bytes": self.bytes(),
            "embedding_bytes": dict(self.embedding_bytes),
            "device": self.device,
            "at_once": self.at_once,
            "seconds_of_a_run": None if self.one is None else self.one.seconds,
            "basis": None if self.one is None else self.one.basis,
            "seconds": self.seconds,
        }

    def lines(self) -> Iterator[str]:
        """Yield the estimate as labelled lines for a terminal."""
        parts, shape, runs = self.parts, self.shape, self.runs
        trials = f" + {runs.trials} trials" if runs.trials else ""
        yield f"runs      {runs.arms} arms x {runs.seeds} seeds{trials} = {runs.runs} runs"
        yield (
            f"windows   {parts.train:,} train, {parts.validation:,} validation, {parts.test:,} "
            f"test; {shape.length} nt; {shape.proteins} proteins of {shape.residues:.0f} residues"
        )
        yield (
            "formula   FLOPs = runs x (epochs x (3 x train + validation) + validation + test) x "
            "FLOPs of a window"
        )
        for arm in self.arms:
            yield f"  {arm.name}: {_of_arm(arm)}"
        if self.flops is not None:
            yield f"FLOPs     {self.flops:.3g} in all, in the plain form"
        sizes = {name: size for name, size in self.bytes().items() if size is not None}
        yield f"bytes     {', '.join(f'{name} {_size(size)}' for name, size in sizes.items())}"
        if self.one is None:
            yield "time      unknown: give --rate WINDOWS_PER_SECOND, or --measure it here"
        else:
            yield f"time      {self.runs.time(self.one, self.at_once)}; on {self.device}"
        yield "This is an estimate: no early stopping, and runs do not slow each other down."


def time_by_rate(recipes: Sequence[Recipe], parts: Parts, rate: float) -> Timing:
    """Return the mean time of a run from a rate.

    Parameters
    ----------
    recipes
        The recipes of the arms.
    parts
        The windows that a run reads.
    rate
        Windows/s of one run in training. Scoring takes a third of the arithmetic, so that a window
        is taken to be scored three times as fast.

    Returns
    -------
    Timing
        The mean over the recipes.
    """
    step = 1 / rate
    each = [parts.seconds(recipe.train.epochs, step, step / TRAINED) for recipe in recipes]
    return Timing(sum(each) / len(each), f"by the rate given, {rate:g} windows/s in training")


def _of_arm(arm: ArmCost) -> str:
    """Return the cost of an arm in words."""
    count = f"{arm.runs} run{_s(arm.runs)} of {arm.epochs} epoch{_s(arm.epochs)}"
    if arm.flops_plain is None or arm.flops_fast is None or arm.flops is None:
        return f"{count}; its arithmetic is not known, because it has classes of your own"
    form = f"{arm.flops_plain / 1e6:,.3g} MFLOPs a window"
    if arm.flops_fast != arm.flops_plain:
        form += f" ({arm.flops_fast / 1e6:,.3g} in the fast form)"
    return f"{count}, {arm.parameters:,} parameters, {form}: {arm.flops:.3g} FLOPs"


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _size(size: int) -> str:
    """Return a number of bytes with its unit."""
    for unit, length in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size >= length:
            return f"{size / length:,.1f} {unit}"
    return f"{size / 1e3:,.1f} kB"
