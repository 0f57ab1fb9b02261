"""Claims about an arm, such as that it uses the protein or beats a baseline.

A claim rests on one to three comparisons of the arm with a probe, a control or a baseline, paired
by seed and protein cluster. The answer is a verdict word; only "better" supports the claim.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from rpbind import errors
from rpbind.analysis.planned import PlannedComparison, SeedClusterScores
from rpbind.ledger import ControlPlan, Plan, Row
from rpbind.split_spec import folds_in
from rpbind.statistics.contrast import Result
from rpbind.statistics.table import Runs, cluster_auroc
from rpbind.statistics.verdict import Verdict, Word

Name = Literal[
    "beats the plain baseline",
    "uses the protein",
    "attention helps",
    "sees motifs",
    "beats RNA alone",
]
CLAIM_NAMES: tuple[Name, ...] = get_args(Name)
CONFIRMATORY: tuple[Name, ...] = ("beats the plain baseline",)
"""The claims that a new plan declares as confirmatory; they form a family of their own."""

RNA_ALONE = ("5mer-shared", "rna-degree")
"""Baselines that do not know the protein: a regression on letters, and the share of positives of a
window's overlap cluster in training, which leaks if the split lets a cluster be on both sides."""
PLAIN_BASELINE = "5mer-per-protein"
INERT_BELOW = 1e-5
"""A probe is inert if it changes no probability by more than this (decision 5). Rounding in float32
alone moved provably inert attention by 2.2e-6."""
UNSEEN_PROTEIN_SPLITS = ("cold-protein", "cold-both")
"""Kinds of splits whose test proteins have no homologue in training."""
SEEN_PROTEINS = (
    "training saw every test protein, so this split cannot tell a protein's biology from its "
    "identity"
)


@dataclass(frozen=True)
class ClaimComparison:
    """One comparison behind a claim, with the numbers of paired seeds and protein clusters."""

    minus: str
    result: Result
    verdict: Verdict
    seeds: int
    clusters: int


@dataclass(frozen=True)
class Claim:
    """A claim about an arm and its answer.

    Parameters
    ----------
    name
        Name of the claim.
    answer
        Answer, as the word of a verdict.
    reason
        Why the answer is "inconclusive"; empty otherwise.
    comparisons
        The comparisons that the answer rests on.
    confirmatory
        Whether the plan declares the claim as confirmatory.
    """

    name: Name
    answer: Word
    reason: str
    comparisons: tuple[ClaimComparison, ...]
    confirmatory: bool = False

    @property
    def verdict(self) -> Verdict | None:
        """The first verdict with the word of the answer; None if there is none."""
        same = (c.verdict for c in self.comparisons if c.verdict.word == self.answer)
        return next(same, None)


def protein_encoder(control: ControlPlan) -> str:
    """Return the name of the protein encoder that a control was trained with."""
    return str(control.recipe["proteins"])


def control_note(row: Row) -> str:
    """Return the note on a control: why it has no score, or the advice of its findings."""
    if row.state != "done":
        return f"{row.state}: {errors.reason(row.error)}"
    return "; ".join(finding.advice for finding in row.findings)


def planned_comparisons(
    arm: str, plan: Plan, runs: Runs, control_runs: Runs
) -> dict[Name, list[PlannedComparison]]:
    """Return the comparisons behind every claim of one arm; `control_runs` are of controls."""
    done = [runs[arm, seed] for seed in plan.seeds if (arm, seed) in runs]
    done = [row for row in done if row.state == "done"]
    found: dict[Name, list[PlannedComparison]] = {
        "beats the plain baseline": [
            _against_baseline(PLAIN_BASELINE, arm, done, plan, control_runs)
        ],
        "uses the protein": [
            _against_random(arm, plan, done, control_runs),
            _probed(arm, done, "proteins-shuffled", "the test part has no proteins to exchange"),
        ],
        "attention helps": [_probed(arm, done, "uniform-attention", _no_attention(arm, plan))],
        "sees motifs": [_probed(arm, done, "letters-shuffled", "no run was probed")],
        "beats RNA alone": [
            *_against_constant(arm, done, plan, control_runs),
            *(_against_baseline(name, arm, done, plan, control_runs) for name in RNA_ALONE),
        ],
    }
    folds = folds_in(plan.split)
    return {name: [replace(one, folds=folds) for one in each] for name, each in found.items()}


