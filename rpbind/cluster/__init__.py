"""Studies on a cluster: what is checked before one begins, and Ray Jobs that carry one there."""
