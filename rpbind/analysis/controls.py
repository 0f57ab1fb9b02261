"""A study's controls: baselines, retrained arms, and the claims about each arm."""

from __future__ import annotations

from dataclasses import dataclass

from rpbind.analysis.arms import Spread, spread
from rpbind.analysis.claims import (
    Claim,
    ClaimComparison,
    baseline_seed,
    control_note,
    protein_encoder,
)
from rpbind.analysis.experiments import Experiment, experiment_scores
from rpbind.analysis.families import judge_claims
from rpbind.ledger import ControlPlan, Plan, Row
from rpbind.statistics.averages import Averages, averages
from rpbind.statistics.table import Runs

PROBES = {
    "unchanged": "",
    "letters shuffled": ".letters-shuffled",
    "proteins shuffled": ".proteins-shuffled",
    "uniform attention": ".uniform-attention",
}
VECTORS = {"random": "one random vector per protein", "constant": "one vector for all proteins"}


@dataclass(frozen=True)
class Baseline:
    """A control without a network; `note` says why it has no score or why it is flagged."""

    name: str
    macro: float | None
    pooled: float | None
    proteins: int
    flagged: bool
    note: str
    averages: Averages | None = None
    experiments: tuple[Experiment, ...] = ()


@dataclass(frozen=True)
class Retrained:
    """The arm `of`, trained again with other protein vectors; `vectors` says with which."""

    name: str
    of: str
    vectors: str
    macro: Spread | None
    pooled: Spread | None
    done: int
    planned: int
    averages: Averages | None = None


@dataclass(frozen=True)
class Controls:
    """The controls of a study.

    Parameters
    ----------
    baselines
        Baselines, the best first.
    retrained
        Arms that were trained again with other protein vectors.
    claims
        {arm: its claims}; winners of searches have none.
    probed
        {winner of a search: {probe: macro AUROC over its runs}}.
    """

    baselines: tuple[Baseline, ...]
    retrained: tuple[Retrained, ...]
    claims: dict[str, tuple[Claim, ...]]
    probed: dict[str, dict[str, Spread | None]]

    @property
    def seeds(self) -> str:
        """How many seeds the comparisons have: "5", or "3 to 5"."""
        counts = [c.seeds for arm in self.claims.values() for c in _comparisons(arm) if c.seeds]
        return " to ".join(str(n) for n in sorted({min(counts), max(counts)})) if counts else "0"


def summarise_controls(plan: Plan, runs: Runs, rows: list[Row]) -> Controls:
    """Return controls and claims; `runs` are runs of arms, `rows` are rows of controls.

    The winner of a search has neither claims nor a verdict, because it was chosen among many.
    """
    control_runs = {(row.arm, row.seed): row for row in rows}
    trained = {control.name for control in plan.controls}
    used = {baseline_seed(plan, seed) for seed in plan.seeds}
    baselines: dict[str, list[Row]] = {}
    for row in rows:
        if row.arm not in trained and row.seed in used:
            baselines.setdefault(row.arm, []).append(row)
    won = {str(each["arm"]) for each in (plan.search or {}).get("winners", {}).values()}
    return Controls(
        baselines=tuple(sorted((_baseline(each) for each in baselines.values()), key=_best_first)),
        retrained=tuple(_retrained(control, plan, control_runs) for control in plan.controls),
        claims=judge_claims(
            [a.name for a in plan.arms if a.name not in won], plan, runs, control_runs
        ),
        probed={arm.name: _means(arm.name, plan, runs) for arm in plan.arms if arm.name in won},
    )


def _means(arm: str, plan: Plan, runs: Runs) -> dict[str, Spread | None]:
    """Return the macro AUROC of a sample of test windows, unchanged and under each probe."""
    rows = [runs[arm, seed] for seed in plan.seeds if (arm, seed) in runs]
    keys = {name: f"probe{part}.auroc_macro" for name, part in PROBES.items()}
    return {
        name: spread(r.metrics[key] for r in rows if key in r.metrics) for name, key in keys.items()
    }


def _comparisons(claims: tuple[Claim, ...]) -> list[ClaimComparison]:
    return [comparison for claim in claims for comparison in claim.comparisons]


def _baseline(rows: list[Row]) -> Baseline:
    """Return one baseline; its rows are those of the folds, or one."""
    means = [
        spread(row.metrics[key] for row in rows if key in row.metrics)
        for key in ("test.auroc_macro", "test.auroc_pooled")
    ]
    macro, pooled = (each.mean if each else None for each in means)
    return Baseline(
        name=rows[0].arm,
        macro=macro,
        pooled=pooled,
        proteins=max(len(row.proteins) for row in rows),
        flagged=any(finding.measured is not None for row in rows for finding in row.findings),
        note="; ".join(dict.fromkeys(filter(None, map(control_note, rows)))),
        averages=averages(rows),
        experiments=experiment_scores(rows),
    )


def _best_first(baseline: Baseline) -> tuple[float, str]:
    return 1.0 if baseline.macro is None else -baseline.macro, baseline.name


def _retrained(control: ControlPlan, plan: Plan, control_runs: Runs) -> Retrained:
    rows = [
        control_runs[control.name, seed]
        for seed in plan.seeds
        if (control.name, seed) in control_runs
    ]
    done = [row for row in rows if row.state == "done"]
    macro, pooled = (
        spread(row.metrics[key] for row in done if key in row.metrics)
        for key in ("test.auroc_macro", "test.auroc_pooled")
    )
    return Retrained(
        control.name,
        control.of,
        VECTORS[protein_encoder(control)],
        macro,
        pooled,
        len(done),
        len(plan.seeds),
        averages(done),
    )
