"""Controls without a neural network, which rank windows by letters, base rates or the protein."""
