"""Everything that a report says about a study, computed once from its plan and its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rpbind.analysis.arms import Arm, prevalence, summarise_arm
from rpbind.analysis.checks import Checks, check_ups
from rpbind.analysis.contrasts import Contrast, few_clusters, judge_contrasts
from rpbind.analysis.controls import Controls, summarise_controls
from rpbind.analysis.predictions import JudgedPrediction, judge_predictions
from rpbind.analysis.rated import importances_of
from rpbind.analysis.record import (
    Cost,
    Failure,
    FindingGroup,
    cluster_names,
    cost,
    failures,
    group_findings,
    mixed,
    provenance,
)
from rpbind.analysis.tuned import Tuned, TunedContrast, summarise_tuned
from rpbind.analysis.winners import (
    arms_without_winner,
    open_runs,
    required_runs,
    rows_of_other_plans,
)
from rpbind.audit.record import Audit, study_audit
from rpbind.ledger import Call, Ledger, Plan, Row
from rpbind.ledger.calls import calls
from rpbind.ledger.remarks import remarks
from rpbind.ledger.search_results import SearchResult
from rpbind.split_spec import folds_in
from rpbind.statistics.averages import Averages
from rpbind.statistics.collapse import collapsed_runs
from rpbind.statistics.coverage import NO_STATES, OpenStates, coverage, open_states
from rpbind.statistics.factorial import Factorial, summarise_factorial
from rpbind.statistics.table import planned_runs
from rpbind.statistics.trend import trials_with_trend, with_trend

if TYPE_CHECKING:
    from rpbind.analysis.importance import Importance


@dataclass(frozen=True)
class Summary:
    """A study's contrasts, arms, trials and bookkeeping.

    Parameters
    ----------
    plan
        Plan of the study.
    contrasts
        The plan's contrasts with their verdicts.
    arms
        Every arm by itself, in the plan's order.
    clusters
        {protein cluster: names of its proteins}.
    prevalence
        Macro AUPRC of chance; None if no run is scored.
    factorial
        Effects of a factorial design; None for other designs.
    tuned
        What the searches found; None for a study without trials.
    importances
        Importance of the searched hyperparameters, one entry per evaluator.
    controls
        Baselines, retrained arms and claims.
    failures
        Planned runs that are not done.
    checks
        What was measured before training.
    findings
        Findings of all runs and trials, grouped.
    provenance
        {key: {value: number of runs}} over the planned runs.
    cost
        Time spent on training and in total.
    left_out
        Number of recorded runs that do not belong to this plan.
    coverage
        How many planned runs are done, in words.
    remarks
        Remarks of the ledger that a reader has to know.
    audit
        What the data give away; None for a study that began before this was measured.
    interim
        Whether the study is running, so that there are no verdicts yet (`analysis.interim`).
    """

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
    audit: Audit | None = None
    interim: bool = False

    @property
    def predictions(self) -> tuple[JudgedPrediction, ...]:
        """The plan's predictions, and whether each held."""
        return judge_predictions(self.plan, self.judged)

    @property
    def done(self) -> int:
        """Number of planned runs that are done."""
        return self.planned - len(self.failures)

    @property
    def planned(self) -> int:
        """Number of runs that the study needs, including those of arms without a winner."""
        return len(required_runs(self.plan))

    @property
    def search(self) -> SearchResult | None:
        """The study's only search; None if it has none or several."""
        one = self.tuned is not None and len(self.tuned.searches) == 1
        return self.tuned.searches[0] if self.tuned and one else None

    @property
    def mixed(self) -> tuple[str, ...]:
        """Provenance keys that should have one value, in all runs or per fold, and have several."""
        return mixed(self.provenance, of_folds=folds_in(self.plan.split) is not None)

    @property
    def other_code(self) -> dict[str, int]:
        """{fingerprint of code that is not the plan's: number of runs made with it}."""
        made = self.provenance.get("code", {}) if self.plan.code else {}
        return {code: runs for code, runs in made.items() if code != self.plan.code}

    @property
    def judged(self) -> tuple[Contrast | TunedContrast, ...]:
        """All contrasts with a verdict: the plan's and those of tuned arms."""
        return self.contrasts + (self.tuned.contrasts if self.tuned else ())

    @property
    def averages(self) -> Averages | None:
        """Numbers of clusters and proteins behind the headline; None if nothing was scored."""
        found = [arm.averages for arm in self.arms]
        found += [baseline.averages for baseline in self.controls.baselines]
        known = [each for each in found if each is not None]
        return max(known, key=lambda a: a.proteins) if known else None

    @property
    def few_clusters(self) -> int | None:
        """The smallest number of protein clusters of any contrast if it is below 20."""
        return few_clusters(self.judged)


def read(ledger: Ledger, *, rated: bool = True) -> Summary:
    """Return the summary of a study.

    Parameters
    ----------
    ledger
        Ledger of the study.
    rated
        Whether the importances of hyperparameters are computed, which takes seconds.

    Returns
    -------
    Summary
        All that a report says.

    Raises
    ------
    UserError
        If the folder holds no study.
    """
    plan = ledger.plan
    found = summarise(
        plan,
        ledger.rows("ablation"),
        ledger.rows("search"),
        ledger.rows("check"),
        controls=ledger.rows("control"),
        under_way=open_states(plan, ledger.under_way()),
        calls=calls(ledger.study),
        remarks=remarks(ledger),
        rated=rated,
    )
    return replace(found, audit=study_audit(ledger.study))


def summarise(
    plan: Plan,
    rows: list[Row],
    trials: list[Row],
    checks: Sequence[Row] = (),
    *,
    controls: Sequence[Row] = (),
    under_way: OpenStates = NO_STATES,
    calls: Sequence[Call] = (),
    remarks: tuple[str, ...] = (),
    rated: bool = True,
) -> Summary:
    """Return the summary of a plan from its rows; `rows` are those of its arms."""
    before = check_ups(plan, checks)
    runs, others = planned_runs(plan, rows)
    planned = [runs[key] for key in plan.planned if key in runs]
    tuned = summarise_tuned(plan, planned, trials) if trials else None
    without = arms_without_winner(plan, tuned.searches if tuned else ())
    under_way = {**under_way, **open_runs(without, plan)}
    collapsed = collapsed_runs(runs)
    examined = [*before.rows.values(), *map(with_trend, planned), *trials_with_trend(trials)]
    return Summary(
        plan=plan,
        contrasts=judge_contrasts(plan, runs, under_way, collapsed),
        arms=tuple(summarise_arm(arm, plan, runs, under_way, collapsed) for arm in plan.arms),
        clusters=cluster_names(planned),
        prevalence=prevalence(planned),
        factorial=summarise_factorial(plan, runs),
        tuned=tuned,
        importances=importances_of(plan, tuned.searches) if tuned and rated else (),
        controls=summarise_controls(plan, runs, list(controls)),
        failures=tuple(failures(plan, runs, under_way, without)),
        checks=before,
        findings=tuple(group_findings(examined)),
        provenance=provenance(planned),
        cost=cost([*rows, *trials, *checks, *controls], calls),
        left_out=len(rows_of_other_plans(others, plan)),
        coverage=coverage(required_runs(plan), runs, under_way, without),
        remarks=remarks,
    )
