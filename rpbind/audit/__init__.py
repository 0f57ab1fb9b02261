"""The audit: what a dataset and its split give away, measured, kept beside the data, and shown."""
