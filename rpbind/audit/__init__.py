"""The audit of a dataset as a record: what its windows give away, and what to do about it."""
