"""Figures of single windows: motif logos, maps of substitutions and attention; stored windows."""
