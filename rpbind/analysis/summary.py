"""Everything that a report says about a study, computed once from its plan and its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rpbind.analysis.arms import Arm, prevalence, summarise_arm
from rpbind.analysis.checks import Checks, check_ups
from rpbind.analysis.controls import Controls, summarise_controls
from rpbind.analysis.record import (
    Cost,
    Failure,
    FindingGroup,
    cost,
    failures,
    group_findings,
    provenance,
)
from rpbind.analysis.tuned import Tuned, TunedContrast, summarise_tuned
from rpbind.analysis.winners import (
    arms_without_winner,
    open_runs,
    required_runs,
    rows_of_other_plans,
)
from rpbind.ledger import Call, Ledger, Plan, Row
from rpbind.ledger.calls import calls
from rpbind.ledger.remarks import remarks
from rpbind.ledger.scores import ProteinScores
from rpbind.ledger.trials import SearchResult
from rpbind.recipe import Recipe
from rpbind.statistics.averages import Averages
from rpbind.statistics.collapse import Key, collapsed_runs, rates
from rpbind.statistics.contrast import Result
from rpbind.statistics.coverage import NOTHING, Open, coverage, opened
from rpbind.statistics.factorial import Factorial, summarise_factorial
from rpbind.statistics.looks import level, look_of
from rpbind.statistics.table import Paired, Runs, pair, planned_runs, weights_of
from rpbind.statistics.trend import of_trials, with_trend
from rpbind.statistics.verdict import FEW_CLUSTERS, SCREENING_SEEDS, Verdict, verdicts

if TYPE_CHECKING:
    from rpbind.analysis.importance import Importance

SHARED_PROVENANCE = (
    "dataset",
    "split",
    "bank",
    "code",
    "torch",
    "device",
    "threads",
    "workers",
    "pieces",
)
"""What all runs of a study must share to be compared."""


@dataclass(frozen=True)
class Contrast:
    """One comparison with its verdict; `diff` is {knob: (arm's value, reference's value)}."""

    paired: Paired
    result: Result
    verdict: Verdict
    change: str
    diff: dict[str, tuple[Any, Any]]

    @property
    def screening(self) -> bool:
        """Whether so few seeds are paired that the verdict only says what to look at next."""
        return self.paired.n <= SCREENING_SEEDS

    @property
    def unit(self) -> str:
        """What is paired."""
        return "seed"


@dataclass(frozen=True)
class Summary:
    """A study's contrasts, arms, trials and bookkeeping."""

    plan: Plan
    contrasts: tuple[Contrast, ...]
    arms: tuple[Arm, ...]
    clusters: dict[int, str]
    prevalence: float | None
    factorial: Factorial | None
    tuned: Tuned | None
    importances: tuple[Importance, ...]
    controls: Controls
    failures: tuple[Failure, ...]
    checks: Checks
    findings: tuple[FindingGroup, ...]
    provenance: dict[str, dict[str, int]]
    cost: Cost
    left_out: int
    coverage: str
    remarks: tuple[str, ...] = ()

    @property
    def done(self) -> int:
        """Planned runs that are done."""
        return self.planned - len(self.failures)

    @property
    def planned(self) -> int:
        """Runs that the study asks for, those of arms that were never made too."""
        return len(required_runs(self.plan))

    @property
    def search(self) -> SearchResult | None:
        """The study's one search; None where there is none, or one per arm."""
        one = self.tuned is not None and len(self.tuned.searches) == 1
        return self.tuned.searches[0] if self.tuned and one else None

    @property
    def mixed(self) -> tuple[str, ...]:
        """What the runs should share and do not, such as the code that they were made with."""
        return tuple(key for key in SHARED_PROVENANCE if len(self.provenance.get(key, {})) > 1)

    @property
    def other_code(self) -> dict[str, int]:
        """How many runs were made with which code other than the plan's."""
        made = self.provenance.get("code", {}) if self.plan.code else {}
        return {code: runs for code, runs in made.items() if code != self.plan.code}

    @property
    def judged(self) -> tuple[Contrast | TunedContrast, ...]:
        """All contrasts that have a verdict: those of the plan, and those of tuned arms."""
        return self.contrasts + (self.tuned.contrasts if self.tuned else ())

    @property
    def averages(self) -> Averages | None:
        """Of how many protein clusters and proteins the headline is; None where none was scored."""
        found = [arm.averages for arm in self.arms]
        found += [baseline.averages for baseline in self.controls.baselines]
        known = [each for each in found if each is not None]
        return max(known, key=lambda a: a.proteins) if known else None

    @property
    def few_clusters(self) -> int | None:
        """The smallest number of protein clusters of a contrast, where it is below 20."""
        return few_clusters(self.judged)


