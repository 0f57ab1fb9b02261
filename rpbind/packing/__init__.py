"""Several runs of one architecture trained as one stacked model."""
