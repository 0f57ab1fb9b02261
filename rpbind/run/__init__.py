"""Runs tasks on Ray Tune: placement, loggers, stopping, and the live view."""
