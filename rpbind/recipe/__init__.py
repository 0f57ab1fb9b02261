"""A recipe: every hyperparameter of one run as one immutable value, and the presets."""

from rpbind.recipe.recipe import (
    FIELDS,
    Recipe,
    canonical,
    flat,
    off_hint,
    refusal,
    refusals,
)

__all__ = ["FIELDS", "Recipe", "canonical", "flat", "off_hint", "refusal", "refusals"]
