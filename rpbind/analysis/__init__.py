"""From ledger rows to the summary of a study: contrasts, arms, controls, claims and searches."""
