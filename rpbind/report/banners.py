"""What a reader must know of a study before any of its numbers."""

from __future__ import annotations

from collections.abc import Iterator

from rpbind.analysis.arms import Arm
from rpbind.analysis.summary import Summary
from rpbind.ledger.records import PROVENANCE_TERMS
from rpbind.report import collapses, verdicts, words


def banners(summary: Summary) -> list[str]:
    """What a reader must know before any number: few seeds, few proteins, missing runs, leaks."""
    planned, told = summary.planned, []
    if summary.done < planned:
        told.append(
            f"{planned - summary.done} of {planned} planned runs are not done; see Failures. "
            f"Done: {summary.coverage}."
        )
    if summary.plan.looks:
        told.append(words.interim_note(summary.plan))
    told += words.extended(summary.plan)
    if few := verdicts.screening(summary.judged):
        told.append(few)
    if bad := collapses.banner(summary.arms):
        told.append(bad)
    if errors := summary.checks.with_errors:
        told.append(
            f"Before training, {len(errors)} of {len(summary.checks.rows)} arms had an error "
            f"({', '.join(errors)}). They ran as planned; see Before training."
        )
    part = summary.tuned.part if summary.tuned and not summary.contrasts else "test"
    if few := words.few_proteins(summary.few_clusters, part):
        told.append(few)
    if summary.plan.split_note:
        told.append(summary.plan.split_note)
    if summary.plan.split.startswith("random"):
        told.append("Random split: in-distribution. It leaks, and is never the headline.")
    if ahead := [arm for arm in summary.arms if arm.knows_base_rates]:
        told.append(
            "Pooled AUROC is far above the mean over protein clusters, so it shows knowledge of "
            "the proteins' base rates and not of binding: "
            f"{'; '.join(_pooled(arm) for arm in ahead)}."
        )
    return [*told, *_of_rows(summary), *summary.remarks]


def _of_rows(summary: Summary) -> Iterator[str]:
    """What its rows do not share, or are not the plan's."""
    if summary.mixed:
        mixed = [PROVENANCE_TERMS.get(key, key) for key in summary.mixed]
        yield f"The runs do not share one {' and one '.join(mixed)}; see Provenance."
    if "pieces" in summary.mixed:
        yield (
            "Memory was short in some runs, and their batches went through the model in pieces: "
            "batch norm and dropout are those of a piece, so arms differ by more than they name."
        )
    if summary.other_code:
        yield (
            f"The plan was made with the code {summary.plan.code}, and runs were with "
            f"{', '.join(f'{code} ({runs})' for code, runs in summary.other_code.items())}"
            f"{_accepted(summary)}."
        )
    if summary.left_out:
        yield (
            f"{summary.left_out} recorded runs of other recipes, seeds or data than the plan's are "
            "left out of this page."
        )


def _accepted(summary: Summary) -> str:
    """Say that the user went on with rows of other code knowingly."""
    every = set(summary.other_code) <= set(summary.plan.accepted_code)
    return ", which --accept-code-change allowed" if every else ""


def _pooled(arm: Arm) -> str:
    pooled = arm.secondary["test.auroc_pooled"]
    means = [
        words.number(spread.mean) if spread else words.ABSENT for spread in (pooled, arm.headline)
    ]
    return f"{arm.plan.name} {' against '.join(means)}"
