"""Random numbers that are seeded by the run's seed and a name, so that arms are paired."""
