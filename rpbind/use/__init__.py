"""Use of a trained model: predict windows, score it on any split, explain a window."""
