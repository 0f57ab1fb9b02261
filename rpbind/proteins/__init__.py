"""Proteins: per-residue encoders, the memory-mapped bank of their vectors, homology clusters."""
