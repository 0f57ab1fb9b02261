"""The doctor: measurements on a model before and after it trains, and the findings in them."""
