"""Modules of the user's own, built from a recipe and called as `rpbind.model.contracts` says.

Each becomes a subclass of the user's class that only changes how `forward` is called. So parameters
keep the names that the user gave them.

Shapes: B windows, L nucleotides, P proteins, R residues, W protein vector width.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor, nn

from rpbind.errors import UserError
from rpbind.model.group import Group, Memory, Reads
from rpbind.model.padding import letters_and_mask
from rpbind.model.pair_model import PairModel, WholeModel, in_batch_order, mean_vectors
from rpbind.parts.loading import class_file, declared, errors_in
from rpbind.parts.signature import arguments
from rpbind.recipe.custom import CustomClass, custom_classes
from rpbind.recipe.encoders import CustomEncoder
from rpbind.recipe.memories import CustomMemory
from rpbind.recipe.model import AnyModel, CustomModel

READS: dict[str, Reads] = {"mean": "mean", "residues": "residues"}
"""What a class declares that it reads of a protein -> what it is given of the embedding store."""
MODEL_READS: dict[str, Reads] = READS | {"proteins": "mean"}
"""The same for a whole model, which may also ask for each distinct protein once."""


MASK = "real_BL"
"""The parameter of a user's `forward` that gets the mask of letters: False is padding."""


def custom_encoder(config: CustomEncoder, length: int) -> nn.Module:
    """Build an encoder of the user's own; raises `UserError` if it has no width `dim`."""
    made = _built(config, _encoder, {"length": length})
    if encoder_width(made) < 1:
        raise UserError(
            f"{config.slot}: {config.part.class_name} must set self.dim, the width of its output "
            "(a whole number), in __init__."
        )
    return made


def check_takes_mask(config: AnyModel) -> None:
    """Check that a model can read windows of different lengths.

    Parameters
    ----------
    config
        The model part of a recipe.

    Raises
    ------
    UserError
        If an encoder or a whole model of the user's own does not ask for the mask `real_BL`.
    """
    for own in custom_classes(config):
        if own.slot != "model.memory" and not takes_mask(kind := own.load()):
            raise UserError(
                f"{own.slot}: {kind.__name__} reads windows of one length, and these windows "
                "differ in length. Let its forward take the parameter real_BL, the mask of the "
                "letters (docs/own-model.md), or import the windows again with --fit."
            )


def takes_mask(kind: type) -> bool:
    """Whether the forward of a class asks for the mask of letters, by its name."""
    return MASK in inspect.signature(kind.forward).parameters  # type: ignore[attr-defined]


def encoder_width(encoder: nn.Module) -> int:
    """Return the width C that a user's encoder declares; 0 if it declares none."""
    dim = declared(encoder, "dim", 0)
    return dim if isinstance(dim, int) and not isinstance(dim, bool) else 0


def custom_memory(config: CustomMemory, width: int, dim: int, length: int) -> nn.Module:
    """Build a memory of the user's own."""
    return _built(config, _memory, {"width": width, "dim": dim, "length": length})


def custom_model(config: CustomModel, *, width: int, length: int) -> PairModel:
    """Build a whole model of the user's own."""
    made: Any = _built(config, _model, {"width": width, "length": length})
    return made


def _built(config: CustomClass, adapted: Any, given: dict[str, int]) -> nn.Module:
    kind = config.load()
    what = f"{config.slot}: {kind.__name__}"
    if not issubclass(kind, nn.Module):
        raise UserError(
            f"{what} is no torch.nn.Module. Derive it: class {kind.__name__}(nn.Module)."
        )
    reads = declared(kind, "reads", "mean")
    known = MODEL_READS if isinstance(config, CustomModel) else READS
    if config.slot != "model.encoder" and reads not in list(known):  # a list has no hash
        raise UserError(
            f"{what}.reads is {reads!r}; it must be {' or '.join(map(repr, known))}: what the "
            "class reads of a protein."
        )
    with errors_in(class_file(kind), f"{what} cannot be built"):
        made: nn.Module = adapted(kind)(**config.options, **arguments(kind, given, config.slot))
    _check_device(made, what)
    return made


def _check_device(made: nn.Module, what: str) -> None:
    """Refuse weights on a device that a class has chosen itself: rpbind moves the model."""
    asked = torch.get_default_device()
    for name, weight in (*made.named_parameters(), *made.named_buffers()):
        if weight.device.type != asked.type:
            raise UserError(
                f"{what}: '{name}' was made on the device {weight.device}, and {asked} was asked "
                "for. Do not choose a device in __init__: rpbind moves the whole model."
            )


