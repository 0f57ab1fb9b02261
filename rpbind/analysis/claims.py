"""What is claimed of an arm: its runs minus the same with one thing taken away.

A claim is answered in the verdict's words by a few comparisons, paired by seed and protein cluster,
with a probe, a control or a baseline. "better" is what supports it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from rpbind.errors import reason
from rpbind.ledger import ControlPlan, Plan, Row
from rpbind.statistics.collapse import CollapseRates, Key, collapse_rates
from rpbind.statistics.contrast import Inert, Result, Unattainable, two_way
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
"""What a new plan declares: its arms are held to it in a family of hypotheses of its own."""

RNA_ALONE = ("5mer-shared", "rna-degree")
"""What letters say, and what a memory of the windows says where a split lets them be met again."""
PLAIN_BASELINE = "5mer-per-protein"
INERT_BELOW = 1e-5
"""An intervention that changes no probability by more than this is inert: two such scores are one
(decision 5). Rounding in float32 alone moved provably inert attention by 2.2e-6."""
UNSEEN_PROTEIN_SPLITS = ("cold-protein", "cold-both")
"""Splits whose test proteins have no homologue in training."""
SEEN_PROTEINS = (
    "training saw every test protein: this split cannot tell a protein's biology from its identity"
)

SeedClusterScores = dict[int, dict[int, float]]
"""{seed: {protein cluster: AUROC}}."""


@dataclass(frozen=True)
class ClaimComparison:
    """One comparison behind a claim, over `seeds` runs and `clusters` protein clusters."""

    minus: str
    result: Result
    verdict: Verdict
    seeds: int
    clusters: int


@dataclass(frozen=True)
class Claim:
    """What is claimed of an arm, the answer in the rule's words, and what it rests on."""

    name: Name
    answer: Word
    reason: str
    comparisons: tuple[ClaimComparison, ...]
    confirmatory: bool = False

    @property
    def verdict(self) -> Verdict | None:
        """The verdict that the answer repeats; None where it repeats none."""
        said = (c.verdict for c in self.comparisons if c.verdict.word == self.answer)
        return next(said, None)


def protein_encoder(control: ControlPlan) -> str:
    """Return the protein encoder that a control was trained with."""
    return str(control.recipe["proteins"])


@dataclass(frozen=True)
class PlannedComparison:
    """A comparison to be judged: whose scores, minus what, and why there may be none.

    `trained` is the control that the other scores are of, where it was trained.
    """

    arm: str
    minus: str
    mine: SeedClusterScores
    other: SeedClusterScores
    absent: str
    inert: bool = False
    trained: str = ""

    @property
    def table(self) -> tuple[list[int], list[int]]:
        """The seeds that both have, and the clusters that have an AUROC in all of them."""
        seeds = sorted(self.mine.keys() & self.other.keys())
        every = [scores[seed].keys() for scores in (self.mine, self.other) for seed in seeds]
        return seeds, sorted(set[int]().union(*every).intersection(*every)) if every else []

    @property
    def d_SG(self) -> NDArray[np.float64]:
        """The differences per seed and protein cluster."""
        seeds, clusters = self.table
        d_SG = [[self.mine[s][c] - self.other[s][c] for c in clusters] for s in seeds]
        return np.array(d_SG, dtype=np.float64).reshape(len(seeds), len(clusters))

    @property
    def result(self) -> Result:
        """The two-way interval, or why there is none."""
        if not self.table[0]:
            return Unattainable(None, self.absent)
        return Inert() if self.inert else two_way(self.d_SG)

    def rates(self, bad: frozenset[Key]) -> CollapseRates:
        """The collapsed runs behind it: of the arm, and of a control that was trained."""
        weights = {self.arm: 1.0} | ({self.trained: -1.0} if self.trained else {})
        return collapse_rates(weights, self.table[0], self.d_SG, bad)


def control_note(row: Row) -> str:
    """Return what a control's row says of itself: why it has no score, or what was flagged."""
    if row.state != "done":
        return f"{row.state}: {reason(row.error)}"
    return "; ".join(finding.advice for finding in row.findings)


def planned_comparisons(
    arm: str, plan: Plan, runs: Runs, kept: Runs
) -> dict[Name, list[PlannedComparison]]:
    """Return the comparisons behind every claim of one arm; `kept` are the rows of controls."""
    done = [runs[arm, seed] for seed in plan.seeds if (arm, seed) in runs]
    done = [row for row in done if row.state == "done"]
    return {
        "beats the plain baseline": [_against_baseline(PLAIN_BASELINE, arm, done, plan, kept)],
        "uses the protein": [
            _against_random(arm, plan, done, kept),
            _probed(arm, done, "proteins-shuffled", "the test part has no proteins to exchange"),
        ],
        "attention helps": [_probed(arm, done, "uniform-attention", "the arm has no attention")],
        "sees motifs": [_probed(arm, done, "letters-shuffled", "no run was probed")],
        "beats RNA alone": [
            *_against_constant(arm, done, plan, kept),
            *(_against_baseline(name, arm, done, plan, kept) for name in RNA_ALONE),
        ],
    }


def _probed(arm: str, done: list[Row], name: str, absent: str) -> PlannedComparison:
    """Compare the sample of test windows as it is with the same after an intervention."""
    moved = [row.metrics.get(f"probe.{name}.moved", np.inf) for row in done]
    mine, other = _scores(done, "probe"), _scores(done, f"probe.{name}")
    told = absent if mine else "no run is done and probed"
    inert = max(moved, default=np.inf) <= INERT_BELOW
    return PlannedComparison(arm, name.replace("-", " "), mine, other, told, inert)


def _against_random(arm: str, plan: Plan, done: list[Row], kept: Runs) -> PlannedComparison:
    names = [c.name for c in plan.controls if c.of == arm and protein_encoder(c) == "random"]
    rows = [kept[name, seed] for name in names for seed in plan.seeds if (name, seed) in kept]
    told = "no run with random vectors is done" if names else "not trained with random vectors"
    other = _scores([row for row in rows if row.state == "done"], "test")
    mine, trained = _scores(done, "test"), (*names, "")[0]
    return PlannedComparison(arm, "random vector", mine, other, told, trained=trained)


def _against_constant(arm: str, done: list[Row], plan: Plan, kept: Runs) -> list[PlannedComparison]:
    """Compare with the network that sees the RNA alone, where the study trains one."""
    asked = []
    for control in plan.controls:
        if protein_encoder(control) == "constant":
            rows = [kept[control.name, s] for s in plan.seeds if (control.name, s) in kept]
            other = _scores([row for row in rows if row.state == "done"], "test")
            told = f"no run of {control.name} is done"
            mine = _scores(done, "test")
            minus = "one protein for all"
            asked.append(PlannedComparison(arm, minus, mine, other, told, trained=control.name))
    return asked


def _against_baseline(
    name: str, arm: str, done: list[Row], plan: Plan, kept: Runs
) -> PlannedComparison:
    row = kept.get((name, 0))
    score = cluster_auroc(row) if row else {}
    told = control_note(row) if row else "not scored"
    other = dict.fromkeys(plan.seeds, score) if score else {}  # a baseline knows no seed
    mine = _scores(done, "test")
    return PlannedComparison(
        arm, name, mine, other, f"{name}: {told}" if mine else "no run is done"
    )


def _scores(rows: list[Row], part: str) -> SeedClusterScores:
    scores = {row.seed: cluster_auroc(row, part) for row in rows}
    return {seed: score for seed, score in scores.items() if score}
