"""Which protein a name means: the names in FASTA headers, matches, and proposals to be checked."""
