"""Predictions about contrasts: which verdicts make them hold, fail, or leave them undecided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from toy_ledger import plan, row

from rpbind.analysis.predictions import outcome_of
from rpbind.analysis.summary import summarise
from rpbind.ledger import PredictionPlan
from rpbind.ledger.plan_records import Expect
from rpbind.statistics.verdict import Size, Verdict, Word

CASES: list[tuple[Expect, Word, Size | None, str]] = [
    ("better", "better", "meaningful", "held"),
    ("better", "better", "detectable but negligible", "held"),
    ("better", "worse", "meaningful", "failed"),
    ("better", "no meaningful effect", None, "failed"),
    ("better", "inert", None, "failed"),
    ("better", "inconclusive", None, "undecided"),
    ("worse", "worse", "size uncertain", "held"),
    ("worse", "better", "meaningful", "failed"),
    ("worse", "inconclusive", None, "undecided"),
    ("no meaningful effect", "no meaningful effect", None, "held"),
    ("no meaningful effect", "inert", None, "held"),
    ("no meaningful effect", "better", "detectable but negligible", "held"),
    ("no meaningful effect", "worse", "size uncertain", "undecided"),
    ("no meaningful effect", "worse", "meaningful", "failed"),
    ("no meaningful effect", "inconclusive", None, "undecided"),
    ("inert", "inert", None, "held"),
    ("inert", "no meaningful effect", None, "failed"),
    ("inert", "better", "meaningful", "failed"),
    ("inert", "inconclusive", None, "failed"),
]


@pytest.mark.parametrize(("expect", "word", "size", "outcome"), CASES)
def test_a_prediction_holds_or_fails_by_the_verdict(
    expect: Expect, word: Word, size: Size | None, outcome: str
) -> None:
    assert outcome_of(expect, Verdict(word, size))[0] == outcome


def test_an_inert_change_stays_undecided_where_no_difference_was_seen() -> None:
    assert outcome_of("inert", Verdict("inconclusive"), differs=False)[0] == "undecided"


def judged(rows: list[Any], *predictions: tuple[str, Expect], **changes: Any) -> dict[str, Any]:
    made = plan(
        predictions=tuple(PredictionPlan(contrast=c, expect=e) for c, e in predictions), **changes
    )
    return {each.contrast: each for each in summarise(made, rows, []).predictions}


def test_runs_that_are_missing_leave_a_prediction_undecided_and_are_counted() -> None:
    names = [contrast.name for contrast in plan().contrasts]
    arms = [arm.name for arm in plan().arms]
    rows = [row(arm, 0, {"1_a": 0.5, "2_b": 0.6}) for arm in arms]
    (found,) = judged(rows, (names[0], "inert")).values()
    assert found.outcome == "undecided"
    assert "1 of 2 seeds" in found.why
    rows += [row(arm, 1, {"1_a": 0.5, "2_b": 0.6}) for arm in arms]
    (whole,) = judged(rows, (names[0], "inert")).values()
    assert (whole.outcome, whole.found) == ("held", "inert")


def test_a_contrast_without_a_verdict_leaves_its_prediction_undecided() -> None:
    (found,) = judged([], ("a search's contrast", "better"), contrasts=()).values()
    assert (found.outcome, found.found) == ("undecided", "")


def test_a_plan_of_an_earlier_version_has_no_predictions(tmp_path: Path) -> None:
    old = plan().model_dump(mode="json")
    del old["predictions"]
    assert type(plan()).model_validate(old).predictions == ()
