"""Protein vectors that were computed elsewhere: files, names, checks."""
