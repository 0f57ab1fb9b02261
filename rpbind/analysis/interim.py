"""A study that is running has no verdicts: they are judged once, at the planned number of runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from rpbind.analysis.contrasts import Contrast
from rpbind.analysis.summary import Summary, read
from rpbind.analysis.tuned import TunedContrast
from rpbind.ledger import Ledger
from rpbind.statistics.contrast import Unattainable
from rpbind.statistics.verdict import Verdict

WHY = "the study is running; verdicts come with the planned number of runs"

AnyContrast = TypeVar("AnyContrast", Contrast, TunedContrast)


def read_now(ledger: Ledger) -> Summary:
    """Return the summary of a study, without verdicts while a process runs it.

    Parameters
    ----------
    ledger
        Ledger of the study.

    Returns
    -------
    Summary
        What may be shown now.
    """
    return withheld(read(ledger, rated=False)) if ledger.is_driven else read(ledger)


def withheld(summary: Summary) -> Summary:
    """Return a summary without verdicts, intervals and claims; mean differences stay.

    Parameters
    ----------
    summary
        The summary of a running study.

    Returns
    -------
    Summary
        The interim summary.
    """
    tuned = summary.tuned and replace(
        summary.tuned, contrasts=tuple(map(_open, summary.tuned.contrasts))
    )
    return replace(
        summary,
        contrasts=tuple(map(_open, summary.contrasts)),
        tuned=tuned,
        factorial=None,
        controls=replace(summary.controls, claims={}),
        interim=True,
    )


def _open(contrast: AnyContrast) -> AnyContrast:
    mean, bound = contrast.verdict.mean, contrast.verdict.bound
    verdict = Verdict("inconclusive", mean=mean, reason=WHY, bound=bound)
    return replace(contrast, result=Unattainable(mean, WHY), verdict=verdict)