def _no_attention(arm: str, plan: Plan) -> str:
    """Say why an arm has no scores with uniform attention."""
    recipes = {each.name: each.recipe for each in plan.arms}
    if recipes.get(arm, {}).get("model", {}).get("kind") == "custom":
        return "not applicable: a whole model of one's own, whose attention rpbind cannot change"
    return "the arm has no attention"


def _probed(arm: str, done: list[Row], name: str, absent: str) -> PlannedComparison:
    """Compare the scores of a sample of test windows before and after the probe `name`."""
    moved = [row.metrics.get(f"probe.{name}.moved", np.inf) for row in done]
    mine, other = _scores(done, "probe"), _scores(done, f"probe.{name}")
    reason = absent if mine else "no run is done and probed"
    inert = max(moved, default=np.inf) <= INERT_BELOW
    return PlannedComparison(arm, name.replace("-", " "), mine, other, reason, inert)


def _against_random(arm: str, plan: Plan, done: list[Row], control_runs: Runs) -> PlannedComparison:
    names = [c.name for c in plan.controls if c.of == arm and protein_encoder(c) == "random"]
    rows = [
        control_runs[name, seed]
        for name in names
        for seed in plan.seeds
        if (name, seed) in control_runs
    ]
    reason = "no run with random vectors is done" if names else "not trained with random vectors"
    other = _scores([row for row in rows if row.state == "done"], "test")
    mine, trained = _scores(done, "test"), (*names, "")[0]
    return PlannedComparison(arm, "random vector", mine, other, reason, trained=trained)


def _against_constant(
    arm: str, done: list[Row], plan: Plan, control_runs: Runs
) -> list[PlannedComparison]:
    """Compare with the same network trained with one vector for all proteins, if there is one."""
    comparisons = []
    for control in plan.controls:
        if protein_encoder(control) == "constant":
            rows = [
                control_runs[control.name, s]
                for s in plan.seeds
                if (control.name, s) in control_runs
            ]
            other = _scores([row for row in rows if row.state == "done"], "test")
            reason = f"no run of {control.name} is done"
            mine = _scores(done, "test")
            minus = "one protein for all"
            comparisons.append(
                PlannedComparison(arm, minus, mine, other, reason, trained=control.name)
            )
    return comparisons


def _against_baseline(
    name: str, arm: str, done: list[Row], plan: Plan, control_runs: Runs
) -> PlannedComparison:
    # a baseline does not have seeds; with folds, there is one row per split
    rows = {seed: control_runs.get((name, baseline_seed(plan, seed))) for seed in plan.seeds}
    scores = {seed: cluster_auroc(row) for seed, row in rows.items() if row}
    first = rows[plan.seeds[0]]
    note = control_note(first) if first else "not scored"
    other = {seed: score for seed, score in scores.items() if score}
    mine = _scores(done, "test")
    return PlannedComparison(
        arm, name, mine, other, f"{name}: {note}" if mine else "no run is done"
    )


def baseline_seed(plan: Plan, seed: int) -> int:
    """Return the seed of the baseline's row that has the same test windows as a run."""
    folds = folds_in(plan.split)
    if folds is None:
        return 0
    return seed % folds.folds if folds.name else seed


def _scores(rows: list[Row], part: str) -> SeedClusterScores:
    scores = {row.seed: cluster_auroc(row, part) for row in rows}
    return {seed: score for seed, score in scores.items() if score}
