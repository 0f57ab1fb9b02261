"""One study from its options to its ledger: checked, launched, resumed, extended."""
