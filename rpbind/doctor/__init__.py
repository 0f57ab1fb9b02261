"""Is the model alive? Measures taken on a run before and after it trains, and what they mean."""
