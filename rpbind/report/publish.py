"""Writes a study's page, and the list of studies that shows its answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rpbind.errors import UserError, reason
from rpbind.report.studies_page import write_index
from rpbind.verbosity import say

if TYPE_CHECKING:
    from rpbind.report.build import Explain


def publish(study: Path, explain: Explain | None = None) -> Path:
    """Write a study's page, and the list of the folder that holds the study.

    Parameters
    ----------
    study
        Folder of the study.
    explain
        Explains windows of the best arm, see `rpbind.explained`; None: those that are there stay.

    Returns
    -------
    Path
        The study's page.

    Raises
    ------
    UserError
        If the folder holds no study, or if its page cannot be written there.
    """
    from rpbind.report.build import build_report  # imports plotly, which the list does not need

    page = build_report(study, explain) if explain else build_report(study)
    renew_index(study)
    return page


def renew_index(study: Path) -> Path | None:
    """Write the list of the folder that holds a study; if that fails, say why and go on.

    Parameters
    ----------
    study
        Folder of the study.

    Returns
    -------
    Path or None
        The page; None if it could not be written.
    """
    try:
        return write_index(study.absolute().parent)
    except (UserError, OSError) as error:
        say(f"The list of studies is not written: {reason(str(error))}")
        return None
