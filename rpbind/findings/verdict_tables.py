"""The tables of what a study compares: verdicts, predictions, factorial effects, claims."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rpbind.analysis.summary import Summary
from rpbind.analysis.tuned import TunedContrast
from rpbind.findings.table import Table, table
from rpbind.statistics.contrast import Inert, Interval, Unattainable
from rpbind.statistics.factorial import Estimate
from rpbind.statistics.folds import FoldInterval
from rpbind.statistics.verdict import Verdict
from rpbind.wording import collapses, verdicts

AUROC = "AUROC"
INTERVAL = (
    ("difference", "mean difference over pairs and protein clusters", AUROC),
    ("low", "lower end of the Holm-adjusted interval, cut at the smallest possible", AUROC),
    ("high", "upper end of the Holm-adjusted interval, cut at the largest possible", AUROC),
    ("level", "confidence level of this interval"),
    ("p", "Holm-adjusted p"),
)
"""Columns of every judged comparison."""


def interval_of(verdict: Verdict) -> tuple[float | None, ...]:
    """Return the values of the columns `INTERVAL` for a verdict."""
    low, high = verdict.possible_ci or (None, None)
    level = None if verdict.ci is None else 1 - verdict.alpha
    return verdict.mean, low, high, level, verdict.p


def verdict_tables(summary: Summary) -> Iterator[Table]:
    """Yield the tables of comparisons; those without a row, too.

    Parameters
    ----------
    summary
        The study.

    Yields
    ------
    Table
        Verdicts, differences per protein cluster, predictions, effects and claims.
    """
    yield _verdicts(summary)
    yield _by_cluster(summary)
    yield table(
        "predictions",
        "Predictions that were written down before the study ran",
        (
            ("contrast", "name of the contrast"),
            ("expected", "the expected verdict"),
            ("found", "the verdict; empty while there is none"),
            ("outcome", "held, failed or undecided"),
            ("why", "why it is undecided, or why the outcome may surprise"),
        ),
        ((p.contrast, p.expect, p.found, p.outcome, p.why) for p in summary.predictions),
    )
    yield _effects(summary)
    yield _claims(summary)


def _verdicts(summary: Summary) -> Table:
    part = summary.tuned.part if summary.tuned else "test"
    rows = []
    for contrast in summary.judged:
        verdict, paired = contrast.verdict, contrast.paired
        tuned = isinstance(contrast, TunedContrast)
        rows.append(
            (
                paired.contrast.name,
                paired.contrast.arm,
                paired.contrast.reference,
                part if tuned else "test",
                *interval_of(verdict),
                *(verdicts.equivalence_interval(contrast) or (None, None)),
                1 - 2 * verdict.overall,
                verdict.word,
                verdict.size,
                paired.n,
                paired.planned,
                contrast.unit,
                len(paired.clusters),
                contrast.is_screening,
                verdicts.reason(contrast, summary.plan.delta),
                collapses.contrast_note(verdict),
                "" if isinstance(contrast, TunedContrast) else contrast.change,
            )
        )
    columns = (
        ("contrast", "name of the contrast"),
        ("arm", "the arm"),
        ("reference", "what it is compared with"),
        ("part", "part of the split on which the AUROCs were measured"),
        *INTERVAL,
        ("equivalence_low", "lower end of the interval that decides on equivalence", AUROC),
        ("equivalence_high", "upper end of the interval that decides on equivalence", AUROC),
        ("equivalence_level", "confidence level of this interval"),
        ("verdict", "better, worse, no meaningful effect, inert or inconclusive"),
        ("size", "of better and worse: how the interval lies relative to delta"),
        ("n", "number of pairs"),
        ("planned", "number of planned pairs"),
        ("unit", "what is paired"),
        ("clusters", "number of protein clusters"),
        ("screening", "whether so few are paired that it shows only what to examine next"),
        ("why", "the reason of a verdict other than better and worse"),
        ("collapses", "what collapsed runs did to it"),
        ("change", "what was changed from the reference to the arm"),
    )
    return table("verdicts", "Differences of AUROC, arm minus reference", columns, rows)


def _by_cluster(summary: Summary) -> Table:
    return table(
        "cluster_differences",
        "Difference of test AUROC per contrast and protein cluster, mean over pairs",
        (
            ("contrast", "name of the contrast"),
            ("cluster", "number of the protein cluster"),
            ("proteins", "names of its proteins"),
            ("difference", "arm minus reference", AUROC),
        ),
        (
            (c.paired.contrast.name, cluster, summary.clusters.get(cluster, ""), difference)
            for c in summary.contrasts
            for cluster, difference in c.paired.by_cluster.items()
        ),
    )


def _effects(summary: Summary) -> Table:
    factorial = summary.factorial
    rows: list[tuple[Any, ...]] = []
    if factorial is not None:
        rows += [("Shapley value", *_estimate(each)) for each in factorial.shapley]
        rows += [("interaction", *_estimate(each)) for each in factorial.further]
    return table(
        "effects",
        "Effects of a factorial design without a verdict, with 95 % intervals",
        (
            ("kind", "Shapley value or interaction"),
            ("effect", "the changes"),
            ("estimate", "the effect", AUROC),
            ("low", "lower end of the unadjusted 95 % interval", AUROC),
            ("high", "upper end of the unadjusted 95 % interval", AUROC),
            ("aliases", "effects that cannot be separated from it"),
            ("why", "why there is no interval"),
        ),
        rows,
    )


def _estimate(each: Estimate) -> tuple[Any, ...]:
    result, low, high, why = each.result, None, None, ""
    mean = None if isinstance(result, Inert) else result.mean
    if isinstance(result, Interval | FoldInterval):
        low, high = (max(min(end, result.bound), -result.bound) for end in result.ci())
    elif isinstance(result, Unattainable):
        why = result.reason
    else:
        mean, why = 0.0, "inert"
    return each.name, mean, low, high, "; ".join(each.aliases), why


def _claims(summary: Summary) -> Table:
    return table(
        "claims",
        "Claims on each arm, and the comparisons that they rest on",
        (
            ("arm", "the arm"),
            ("claim", "what is claimed"),
            ("answer", "the verdict on the claim; only better supports it"),
            ("confirmatory", "whether the plan declares it as confirmatory"),
            ("minus", "what the arm is compared with"),
            *INTERVAL,
            ("verdict", "verdict of this comparison"),
            ("n", "number of paired seeds"),
            ("clusters", "number of protein clusters"),
            ("why", "why it has no verdict"),
        ),
        (
            (
                arm,
                claim.name,
                claim.answer,
                claim.confirmatory,
                one.minus,
                *interval_of(one.verdict),
                one.verdict.word,
                one.seeds,
                one.clusters,
                one.verdict.reason,
            )
            for arm, claims in summary.controls.claims.items()
            for claim in claims
            for one in claim.comparisons
        ),
    )
