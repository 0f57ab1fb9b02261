"""A study from its options to its ledger: checks, launch, continuation, extension."""
