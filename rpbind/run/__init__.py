"""Running tasks on Ray Tune: placement, loggers, stopping, and what is shown meanwhile."""
