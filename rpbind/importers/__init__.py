"""People's files to a dataset: eCLIP folders, FASTA, and tables."""
