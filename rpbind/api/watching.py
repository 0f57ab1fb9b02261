"""The page of a study that another process runs, written again as rows arrive."""

from __future__ import annotations

from pathlib import Path

from rpbind.api.calls import face
from rpbind.api.study import Study


@face
def watch(study: Study) -> Path:
    """Write a study's page again as rows arrive, until no process runs the study.

    Parameters
    ----------
    study
        The study.

    Returns
    -------
    pathlib.Path
        The page, `index.html` in the study's folder. It is marked as interim, and has no verdicts,
        until the study ends.

    Raises
    ------
    UserError
        If the page cannot be written.
    """
    from rpbind.report.live import follow

    return follow(study.folder)
