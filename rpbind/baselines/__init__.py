"""Controls without a network: what letters alone, degrees alone or the protein alone can rank."""
