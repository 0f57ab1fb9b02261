"""What a batch reads: plans of batches, tensors over mapped files, codes of experiments."""
