"""A recipe: every hyperparameter of one run as one immutable value, and the presets."""

from rpbind.recipe.recipe import FIELDS, Recipe, recipe_mistakes
from rpbind.recipe.tree import canonical, flat

__all__ = ["FIELDS", "Recipe", "canonical", "flat", "recipe_mistakes"]
