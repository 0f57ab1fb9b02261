"""A recipe is every knob of one run: immutable, typed, hashable; two runs differ by recipe or seed.

Variants are discriminated unions (`kind`), so a knob that does not apply cannot be set. What data a
run reads (dataset, split) is not a knob of the recipe: the ledger records it beside the recipe.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rpbind.errors import UserError, nearest

Unit = Annotated[float, Field(ge=0.0, le=0.99)]
Positive = Annotated[float, Field(gt=0.0)]
Count = Annotated[int, Field(ge=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TokenEncoder(_Part):
    """The seed's encoder: one-hot(5) -> Linear; nothing mixes positions: it sees no motif."""

    kind: Literal["token"] = "token"
    dim: Count = 128


class ConvEncoder(_Part):
    """Residual 1-d convolutions: each position sees `1 + layers * (kernel - 1)` nucleotides.

    `pool` keeps the maximum of that many neighbouring positions (fewer queries, less compute).
    """

    kind: Literal["conv"] = "conv"
    dim: Count = 128
    layers: Count = 2
    kernel: Count = 9
    pool: Count = 1
    dropout: Unit = 0.1

    @model_validator(mode="after")
    def _kernel_has_a_centre(self) -> ConvEncoder:
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel must be odd, so that it has a centre; got {self.kernel}")
        return self


class PooledMemory(_Part):
    """The seed's `old` memory: the mean protein vector as ONE key, so every weight is 1."""

    kind: Literal["pooled"] = "pooled"


class ExpandedMemory(_Part):
    """The seed's `fixed` memory: the mean vector copied to one key per RNA position.

    With `position`, a learned vector is added to each key (not to the values). All values are the
    same vector, so the attention is inert whatever its weights are.
    """

    kind: Literal["expanded"] = "expanded"
    position: bool = True


class ResidueMemory(_Part):
    """One key and value per residue of the protein, with a padding mask: attention can matter."""

    kind: Literal["residue"] = "residue"


class TorchInit(_Part):
    """torch's default: uniform within 1/sqrt(fan_in), weights and biases."""

    kind: Literal["torch"] = "torch"


class XavierInit(_Part):
    """Xavier-uniform, biases 0; `attention_gain` is for query, key, value and output."""

    kind: Literal["xavier"] = "xavier"
    gain: Positive = 1.0
    attention_gain: Positive = 0.5


class Attention(_Part):
    """Multi-head cross-attention: query = RNA, key and value = protein memory."""

    dim: Count = 256
    heads: Count = 8
    dropout: Unit = 0.1
    temperature: bool = False

    @model_validator(mode="after")
    def _heads_divide_dim(self) -> Attention:
        if self.dim % self.heads:
            raise ValueError(f"heads must divide dim; got dim {self.dim} and heads {self.heads}")
        return self


class FeedForward(_Part):
    """Linear-ReLU-Linear with a residual and LayerNorm after the attention."""

    hidden: Count = 512
    dropout: Unit = 0.1


class Classifier(_Part):
    """[Linear, ReLU, Dropout, BatchNorm] per hidden size, then Linear to one logit."""

    hidden: tuple[Count, ...] = (512, 256, 128)
    dropout: Unit = 0.3


Encoder = Annotated[TokenEncoder | ConvEncoder, Field(discriminator="kind")]
Memory = Annotated[PooledMemory | ExpandedMemory | ResidueMemory, Field(discriminator="kind")]
Init = Annotated[TorchInit | XavierInit, Field(discriminator="kind")]


class Model(_Part):
    """head(attend(encoder(rna), memory(protein)))."""

    encoder: Encoder = TokenEncoder()
    memory: Memory = PooledMemory()
    attention: Attention = Attention()
    residual: bool = False
    feed_forward: FeedForward | None = None
    classifier: Classifier = Classifier()
    init: Init = TorchInit()


class Plateau(_Part):
    """ReduceLROnPlateau on the validation loss."""

    kind: Literal["plateau"] = "plateau"
    factor: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.5
    patience: Annotated[int, Field(ge=0)] = 5
    min_lr: Annotated[float, Field(ge=0.0)] = 1e-4


