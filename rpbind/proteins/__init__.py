"""Proteins: per-residue encoders, embedding stores of their vectors, and homology clusters."""
