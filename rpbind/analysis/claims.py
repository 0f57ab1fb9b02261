"""What is claimed of an arm, judged: its runs minus the same with one thing taken away.

A claim is answered in the verdict's words by a few comparisons, paired by seed and protein cluster,
with a probe, a control or a baseline. "better" is what supports it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from rpbind.analysis.contrast import Inert, Result, Unattainable, two_way
from rpbind.analysis.looks import level, look_of
from rpbind.analysis.table import Runs, cluster_auroc
from rpbind.analysis.verdict import Verdict, Word, verdicts
from rpbind.errors import reason
from rpbind.ledger import ControlPlan, Plan, Row

Name = Literal[
    "uses the protein",
    "attention helps",
    "sees motifs",
    "beats RNA alone",
    "beats the plain baseline",
]
NAMES: tuple[Name, ...] = get_args(Name)

RNA_ALONE = ("5mer-shared", "rna-degree")
"""What letters say, and what a memory of the windows says where a split lets them be met again."""
PLAIN_BASELINE = "5mer-per-protein"
MOVED = 1e-5
"""An intervention that changes no probability by more than this is inert: two such scores are one
(decision 5). Rounding in float32 alone moved provably inert attention by 2.2e-6."""
UNSEEN = ("cold-protein", "cold-both")
"""Splits whose test proteins have no homologue in training."""
SEEN_ONLY = (
    "training saw every test protein: this split cannot tell a protein's biology from its identity"
)

Scores = dict[int, dict[int, float]]
"""{seed: {protein cluster: AUROC}}."""


@dataclass(frozen=True)
class Comparison:
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
    comparisons: tuple[Comparison, ...]


def vectors_of(control: ControlPlan) -> str:
    """Return the protein encoder that a control was trained with."""
    return str(control.recipe["proteins"])


@dataclass(frozen=True)
class _Asked:
    """A comparison to be judged: whose scores, minus what, and why there may be none."""

    minus: str
    mine: Scores
    other: Scores
    absent: str
    inert: bool = False

    @property
    def table(self) -> tuple[list[int], list[int]]:
        """The seeds that both have, and the clusters that have an AUROC in all of them."""
        seeds = sorted(self.mine.keys() & self.other.keys())
        every = [scores[seed].keys() for scores in (self.mine, self.other) for seed in seeds]
        return seeds, sorted(set[int]().union(*every).intersection(*every)) if every else []

    @property
    def result(self) -> Result:
        """The two-way interval, or why there is none."""
        seeds, clusters = self.table
        if not seeds:
            return Unattainable(None, self.absent)
        if self.inert:
            return Inert()
        d_SG = [[self.mine[s][c] - self.other[s][c] for c in clusters] for s in seeds]
        return two_way(np.array(d_SG, dtype=np.float64).reshape(len(seeds), len(clusters)))


def note_of(row: Row) -> str:
    """Return what a control's row says of itself: why it has no score, or what was flagged."""
    if row.state != "done":
        return f"{row.state}: {reason(row.error)}"
    return "; ".join(finding.advice for finding in row.findings)


def claims_of(arm: str, plan: Plan, runs: Runs, kept: Runs) -> tuple[Claim, ...]:
    """Return the claims of one arm, judged; Holm over all of its comparisons."""
    asked = _asked(arm, plan, runs, kept)
    flat = [comparison for several in asked.values() for comparison in several]
    results = [comparison.result for comparison in flat]
    judged = iter(verdicts(results, plan.delta, level(look_of(plan))))
    claims = []
    for name, several in asked.items():
        comparisons = tuple(_comparison(one, next(judged)) for one in several)
        seen_only = name == "uses the protein" and not plan.split.startswith(UNSEEN)
        answer, reason = _answer(comparisons, SEEN_ONLY if seen_only else "")
        claims.append(Claim(name, answer, reason, comparisons))
    return tuple(claims)


def _asked(arm: str, plan: Plan, runs: Runs, kept: Runs) -> dict[Name, list[_Asked]]:
    done = [runs[arm, seed] for seed in plan.seeds if (arm, seed) in runs]
    done = [row for row in done if row.state == "done"]
    return {
        "uses the protein": [
            _against_random(arm, plan, done, kept),
            _probed(done, "proteins-shuffled", "the test part has no proteins to exchange"),
        ],
        "attention helps": [_probed(done, "uniform-attention", "the arm has no attention")],
        "sees motifs": [_probed(done, "letters-shuffled", "no run was probed")],
        "beats RNA alone": [
            *_against_constant(done, plan, kept),
            *(_against_baseline(name, done, plan, kept) for name in RNA_ALONE),
        ],
        "beats the plain baseline": [_against_baseline(PLAIN_BASELINE, done, plan, kept)],
    }


def _probed(done: list[Row], name: str, absent: str) -> _Asked:
    """Compare the sample of test windows as it is with the same after an intervention."""
    moved = [row.metrics.get(f"probe.{name}.moved", np.inf) for row in done]
    mine, other = _scores(done, "probe"), _scores(done, f"probe.{name}")
    told = absent if mine else "no run is done and probed"
    return _Asked(name.replace("-", " "), mine, other, told, max(moved, default=np.inf) <= MOVED)


def _against_random(arm: str, plan: Plan, done: list[Row], kept: Runs) -> _Asked:
    names = [c.name for c in plan.controls if c.of == arm and vectors_of(c) == "random"]
    rows = [kept[name, seed] for name in names for seed in plan.seeds if (name, seed) in kept]
    told = "no run with random vectors is done" if names else "not trained with random vectors"
    other = _scores([row for row in rows if row.state == "done"], "test")
    return _Asked("random vector", _scores(done, "test"), other, told)


def _against_constant(done: list[Row], plan: Plan, kept: Runs) -> list[_Asked]:
    """Compare with the network that sees the RNA alone, where the study trains one."""
    asked = []
    for control in plan.controls:
        if vectors_of(control) == "constant":
            rows = [kept[control.name, s] for s in plan.seeds if (control.name, s) in kept]
            other = _scores([row for row in rows if row.state == "done"], "test")
            told = f"no run of {control.name} is done"
            asked.append(_Asked("one protein for all", _scores(done, "test"), other, told))
    return asked


def _against_baseline(name: str, done: list[Row], plan: Plan, kept: Runs) -> _Asked:
    row = kept.get((name, 0))
    score = cluster_auroc(row) if row else {}
    told = note_of(row) if row else "not scored"
    other = dict.fromkeys(plan.seeds, score) if score else {}  # a baseline knows no seed
    mine = _scores(done, "test")
    return _Asked(name, mine, other, f"{name}: {told}" if mine else "no run is done")


def _scores(rows: list[Row], part: str) -> Scores:
    scores = {row.seed: cluster_auroc(row, part) for row in rows}
    return {seed: score for seed, score in scores.items() if score}


def _comparison(asked: _Asked, verdict: Verdict) -> Comparison:
    seeds, clusters = asked.table
    return Comparison(asked.minus, asked.result, verdict, len(seeds), len(clusters))


def _answer(comparisons: tuple[Comparison, ...], unless: str) -> tuple[Word, str]:
    """A claim is refuted by one comparison, and supported only by all; `unless` leaves it open."""
    for comparison in comparisons:
        if comparison.verdict.word not in ("better", "inconclusive"):
            return comparison.verdict.word, ""
    for comparison in comparisons:
        if comparison.verdict.word == "inconclusive":
            return "inconclusive", comparison.verdict.reason.removeprefix("unattainable: ")
    return ("inconclusive", unless) if unless else ("better", "")
