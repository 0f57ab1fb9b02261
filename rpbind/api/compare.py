"""Arms of two studies side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rpbind.api.calls import face
from rpbind.api.study import Study
from rpbind.api.tables import table_html, verdict_table
from rpbind.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from rpbind.analysis.compare import StudyComparison


@dataclass(frozen=True)
class Comparison:
    """Arms of one study minus arms of another.

    Parameters
    ----------
    studies
        The two studies.
    result
        The contrasts with their verdicts; see `rpbind.analysis.compare`.
    """

    studies: tuple[Study, Study]
    result: StudyComparison = field(repr=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know first, such as a difference in code."""
        return self.result.notes

    def verdicts(self) -> pd.DataFrame:
        """Return the contrasts.

        Returns
        -------
        pandas.DataFrame
            A row per contrast, as `Study.verdicts` has them: the first study's arm minus the
            second's.
        """
        return verdict_table(self.result.contrasts)

    def __rich__(self) -> RenderableType:
        """Show the contrasts in a terminal."""
        from rpbind.screens.terminal import comparison_table

        return comparison_table(self.result)

    def _repr_html_(self) -> str:
        """Show the contrasts in a notebook."""
        one, other = (study.name for study in self.studies)
        return table_html(f"{one} minus {other}", self.notes, self.verdicts())


@face
def compare(
    one: Study | str | Path,
    other: Study | str | Path,
    arm: str | None = None,
    against: str | None = None,
) -> Comparison:
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
    Comparison
        `verdicts()` is a table; in a notebook it shows inline.

    Raises
    ------
    UserError
        If the studies were not tested on the same windows, or have no seed or arm in common.

    Examples
    --------
    >>> rb.compare("reports/first", "reports/second").verdicts()
    """
    if against is not None and arm is None:
        raise UserError(
            f"`against={against!r}` names an arm of the second study, and `arm`, the arm of the "
            "first study, is missing. Give both or neither."
        )
    from rpbind.analysis.compare import compare as compare_studies

    mine, theirs = (each if isinstance(each, Study) else Study(each) for each in (one, other))
    found = compare_studies(
        (mine.plan, mine.ledger.rows()), (theirs.plan, theirs.ledger.rows()), arm, against
    )
    return Comparison((mine, theirs), found)
