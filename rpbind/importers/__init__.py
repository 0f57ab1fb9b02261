"""Makes datasets from eCLIP folders, FASTA files and tables."""
