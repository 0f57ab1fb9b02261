"""The time budgets of searches: wall-clock minutes of a call, and seconds of training."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rpbind.ledger import Row
from rpbind.ledger.trials import was_reused
from rpbind.search.config import SearchConfig


class Budget:
    """The time budgets of a study's searches, and what is spent of them.

    Parameters
    ----------
    config
        Has the budgets; the wall-clock time counts from here on.
    rows
        The ledger's rows of all trials, whose training time is spent already.
    """

    def __init__(self, config: SearchConfig, rows: Sequence[Row]) -> None:
        self.config, self.began = config, time.monotonic()
        self.trained = sum(map(train_seconds, rows))

    def add(self, row: Row) -> None:
        """Add the training time of a new row.

        Parameters
        ----------
        row
            Row of a run of a trial.
        """
        self.trained += train_seconds(row)

    def is_spent(self) -> bool:
        """Compare the spent time with the budgets.

        Returns
        -------
        Whether one is spent, so that no further trial starts.
        """
        minutes, most = self.config.minutes, self.config.train_seconds
        late = minutes is not None and time.monotonic() - self.began >= 60 * minutes
        return late or (most is not None and self.trained >= most)


def train_seconds(row: Row) -> float:
    """Return a run's training time in seconds; 0 for a repeat, and if it is unknown."""
    return 0.0 if was_reused(row) else row.cost.get("train_seconds", 0.0)
