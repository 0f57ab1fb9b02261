"""From paired rows to verdicts: averages, intervals, corrections, equivalence."""
