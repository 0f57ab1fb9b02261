"""Studies on a Ray cluster: checks before a study begins, and Ray Jobs that run one there."""
