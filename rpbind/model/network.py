"""The network of a recipe: the model of slots, or a whole model of the user's own."""

from __future__ import annotations

from rpbind.model.binding import BindingModel
from rpbind.model.custom import custom_model
from rpbind.model.pair_model import PairModel
from rpbind.recipe import model as fields


def network(config: fields.AnyModel, *, width: int, length: int) -> PairModel:
    """Build the network of a recipe, with initial values from torch's global generator.

    Parameters
    ----------
    config
        The model part of a recipe.
    width
        Width W of the protein vectors.
    length
        Window length L, in nucleotides.

    Returns
    -------
    PairModel
        The network, in training mode.
    """
    if isinstance(config, fields.CustomModel):
        return custom_model(config, width=width, length=length)
    return BindingModel(config, width=width, length=length)


def has_attention(model: PairModel) -> bool:
    """Whether a model has attention between RNA and protein that rpbind can see and change."""
    return isinstance(model, BindingModel) and model.has_attention


def custom_layers(model: PairModel) -> tuple[str, ...]:
    """Return what the names of the user's own layers begin with; ("",) for a whole model."""
    return model.custom if isinstance(model, BindingModel) else ("",)
