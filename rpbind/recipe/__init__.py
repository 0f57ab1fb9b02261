"""A recipe: every hyperparameter of one run as one immutable value, and the presets."""

from rpbind.recipe.recipe import FIELDS, Recipe, canonical, flat, leave_out, misfit, misfits

__all__ = ["FIELDS", "Recipe", "canonical", "flat", "leave_out", "misfit", "misfits"]