class Cosine(_Part):
    """Half a cosine from the learning rate to zero over the planned epochs, stepped every epoch."""

    kind: Literal["cosine"] = "cosine"


class Constant(_Part):
    """The learning rate as it is."""

    kind: Literal["constant"] = "constant"


Schedule = Annotated[Plateau | Cosine | Constant, Field(discriminator="kind")]


class Train(_Part):
    """How it is trained; `stop_after` epochs without a better validation loss end the run."""

    optimizer: Literal["adam", "adamw"] = "adam"
    lr: Positive = 1e-3
    weight_decay: Annotated[float, Field(ge=0.0)] = 1e-4
    batch_size: Annotated[int, Field(ge=2)] = 32
    epochs: Count = 50
    clip_norm: Positive | None = None
    schedule: Schedule = Plateau()
    stop_after: Count | None = 15


class Recipe(_Part):
    """Every knob of one run; `proteins` names the encoder of the protein bank that it reads."""

    proteins: str = "physchem"
    model: Model = Model()
    train: Train = Train()

    @property
    def id(self) -> str:
        """Twelve hex digits of the SHA-256 of the recipe's canonical JSON."""
        return hashlib.sha256(canonical(self.model_dump(mode="json")).encode()).hexdigest()[:12]

    def with_(self, changes: Mapping[str, Any]) -> Recipe:
        """Return a copy with `changes`, a mapping from dotted path to value.

        A path that ends on a variant takes its whole mapping, or its `kind` alone for that
        variant's defaults. Raises `UserError` on an unknown path (with the nearest right one)
        or a value that the field refuses.
        """
        tree = self.model_dump(mode="json")
        for path, value in changes.items():
            _put(tree, path, value)
        try:
            return Recipe.model_validate(tree)
        except ValidationError as error:
            raise UserError(_explain(error, changes)) from None

    def flat(self) -> dict[str, Any]:
        """Return {dotted path: value} for every knob that this recipe has."""
        return dict(_leaves(self.model_dump(mode="json"), ""))

    def diff(self, other: Recipe) -> dict[str, tuple[Any, Any]]:
        """Return {dotted path: (mine, theirs)} where the two differ; an absent knob is None."""
        mine, theirs = self.flat(), other.flat()
        keys = [*mine, *(k for k in theirs if k not in mine)]
        return {k: (mine.get(k), theirs.get(k)) for k in keys if mine.get(k) != theirs.get(k)}


def canonical(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _leaves(tree: Any, prefix: str) -> list[tuple[str, Any]]:
    if not isinstance(tree, dict):
        return [(prefix, tree)]
    return [
        leaf
        for key, value in tree.items()
        for leaf in _leaves(value, f"{prefix}.{key}" if prefix else key)
    ]


def _put(tree: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    node: Any = tree
    for depth, key in enumerate(parents):
        node = node.get(key) if isinstance(node, dict) else None
        if node is None:
            raise UserError(_unknown(tree, path, ".".join(parents[: depth + 1])))
    if not isinstance(node, dict) or last not in node:
        raise UserError(_unknown(tree, path, path))
    current = node[last]
    is_variant = isinstance(current, dict) and "kind" in current
    node[last] = {"kind": value} if is_variant and isinstance(value, str) else value


def _unknown(tree: dict[str, Any], path: str, stopped: str) -> str:
    known = [leaf for leaf, _ in _leaves(tree, "")]
    parents = {".".join(k.split(".")[:i]) for k in known for i in range(1, k.count(".") + 1)}
    return (
        f"The recipe has no knob '{path}' (stopped at '{stopped}')."
        f"{nearest(path, [*known, *sorted(parents)])}"
    )


def _explain(error: ValidationError, changes: Mapping[str, Any]) -> str:
    lines = [
        f"{'.'.join(map(str, e['loc']))}: {e['msg']} (got {e['input']!r})" for e in error.errors()
    ]
    return f"The recipe refuses {dict(changes)!r}: " + "; ".join(lines)
