"""Which runs answer a question: designs, their changes, what they cost, the plan of a study."""
