"""The auditor: measures what a dataset and its split give away, and keeps it beside the data."""
