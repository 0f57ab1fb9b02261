"""Datasets on disk: windows, proteins, overlap clusters and frozen splits."""
