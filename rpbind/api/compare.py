"""Arms of two studies side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rpbind.api.study import Study
from rpbind.api.tables import verdict_table

if TYPE_CHECKING:
    import pandas as pd


def compare(
    one: Study | str | Path,
    other: Study | str | Path,
    arm: str | None = None,
    against: str | None = None,
) -> pd.DataFrame:
    """Compare arms of two studies that were tested on the same windows, paired by seed.

    Parameters
    ----------
    one
        A study, or its folder.
    other
        The study that it is compared with, or its folder.
    arm
        An arm of the first study; without it, every arm that both have.
    against
        The arm of the second study; without it, the one with the same name.

    Returns
    -------
    pandas.DataFrame
        A row per contrast, as `Study.verdicts` has them: the first study's arm minus the second's.
        What has to be known to read it is in `DataFrame.attrs["notes"]`.

    Raises
    ------
    UserError
        If the studies were not tested on the same windows, or have no seed or arm in common.
    """
    from rpbind.analysis.compare import compare as compare_studies

    mine, theirs = (each if isinstance(each, Study) else Study(each) for each in (one, other))
    found = compare_studies(
        (mine.plan, mine.ledger.rows()), (theirs.plan, theirs.ledger.rows()), arm, against
    )
    table = verdict_table(found.contrasts)
    table.attrs["notes"] = list(found.notes)
    return table
