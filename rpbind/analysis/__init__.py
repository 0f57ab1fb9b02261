"""From ledger rows to verdicts: paired tables, intervals and words, as pure functions on arrays."""
