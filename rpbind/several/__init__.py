"""Several studies at once: a line for each of a folder, the user's notes, what differs in plan."""
