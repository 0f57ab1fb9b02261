"""Designs: which runs answer a question, what they cost, and the plan of a study."""
