"""One run: inputs in, epochs in plain torch, a ledger row out; `worker.py` brings Ray Train."""
