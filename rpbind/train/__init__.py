"""Training of one run in plain torch, from inputs to a ledger row; `worker.py` adds Ray Train."""
