"""Notes that a reader has to see before any number of a study."""

from __future__ import annotations

from collections.abc import Iterator

from rpbind.analysis.arms import Arm
from rpbind.analysis.summary import Summary
from rpbind.ledger.records import PROVENANCE_TERMS
from rpbind.wording import collapses, search_words, verdicts, words
from rpbind.wording.alerts import runs_missing


def banners(summary: Summary) -> list[str]:
    """Return the notes: smoke run, missing runs, few seeds, few proteins, collapsed runs, leaks."""
    planned, notes = summary.planned, []
    if summary.plan.smoke:
        notes.append(
            "Smoke run: few seeds and epochs, narrow models. It shows that everything runs; its "
            "numbers and verdicts are no result."
        )
    if summary.interim:
        notes.append(
            "Interim page of a running study: it is written again as runs end. It has no verdicts, "
            "because the planned number of runs is judged once."
        )
    elif summary.done < planned and not runs_missing(summary):
        notes.append(
            f"{planned - summary.done} of {planned} planned runs are not done; see Failures. "
            f"Done: {summary.coverage}."
        )
    if summary.plan.looks:
        notes.append(words.interim_note(summary.plan))
    notes += search_words.extension_notes(summary.plan)
    if not summary.interim and (few := verdicts.screening_note(summary.judged)):
        notes.append(few)
    if bad := collapses.banner(summary.arms):
        notes.append(bad)
    if errors := summary.checks.with_errors:
        notes.append(
            f"Before training, {len(errors)} of {len(summary.checks.rows)} arms had an error "
            f"({', '.join(errors)}). They ran as planned; see Before training."
        )
    if company := summary.checks.see_company:
        notes.append(
            f"In {', '.join(company)}, the score of a window depends on the other windows of its "
            "batch: such a model can count the windows of a locus. Compare it with the control "
            "density, and read the cluster-weighted AUROC."
        )
    part = summary.tuned.part if summary.tuned and not summary.contrasts else "test"
    if few := words.few_proteins(summary.few_clusters, part):
        notes.append(few)
    if summary.plan.split_note:
        notes.append(summary.plan.split_note)
    if summary.plan.split.startswith("random"):
        notes.append(
            "Random split: it leaks, because overlapping windows are in both training and test. "
            "Its scores are in-distribution and never the headline."
        )
    if "_neg-shuffled" in summary.plan.split:
        notes.append(
            "The unbound windows are bound ones with shuffled letters: any sign of real RNA tells "
            "them, so the scores are too high for real sites. Use other negatives for a claim."
        )
    if ahead := [arm for arm in summary.arms if arm.knows_base_rates]:
        notes.append(
            "Pooled AUROC is far above macro over protein clusters, so it shows knowledge of "
            "the proteins' base rates and not of binding: "
            f"{'; '.join(_pooled(arm) for arm in ahead)}."
        )
    return [*notes, *_about_rows(summary), *summary.remarks]


def _about_rows(summary: Summary) -> Iterator[str]:
    """Yield what its rows do not have in common with each other or with the plan."""
    if summary.mixed:
        mixed = [PROVENANCE_TERMS.get(key, key) for key in summary.mixed]
        yield f"The runs differ in {' and '.join(mixed)}; see Provenance."
    if "pieces" in summary.mixed:
        yield (
            "Memory was short in some runs, so their batches went through the model in pieces. "
            "Batch norm and dropout then act on a piece, so arms differ by more than their changes."
        )
    if summary.other_code:
        yield (
            f"The plan was made with code {summary.plan.code}, but some runs with other code: "
            f"{', '.join(f'{code} ({runs} runs)' for code, runs in summary.other_code.items())}"
            f"{_accepted(summary)}."
        )
    if summary.left_out:
        yield (
            f"{summary.left_out} recorded runs have recipes, seeds or data that are not in the "
            "plan; they are left out of this report."
        )


def _accepted(summary: Summary) -> str:
    """Return the note that the user allowed rows of other code; empty if not of all of it."""
    every = set(summary.other_code) <= set(summary.plan.accepted_code)
    return ", which --accept-code-change allowed" if every else ""


def _pooled(arm: Arm) -> str:
    pooled = arm.secondary["test.auroc_pooled"]
    means = [
        words.number(spread.mean) if spread else words.ABSENT for spread in (pooled, arm.headline)
    ]
    return f"{arm.plan.name} {' against '.join(means)}"
