"""The data room: windows and proteins on disk, importers, overlap clusters and frozen splits."""
