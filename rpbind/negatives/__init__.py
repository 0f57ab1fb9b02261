"""Unbound windows for bound ones, by rules that have names; the import of peaks with them."""
