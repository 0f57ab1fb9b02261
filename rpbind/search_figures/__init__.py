"""The figures of a search: by trial, by hyperparameter, and what matters among these."""
