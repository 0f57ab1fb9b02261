"""Using a trained model: predictions for windows, scores on any split, and what a window shows."""
