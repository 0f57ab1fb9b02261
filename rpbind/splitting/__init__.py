"""Splits of one's own: what users write for them, saved splits, folds, and what leaks in them."""
