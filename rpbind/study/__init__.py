"""Which runs: designs, search spaces, the study's plan, and running it on Ray."""
