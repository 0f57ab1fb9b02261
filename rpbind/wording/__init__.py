"""Results as text: verdicts, intervals, claims, predictions and warnings in plain words."""