@lru_cache
def _encoder(kind: type[nn.Module]) -> type[nn.Module]:
    masked = takes_mask(kind)

    class Adapted(kind):  # type: ignore[valid-type, misc]
        def forward(self, rna_BL: Tensor, real_BL: Tensor | None = None) -> Any:
            given = {MASK: _mask(rna_BL, real_BL)} if masked else {}
            made = super().forward(rna_BL.long(), **given)
            if not (masked and isinstance(made, tuple)):
                return made, real_BL
            return made[0], None if real_BL is None else made[1]

    return _renamed(Adapted, kind)


@lru_cache
def _memory(kind: type[nn.Module]) -> type[nn.Module]:
    its_reads = declared(kind, "reads", "mean")

    class Adapted(kind):  # type: ignore[valid-type, misc]
        reads = its_reads

        def forward(self, group: Group) -> Memory:
            if its_reads == "mean":
                given: tuple[Tensor | None, ...] = (group.mean_PW,)
            else:
                given = (group.residues_PRW, group.real_PR)
            return _as_memory(super().forward(*given), kind.__name__)

    return _renamed(Adapted, kind)


@lru_cache
def _model(kind: type[nn.Module]) -> type[nn.Module]:
    its_reads = str(declared(kind, "reads", "mean"))
    masked = takes_mask(kind)

    class Adapted(kind, WholeModel):  # type: ignore[valid-type, misc]
        reads = MODEL_READS[its_reads]
        varying = False

        def forward(self, rna_BL: Tensor, groups: Sequence[Group]) -> Tensor:
            letters_BL, real_BL = letters_and_mask(rna_BL) if self.varying else (rna_BL, None)
            given = {MASK: _mask(rna_BL, real_BL)} if masked else {}
            return super().forward(letters_BL.long(), *GIVEN[its_reads](groups), **given)

    return _renamed(Adapted, kind)


def _mask(rna_BL: Tensor, real_BL: Tensor | None) -> Tensor:
    """Return the mask of letters (B, L), which is all True if windows have one length."""
    return torch.ones_like(rna_BL, dtype=torch.bool) if real_BL is None else real_BL


def _renamed(adapted: type[nn.Module], kind: type) -> type[nn.Module]:
    """Give a subclass the name of the user's class, which messages show."""
    adapted.__name__, adapted.__qualname__ = kind.__name__, kind.__qualname__
    adapted.__module__ = kind.__module__
    return adapted


def _as_memory(made: Any, name: str) -> Memory:
    if isinstance(made, tuple) and len(made) in (2, 3) and isinstance(made[0], Tensor):
        return Memory(*made)
    raise UserError(
        f"model.memory: {name}.forward must return (keys, values) of shape (P, S, E), or (keys, "
        f"values, mask); got {type(made).__name__}."
    )


def _mean(groups: Sequence[Group]) -> tuple[Tensor]:
    """Return the mean vector of each window's protein (B, W)."""
    return (mean_vectors(groups),)


def _proteins(groups: Sequence[Group]) -> tuple[Tensor, Tensor]:
    """Return the distinct proteins' mean vectors (P, W), and each window's place among them."""
    before = accumulate((len(g.mean_PW) for g in groups), initial=0)
    place_B = [start + group.protein_B for start, group in zip(before, groups, strict=False)]
    return torch.cat([g.mean_PW for g in groups]), in_batch_order(place_B, groups)


def _residues(groups: Sequence[Group]) -> tuple[Tensor, Tensor]:
    """Return the residues of each window's protein (B, R, W), and which are no padding (B, R)."""
    longest = max(g.real_PR.shape[1] for g in groups if g.real_PR is not None)
    residues, real = [], []
    for group in groups:
        assert group.residues_PRW is not None
        assert group.real_PR is not None
        more = longest - group.real_PR.shape[1]
        padded_PRW = nn.functional.pad(group.residues_PRW, (0, 0, 0, more))
        residues.append(padded_PRW[group.protein_B])
        real.append(nn.functional.pad(group.real_PR, (0, more))[group.protein_B])
    return in_batch_order(residues, groups), in_batch_order(real, groups)


GIVEN: dict[str, Callable[[Sequence[Group]], tuple[Tensor, ...]]] = {
    "mean": _mean,
    "residues": _residues,
    "proteins": _proteins,
}
"""What a whole model declares that it reads -> what its `forward` is given after the tokens."""
