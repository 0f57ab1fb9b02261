"""Searches: Optuna samplers and pruners, the ask/tell loop, and the winners. It knows no Ray."""
