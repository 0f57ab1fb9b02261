"""Building a model in which every random number is seeded by the run's seed and a name."""

from __future__ import annotations

from rpbind.model.initialise import initialise
from rpbind.model.network import custom_layers, network
from rpbind.model.pair_model import PairModel
from rpbind.model.size import check_fits
from rpbind.recipe import model as fields
from rpbind.seeding.drawing import draw_by_name
from rpbind.seeding.randomness import seed_dropout


def build_model(
    config: fields.AnyModel, *, width: int, length: int, seed: int, varying: bool = False
) -> PairModel:
    """Build a model whose random numbers are seeded by name, at the start and in training.

    Parameters
    ----------
    config
        The model part of a recipe.
    width
        Width W of the protein vectors.
    length
        Length L of the longest window, in nucleotides.
    seed
        Seed of the run. An initial value depends only on it and on the parameter's full name.
    varying
        Whether windows differ in length, so that some are padded.

    Returns
    -------
    PairModel
        The model, in training mode and on the CPU.

    Raises
    ------
    UserError
        Where a layer's initial values or its random draws in training cannot be seeded, where the
        model does not fit this machine's memory, and where windows differ in length and a class of
        the user's own takes no mask.
    """
    check_fits(config, width=width, length=length)
    model = draw_by_name(lambda: network(config, width=width, length=length, varying=varying), seed)
    if not isinstance(config.init, fields.OwnInit):
        is_whole = isinstance(config, fields.CustomModel)
        initialise(model, config.init, seed, () if is_whole else custom_layers(model))
    seed_dropout(model)
    return model
