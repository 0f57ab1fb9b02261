"""The hyperparameters of the training: optimizer, schedule, batches, augmentation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from rpbind.recipe.base import Epochs, Fraction, Hyperparameters, NonNegative, Positive


class Plateau(Hyperparameters):
    """ReduceLROnPlateau on the validation loss."""

    kind: Literal["plateau"] = "plateau"
    factor: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.5
    patience: Annotated[int, Field(ge=0, le=100_000)] = 5
    min_lr: NonNegative = 1e-5


class Cosine(Hyperparameters):
    """Half a cosine from the learning rate to zero over the planned epochs, stepped every epoch."""

    kind: Literal["cosine"] = "cosine"


class OneCycle(Hyperparameters):
    """Up to the learning rate and down again to nothing, batch by batch over the planned epochs.

    `rise` is the share of the batches on the way up (Smith and Topin 2018; torch's OneCycleLR).
    """

    kind: Literal["one-cycle"] = "one-cycle"
    rise: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.1


class Constant(Hyperparameters):
    """The learning rate as it is."""

    kind: Literal["constant"] = "constant"


Schedule = Annotated[Plateau | Cosine | OneCycle | Constant, Field(discriminator="kind")]


class Train(Hyperparameters):
    """How it is trained; `stop_after` epochs without a better validation loss end the run.

    Augmentation, in training only: every window is moved by up to `shift` nucleotides, the gap
    filled with N, and a share `mask` of its letters is read as N.
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
