"""Claims judged in two families of hypotheses, each over all arms of a study.

The claims that a plan declares as confirmatory are one family, so that probes of what a model rests
on take no power from them; all others are exploratory, and the second family. A plan without the
declaration was made before there was one: the comparisons of each of its arms are one family.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rpbind.analysis.claims import (
    CLAIM_NAMES,
    SEEN_PROTEINS,
    UNSEEN_PROTEIN_SPLITS,
    Claim,
    ClaimComparison,
    Name,
    PlannedComparison,
    planned_comparisons,
)
from rpbind.ledger import Plan
from rpbind.statistics.collapse import CollapseRates, collapsed_runs
from rpbind.statistics.contrast import Result
from rpbind.statistics.interim import analysis_number, level_of
from rpbind.statistics.table import Runs
from rpbind.statistics.verdict import Verdict, Word, verdicts

ClaimKey = tuple[str, Name]
"""A claim of an arm."""

ComparisonsByClaim = Mapping[ClaimKey, Sequence[tuple[Result, CollapseRates | None]]]
"""The comparisons behind each claim, each with the collapsed runs behind it."""


def families(
    slots: Sequence[ClaimKey], confirmatory: tuple[str, ...] | None
) -> list[list[ClaimKey]]:
    """Return which claims are corrected together."""
    if confirmatory is None:
        arms = dict.fromkeys(arm for arm, _ in slots)
        return [[slot for slot in slots if slot[0] == arm] for arm in arms]
    return [[slot for slot in slots if (slot[1] in confirmatory) is main] for main in (True, False)]


def judge(asked: ComparisonsByClaim, plan: Plan) -> dict[ClaimKey, list[Verdict]]:
    """Return the verdict of every comparison; each family is held to the study's level."""
    judged: dict[ClaimKey, list[Verdict]] = {}
    for family in families(list(asked), plan.confirmatory):
        flat = [each for slot in family for each in asked[slot]]
        results, counted = [result for result, _ in flat], [rates for _, rates in flat]
        alpha, staged = level_of(analysis_number(plan)), bool(plan.looks)
        told = iter(verdicts(results, plan.delta, alpha, counted, staged=staged))
        judged |= {slot: [next(told) for _ in asked[slot]] for slot in family}
    return judged


def judge_claims(
    arms: Sequence[str], plan: Plan, runs: Runs, kept: Runs
) -> dict[str, tuple[Claim, ...]]:
    """Return the claims of some arms, judged; `kept` are the rows of the controls."""
    controls = {control.name for control in plan.controls}
    bad = collapsed_runs({**runs, **{key: row for key, row in kept.items() if key[0] in controls}})
    asked: dict[ClaimKey, list[PlannedComparison]] = {}
    for arm in arms:
        asked |= {
            (arm, name): each for name, each in planned_comparisons(arm, plan, runs, kept).items()
        }
    judged = judge(
        {slot: [(one.result, one.rates(bad)) for one in each] for slot, each in asked.items()}, plan
    )
    return {
        arm: tuple(_claim(name, asked[arm, name], judged[arm, name], plan) for name in CLAIM_NAMES)
        for arm in arms
    }


def _claim(name: Name, asked: list[PlannedComparison], judged: list[Verdict], plan: Plan) -> Claim:
    comparisons = tuple(map(_comparison, asked, judged))
    seen_only = name == "uses the protein" and not plan.split.startswith(UNSEEN_PROTEIN_SPLITS)
    answer, reason = _answer(comparisons, SEEN_PROTEINS if seen_only else "")
    return Claim(name, answer, reason, comparisons, name in (plan.confirmatory or ()))


def _comparison(asked: PlannedComparison, verdict: Verdict) -> ClaimComparison:
    seeds, clusters = asked.table
    return ClaimComparison(asked.minus, asked.result, verdict, len(seeds), len(clusters))


def _answer(comparisons: tuple[ClaimComparison, ...], unless: str) -> tuple[Word, str]:
    """A claim is refuted by one comparison, and supported only by all; `unless` leaves it open."""
    for comparison in comparisons:
        if comparison.verdict.word not in ("better", "inconclusive"):
            return comparison.verdict.word, ""
    for comparison in comparisons:
        if comparison.verdict.word == "inconclusive":
            return "inconclusive", comparison.verdict.reason.removeprefix("unattainable: ")
    return ("inconclusive", unless) if unless else ("better", "")
