"""Predictions about contrasts: which held, which failed, and which are undecided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rpbind.analysis.contrasts import Contrast
from rpbind.analysis.tuned import TunedContrast
from rpbind.ledger import Plan
from rpbind.ledger.plan_records import Expect
from rpbind.statistics.contrast import Interval
from rpbind.statistics.folds import FoldInterval
from rpbind.statistics.verdict import Verdict

Outcome = Literal["held", "failed", "undecided"]


@dataclass(frozen=True)
class JudgedPrediction:
    """A prediction and what became of it.

    Parameters
    ----------
    contrast
        Name of the contrast.
    expect
        The expected verdict.
    outcome
        Whether it held.
    found
        The verdict; "" if there is none yet.
    why
        Why it is undecided, or why an outcome may surprise; else "".
    """

    contrast: str
    expect: Expect
    outcome: Outcome
    found: str
    why: str = ""


def judge_predictions(
    plan: Plan, contrasts: Sequence[Contrast | TunedContrast]
) -> tuple[JudgedPrediction, ...]:
    """Judge the predictions of a plan by the verdicts of its contrasts.

    Parameters
    ----------
    plan
        The plan.
    contrasts
        Its contrasts with their verdicts, those of tuned arms, too.

    Returns
    -------
    tuple
        The predictions in the plan's order.
    """
    found = {each.paired.contrast.name: each for each in contrasts}
    return tuple(
        _judged(each.contrast, each.expect, found.get(each.contrast)) for each in plan.predictions
    )


def _judged(
    name: str, expect: Expect, contrast: Contrast | TunedContrast | None
) -> JudgedPrediction:
    if contrast is None:
        return JudgedPrediction(name, expect, "undecided", "", "it has no verdict yet")
    verdict, paired = contrast.verdict, contrast.paired
    if paired.n < paired.planned:
        why = f"runs are missing: {paired.n} of {paired.planned} {contrast.unit}s are paired"
        return JudgedPrediction(name, expect, "undecided", verdict.word, why)
    differs = isinstance(contrast.result, Interval | FoldInterval) and contrast.result.mean != 0.0
    outcome, why = outcome_of(expect, verdict, differs=differs)
    return JudgedPrediction(name, expect, outcome, verdict.word, why)


def outcome_of(expect: Expect, verdict: Verdict, *, differs: bool = True) -> tuple[Outcome, str]:
    """Return whether a prediction held, and why if the words alone do not say it.

    Parameters
    ----------
    expect
        The expected verdict.
    verdict
        The verdict, of a contrast whose runs are all there.
    differs
        Whether the mean difference is not 0, which alone refutes "inert".

    Returns
    -------
    tuple
        The outcome, and the reason or "".
    """
    word, size = verdict.word, verdict.size
    if word == expect:
        return "held", ""
    if expect == "no meaningful effect" and word == "inert":
        return "held", "the difference is exactly 0"
    if expect == "no meaningful effect" and size == "detectable but negligible":
        return "held", f"{word}, but the whole interval lies within delta"
    if expect == "no meaningful effect" and size == "size uncertain":
        return "undecided", f"{word}, and the interval contains delta"
    if expect == "inert" and word == "inconclusive" and differs:
        return "failed", "the scores differ, so the change is not inert"
    if word == "inconclusive":
        return "undecided", "the verdict is inconclusive"
    return "failed", ""
