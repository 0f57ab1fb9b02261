"""The hyperparameters of training: optimizer, schedule, batches and augmentation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from rpbind.recipe.base import Boolean, Epochs, Fraction, Hyperparameters, NonNegative, Positive


class Plateau(Hyperparameters):
    """Lower the learning rate where the validation loss stalls (torch's ReduceLROnPlateau).

    Parameters
    ----------
    kind
        "plateau".
    factor
        Factor on the learning rate.
    patience
        Epochs without a better validation loss before the rate is lowered.
    min_lr
        Smallest learning rate.
    """

    kind: Literal["plateau"] = "plateau"
    factor: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.5
    patience: Annotated[int, Field(ge=0, le=100_000)] = 5
    min_lr: NonNegative = 1e-5


class Cosine(Hyperparameters):
    """Half a cosine from the learning rate to zero over the planned epochs, stepped every epoch.

    Parameters
    ----------
    kind
        "cosine".
    """

    kind: Literal["cosine"] = "cosine"


class OneCycle(Hyperparameters):
    """Raise the learning rate to its peak, then lower it to almost zero, stepped every batch.

    Parameters
    ----------
    kind
        "one-cycle".
    rise
        Share of all planned batches in which the rate rises.

    Source
    ------
    Smith and Topin 2018; torch's OneCycleLR.
    """

    kind: Literal["one-cycle"] = "one-cycle"
    rise: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.1


class Constant(Hyperparameters):
    """Keep the learning rate constant.

    Parameters
    ----------
    kind
        "constant".
    """

    kind: Literal["constant"] = "constant"


Schedule = Annotated[Plateau | Cosine | OneCycle | Constant, Field(discriminator="kind")]


NEWER = ("precision", "compile")
"""Fields of `Train` that a recipe of an earlier version does not have."""


class Train(Hyperparameters):
    """How a run is trained.

    Parameters
    ----------
    optimizer
        "adam" or "adamw".
    lr
        Learning rate; with "one-cycle", its peak.
    weight_decay
        Weight decay of the optimizer.
    batch_size
        Windows per batch, over all workers.
    epochs
        Most epochs of a run.
    clip_norm
        Largest norm of the gradient; longer ones are scaled down. None for no limit.
    shift
        Augmentation in training: each window is moved by up to this many nucleotides, either way,
        and the gap is filled with N.
    mask
        Augmentation in training: the share of letters that is replaced by N.
    schedule
        How the learning rate changes.
    stop_after
        Epochs without a better validation loss that end the run early; None for never.
    precision
        "float32", or "bf16": products of matrices and convolutions of the forward and backward pass
        in bfloat16, with weights, optimizer and loss in float32. Scoring is always in float32.
    compile
        Compile the model for training by torch.compile, which needs a C++ compiler.
    """

    optimizer: Literal["adam", "adamw"] = "adam"
    lr: Positive = 1e-3
    weight_decay: NonNegative = 1e-4
    batch_size: Annotated[int, Field(ge=2, le=1_048_576)] = 32
    epochs: Epochs = 50
    clip_norm: Positive | None = None
    shift: Annotated[int, Field(ge=0, le=65_536)] = 0
    mask: Fraction = 0.0
    schedule: Schedule = Plateau()
    stop_after: Epochs | None = 10
    precision: Literal["float32", "bf16"] = "float32"
    compile: Boolean = False

    @model_serializer(mode="wrap")
    def _default_is_absent(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what earlier versions did not know at its default: ids stay the same."""
        tree: dict[str, Any] = dump(self)
        default = {name: type(self).model_fields[name].default for name in NEWER}
        return {k: v for k, v in tree.items() if k not in default or v != default[k]}
