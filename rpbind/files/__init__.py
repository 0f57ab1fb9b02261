"""Atomic writes of files and folders, file locks, and memory-mapped arrays."""
