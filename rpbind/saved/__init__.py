"""A trained model on disk: the folder of a run, with weights, recipe, proteins and model card."""
