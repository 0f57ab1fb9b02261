"""Explains a few windows of a study's best arm, for its report."""
