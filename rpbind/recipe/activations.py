"""How many numbers a model keeps for its gradient, by its recipe alone."""

from __future__ import annotations

import math

from rpbind.recipe.model import AnyModel, CustomModel


def activation_count(config: AnyModel, length: int) -> int:
    """Estimate how many numbers of one window are kept for its gradient, rather too few.

    Parameters
    ----------
    config
        The model part of a recipe.
    length
        Window length L, in nucleotides.

    Returns
    -------
    int
        Numbers; 0 for a whole model of the user's own.
    """
    if isinstance(config, CustomModel):
        return 0
    encoder, dim = config.encoder, config.attention.dim
    queries = math.ceil(length / encoder.positions_per_query)
    kept = encoder.activations(length) + 2 * queries * dim
    if config.feed_forward is not None:
        kept += 2 * queries * config.feed_forward.hidden
    return kept + 3 * sum(config.classifier.hidden)