def few_clusters(contrasts: Sequence[Contrast | TunedContrast]) -> int | None:
    """Return the smallest number of protein clusters of a contrast, where it is below 20."""
    sizes = [len(c.paired.clusters) for c in contrasts if c.paired.n]
    return min(sizes) if sizes and min(sizes) < FEW_CLUSTERS else None


def read(ledger: Ledger) -> Summary:
    """Return the summary of a study; raises `UserError` where the folder holds none."""
    plan = ledger.plan
    return summarise(
        plan,
        ledger.rows("ablation"),
        ledger.rows("search"),
        ledger.rows("check"),
        controls=ledger.rows("control"),
        under_way=opened(plan, ledger.under_way()),
        calls=calls(ledger.study),
        remarks=remarks(ledger),
    )


def summarise(
    plan: Plan,
    rows: list[Row],
    trials: list[Row],
    checks: Sequence[Row] = (),
    *,
    controls: Sequence[Row] = (),
    under_way: Open = NOTHING,
    calls: Sequence[Call] = (),
    remarks: tuple[str, ...] = (),
) -> Summary:
    """Return the summary of a plan: its comparison, its search, its check-ups and its controls."""
    before = check_ups(plan, checks)
    runs, others = planned_runs(plan, rows)
    planned = [runs[key] for key in plan.planned if key in runs]
    tuned = summarise_tuned(plan, planned, trials) if trials else None
    never = arms_without_winner(plan, tuned.searches if tuned else ())
    under_way = {**under_way, **open_runs(never, plan)}
    bad = collapsed_runs(runs)
    return Summary(
        plan=plan,
        contrasts=_contrasts(plan, runs, under_way, bad),
        arms=tuple(summarise_arm(arm, plan, runs, under_way, bad) for arm in plan.arms),
        clusters=_cluster_names(planned),
        prevalence=prevalence(planned),
        factorial=summarise_factorial(plan, runs),
        tuned=tuned,
        importances=_importances(plan, tuned.searches) if tuned else (),
        controls=summarise_controls(plan, runs, list(controls)),
        failures=tuple(failures(plan, runs, under_way, never)),
        checks=before,
        findings=tuple(
            group_findings([*before.rows.values(), *map(with_trend, planned), *of_trials(trials)])
        ),
        provenance=provenance(planned),
        cost=cost([*rows, *trials, *checks, *controls], calls),
        left_out=len(rows_of_other_plans(others, plan)),
        coverage=coverage(required_runs(plan), runs, under_way, never),
        remarks=remarks,
    )


def _contrasts(
    plan: Plan, runs: Runs, under_way: Open, bad: frozenset[Key]
) -> tuple[Contrast, ...]:
    arms = {arm.name: arm for arm in plan.arms}
    recipes = {name: Recipe.model_validate(arm.recipe) for name, arm in arms.items()}
    pairs = [pair(contrast, runs, plan.seeds, under_way) for contrast in plan.contrasts]
    results = [paired.result for paired in pairs]
    counted = [rates(weights_of(p.contrast), p.seeds, p.d_SG, bad) for p in pairs]
    alpha, staged = level(look_of(plan)), bool(plan.looks)
    judged = verdicts(results, plan.delta, alpha, counted, staged=staged)
    return tuple(
        Contrast(
            paired=paired,
            result=result,
            verdict=verdict,
            change="" if paired.contrast.weights else arms[paired.contrast.arm].change,
            diff={}
            if paired.contrast.weights
            else recipes[paired.contrast.arm].diff(recipes[paired.contrast.reference]),
        )
        for paired, result, verdict in zip(pairs, results, judged, strict=True)
    )


def _importances(plan: Plan, found: Sequence[SearchResult]) -> tuple[Importance, ...]:
    """Rate the knobs of a study's one search, better values higher; many short are not rated.

    Each configuration counts once: a repeat would be permuted as if it were another.
    """
    from rpbind.analysis.importance import importances  # Optuna takes a second to import

    if len(found) != 1:
        return ()
    sign = 1 if found[0].objective.mode == "max" else -1
    trials = found[0].distinct
    done = [(t.rows[0].recipe, sign * t.value) for t in trials if t.value is not None]
    return importances(plan.search, done, np.random.default_rng(0)) if plan.search else ()


def _cluster_names(rows: list[Row]) -> dict[int, str]:
    pairs: set[tuple[int, str]] = set()
    for row in rows:
        scores = ProteinScores.of(row.proteins)
        proteins = map(scores.names.__getitem__, scores.protein_N.tolist())
        pairs.update(zip(scores.cluster_N.tolist(), proteins, strict=True))
    names: dict[int, set[str]] = {}
    for cluster, protein in pairs:
        names.setdefault(cluster, set()).add(protein)
    return {cluster: ", ".join(sorted(proteins)) for cluster, proteins in sorted(names.items())}
