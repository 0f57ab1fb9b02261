"""The hyperparameters of the model: its slots, and the layers that have no variants."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    Discriminator,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)

from rpbind.errors import did_you_mean
from rpbind.recipe.base import Boolean, Count, Fraction, Hyperparameters, MultiHead, Positive
from rpbind.recipe.custom import CustomClass
from rpbind.recipe.encoders import Encoder, TokenEncoder
from rpbind.recipe.memories import Memory, NoMemory, PooledMemory


class TorchInit(Hyperparameters):
    """torch's default initial values: weights and biases uniform within 1/sqrt(fan_in).

    Parameters
    ----------
    kind
        "torch".
    """

    kind: Literal["torch"] = "torch"


class XavierInit(Hyperparameters):
    """Xavier-uniform initial weights, with biases 0.

    The feed-forward block keeps torch's default, as in the original model.

    Parameters
    ----------
    kind
        "xavier".
    gain
        Factor on the bounds of all other layers.
    attention_gain
        Factor on the bounds of the attention's query, key, value and output layers.
    """

    kind: Literal["xavier"] = "xavier"
    gain: Positive = 1.0
    attention_gain: Positive = 0.5


class Attention(MultiHead):
    """Multi-head cross-attention: query = RNA, key and value = protein memory.

    Parameters
    ----------
    dim
        Width of queries, keys and values, over all heads.
    heads
        Attention heads; they divide `dim`.
    dropout
        Share that is dropped of the attention weights, and of the attention's output.
    temperature
        Divide the scores by a learned temperature.
    both_ways
        The protein's keys also attend to the RNA. The head reads the mean of their outputs beside
        the readout of the RNA positions.
    """

    dim: Count = 256
    heads: Count = 8
    dropout: Fraction = 0.1
    temperature: Boolean = False
    both_ways: Boolean = False


class FeedForward(Hyperparameters):
    """Linear-ReLU-Linear with a residual and LayerNorm, after the attention.

    Parameters
    ----------
    hidden
        Width between the two linear layers.
    dropout
        Share that is dropped after the ReLU and after the second linear layer, as in the original
        model.
    """

    hidden: Count = 512
    dropout: Fraction = 0.1


class Classifier(Hyperparameters):
    """The head: [Linear, ReLU, Dropout, BatchNorm] per hidden size, then Linear to one logit.

    Parameters
    ----------
    hidden
        Widths of the hidden layers, first to last.
    dropout
        Share that is dropped in each hidden layer, and of what the own head reads.
    """

    hidden: Annotated[tuple[Count, ...], Field(max_length=256)] = (512, 256, 128)
    dropout: Fraction = 0.3


Init = Annotated[TorchInit | XavierInit, Field(discriminator="kind")]


NEWER = ("experiment", "plain")
"""Optional fields of `Model` that a recipe of an earlier version does not have."""


class Model(Hyperparameters):
    """The whole model: head(attend(encoder(rna), memory(protein))).

    Parameters
    ----------
    encoder
        The RNA encoder: `TokenEncoder`, `ConvEncoder` or `SelfAttentionEncoder`.
    experiment
        Learn a vector for each experiment, which is added to its protein's vectors, so that
        experiments that share a protein sequence can differ. "name": one for each name; "parts":
        one for each part of a name after the gene (cell line, assay, replicate), which add up.
        None: off. What was not in training has no vector.
    film
        The protein's mean vector scales and shifts every channel of the encoded RNA.
    memory
        The keys and values that the RNA attends to.
    attention
        The cross-attention.
    residual
        Add the projected RNA to the output of the attention.
    normalised
        Normalise every position (LayerNorm) before the readout, as in the original model.
    feed_forward
        A feed-forward block after the attention; None for none.
    readout
        What the head reads of the positions: their "mean", or "mean-max", also their maximum. The
        window's length does not dilute one strong site in a maximum.
    own_head
        Add a linear head per protein to the logit. It reads what the classifier reads, and its
        weights are linear in the protein's mean vector.
    classifier
        The head that all proteins share.
    init
        The rule for initial values.
    plain
        Compute the attention in its plain form, which takes longer and differs only by rounding.
    """

    encoder: Encoder = TokenEncoder()
    experiment: Literal["name", "parts"] | None = None
    film: Boolean = False
    memory: Memory = PooledMemory()
    attention: Attention = Attention()
    residual: Boolean = False
    normalised: Boolean = True
    feed_forward: FeedForward | None = None
    readout: Literal["mean", "mean-max"] = "mean"
    own_head: Boolean = False
    classifier: Classifier = Classifier()
    init: Init = TorchInit()
    plain: Boolean = False

    @model_validator(mode="before")
    @classmethod
    def _has_no_kind(cls, given: Any) -> Any:
        if isinstance(given, dict) and "kind" in given:
            kind = str(given["kind"])
            raise ValueError(
                "a whole model of your own has kind 'custom', and a model of slots has no kind; "
                f"got '{kind}'.{did_you_mean(kind, ['custom'])}"
            )
        return given

    @model_serializer(mode="wrap")
    def _off_is_absent(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what earlier versions did not know where it is off: ids stay the same."""
        tree: dict[str, Any] = dump(self)
        return {name: value for name, value in tree.items() if name not in NEWER or value}

    @model_validator(mode="after")
    def _rna_reaches_the_head(self) -> Model:
        if isinstance(self.memory, NoMemory) and not self.residual:
            raise ValueError(
                "memory 'none' has no attention, so the RNA reaches the head only through the "
                "residual; set residual to true"
            )
        if isinstance(self.memory, NoMemory) and self.attention.both_ways:
            raise ValueError(
                "memory 'none' has no attention that could go both ways; set both_ways to false"
            )
        return self


class OwnInit(Hyperparameters):
    """The initial values that the class draws itself, seeded by the run's seed and their names.

    Parameters
    ----------
    kind
        "own".
    """

    kind: Literal["own"] = "own"


class CustomModel(CustomClass):
    """A whole model of the user's own, see `rpbind.model.contracts.PairModel`.

    Parameters
    ----------
    kind
        "custom".
    class_
        In files and paths "class": "my_parts.py:MyModel" or "package.module:MyModel".
    options
        Keyword arguments of its `__init__`; its defaults are filled in.
    sha256
        Recorded SHA-256 of the class's file. Leave it out: it is filled in.
    init
        The class's "own" initial values, or a rule of `Model.init` for its linear layers and 2-d
        convolutions.
    """

    slot = "model"
    given = ("width", "length")
    init: Annotated[OwnInit | TorchInit | XavierInit, Field(discriminator="kind")] = OwnInit()


def _is_custom(value: Any) -> str:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return "custom" if kind == "custom" else "slots"


AnyModel = Annotated[
    Annotated[Model, Tag("slots")] | Annotated[CustomModel, Tag("custom")],
    Discriminator(_is_custom),
]
"""The model of a recipe: its slots, or a whole model of the user's own."""
