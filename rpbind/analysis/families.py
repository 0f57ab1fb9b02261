"""Verdicts on claims, in two families of hypotheses that are corrected separately over all arms.

The claims that a plan declares as confirmatory form one family, so that the exploratory claims do
not cost them power; all other claims form the second one. Plans of earlier versions declare
nothing: there, the comparisons of each arm form a family.
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
    planned_comparisons,
)
from rpbind.analysis.planned import PlannedComparison
from rpbind.ledger import Plan
from rpbind.statistics.collapse import CollapseRates, collapsed_runs
from rpbind.statistics.contrast import Result
from rpbind.statistics.interim import analysis_number, level_of
from rpbind.statistics.table import Runs
from rpbind.statistics.verdict import Verdict, Word, verdicts

ClaimKey = tuple[str, Name]
"""(arm, name of a claim)."""

ComparisonsByClaim = Mapping[ClaimKey, Sequence[tuple[Result, CollapseRates | None]]]
"""The comparisons behind each claim, each with its collapse rates."""


def families(
    keys: Sequence[ClaimKey], confirmatory: tuple[str, ...] | None
) -> list[list[ClaimKey]]:
    """Return the families: lists of the claims that are corrected together."""
    if confirmatory is None:
        arms = dict.fromkeys(arm for arm, _ in keys)
        return [[key for key in keys if key[0] == arm] for arm in arms]
    return [[key for key in keys if (key[1] in confirmatory) is main] for main in (True, False)]


def judge(comparisons: ComparisonsByClaim, plan: Plan) -> dict[ClaimKey, list[Verdict]]:
    """Return the verdict of every comparison; each family has the study's level."""
    judged: dict[ClaimKey, list[Verdict]] = {}
    for family in families(list(comparisons), plan.confirmatory):
        flat = [each for key in family for each in comparisons[key]]
        results, counted = [result for result, _ in flat], [rates for _, rates in flat]
        alpha, staged = level_of(analysis_number(plan)), bool(plan.looks)
        found = iter(verdicts(results, plan.delta, alpha, counted, staged=staged))
        judged |= {key: [next(found) for _ in comparisons[key]] for key in family}
    return judged


def judge_claims(
    arms: Sequence[str], plan: Plan, runs: Runs, control_runs: Runs
) -> dict[str, tuple[Claim, ...]]:
    """Return the claims of these arms with their answers; `control_runs` are of controls."""
    controls = {control.name for control in plan.controls}
    trained = {key: row for key, row in control_runs.items() if key[0] in controls}
    collapsed = collapsed_runs({**runs, **trained})
    planned: dict[ClaimKey, list[PlannedComparison]] = {}
    for arm in arms:
        by_claim = planned_comparisons(arm, plan, runs, control_runs)
        planned |= {(arm, name): comparisons for name, comparisons in by_claim.items()}
    results = {
        key: [(each.result, each.rates(collapsed)) for each in comparisons]
        for key, comparisons in planned.items()
    }
    judged = judge(results, plan)
    return {
        arm: tuple(
            _claim(name, planned[arm, name], judged[arm, name], plan) for name in CLAIM_NAMES
        )
        for arm in arms
    }


def _claim(
    name: Name, planned: list[PlannedComparison], judged: list[Verdict], plan: Plan
) -> Claim:
    comparisons = tuple(map(_comparison, planned, judged))
    seen_only = name == "uses the protein" and not plan.split.startswith(UNSEEN_PROTEIN_SPLITS)
    answer, reason = _answer(comparisons, SEEN_PROTEINS if seen_only else "")
    return Claim(name, answer, reason, comparisons, name in (plan.confirmatory or ()))


def _comparison(planned: PlannedComparison, verdict: Verdict) -> ClaimComparison:
    seeds, clusters = planned.table
    return ClaimComparison(planned.minus, planned.result, verdict, len(seeds), len(clusters))


def _answer(comparisons: tuple[ClaimComparison, ...], unless: str) -> tuple[Word, str]:
    """Return answer and reason: one comparison can refute a claim, only all together support it.

    A reason in `unless` turns "better" into "inconclusive".
    """
    for comparison in comparisons:
        if comparison.verdict.word not in ("better", "inconclusive"):
            return comparison.verdict.word, ""
    for comparison in comparisons:
        if comparison.verdict.word == "inconclusive":
            return "inconclusive", comparison.verdict.reason.removeprefix("unattainable: ")
    return ("inconclusive", unless) if unless else ("better", "")
