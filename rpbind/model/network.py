"""The network of a recipe: the model of slots, or a whole model of the user's own."""

from __future__ import annotations

from rpbind.model.binding import BindingModel
from rpbind.model.custom import check_takes_mask, custom_model, takes_mask
from rpbind.model.fast import FastModel
from rpbind.model.pair_model import PairModel
from rpbind.recipe import model as fields
from rpbind.recipe.custom import custom_classes
from rpbind.recipe.encoders import SelfAttentionEncoder


def network(
    config: fields.AnyModel, *, width: int, length: int, varying: bool = False
) -> PairModel:
    """Build the network of a recipe, with initial values from torch's global generator.

    Parameters
    ----------
    config
        The model part of a recipe.
    width
        Width W of the protein vectors.
    length
        Length L of the longest window, in nucleotides.
    varying
        Whether windows differ in length, so that some are padded.

    Returns
    -------
    PairModel
        The network, in training mode.

    Raises
    ------
    UserError
        If windows differ in length, and a class of the user's own takes no mask.
    """
    if varying:
        check_takes_mask(config)
    made: PairModel
    if isinstance(config, fields.CustomModel):
        made = custom_model(config, width=width, length=length)
    else:
        made = FastModel(config, width=width, length=length)
    made.varying = varying
    return made


def lengths_read(config: fields.AnyModel, length: int) -> tuple[int, int | None]:
    """Return the shortest and the longest window that a model can read.

    Parameters
    ----------
    config
        The model part of a recipe.
    length
        Length of the longest window that it was built for, in nucleotides.

    Returns
    -------
    tuple
        Nucleotides; None if any longer window can be read too.
    """
    own = [each for each in custom_classes(config) if each.slot != "model.memory"]
    if not all(takes_mask(each.load()) for each in own):
        return length, length
    if isinstance(config, fields.CustomModel) or own:
        return 1, length
    return 1, length if isinstance(config.encoder, SelfAttentionEncoder) else None


def has_attention(model: PairModel) -> bool:
    """Whether a model has attention between RNA and protein that rpbind can see and change."""
    return isinstance(model, BindingModel) and model.has_attention


def custom_layers(model: PairModel) -> tuple[str, ...]:
    """Return what the names of the user's own layers begin with; ("",) for a whole model."""
    return model.custom if isinstance(model, BindingModel) else ("",)
