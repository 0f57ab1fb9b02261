"""Proteins: per-residue encoders, memory-mapped stores of their vectors, homology clusters."""
