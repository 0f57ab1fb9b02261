"""Reads files of text, tables and FASTA, whoever wrote them; knows nothing of windows."""
