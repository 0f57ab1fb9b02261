"""The health of a study: which runs there are, why others are missing, what each claim cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rpbind.analysis.checks import GUARD_FINDINGS
from rpbind.analysis.summary import Summary
from rpbind.analysis.tuned import TunedContrast
from rpbind.counted import plural
from rpbind.errors import reason
from rpbind.statistics.table import weights_of
from rpbind.wording.alerts import BAD

MOST_NAMES = 3


@dataclass(frozen=True)
class Coverage:
    """How many runs of one kind there are: planned, done, ended without a result, not made."""

    kind: str
    planned: int
    done: int
    failed: int

    @property
    def missing(self) -> int:
        """Number of runs that have not ended, or were interrupted."""
        return max(self.planned - self.done - self.failed, 0)


@dataclass(frozen=True)
class ClaimCost:
    """What the runs cost that a claim stands on.

    Parameters
    ----------
    claim
        Name of the claim.
    runs
        Number of runs.
    wall, cpu
        Their seconds, summed; None if a run has not recorded them.
    """

    claim: str
    runs: int
    wall: float | None
    cpu: float | None


def coverage(summary: Summary) -> list[Coverage]:
    """Return the coverage of the planned runs, of retrained controls and of trials.

    Parameters
    ----------
    summary
        The study.

    Returns
    -------
    list of Coverage
        Only of the kinds that the study has.
    """
    bad = sum(failure.state in BAD for failure in summary.failures)
    found = [Coverage("runs of arms", summary.planned, summary.done, bad)]
    if retrained := summary.controls.retrained:
        planned, done = (sum(getattr(r, n) for r in retrained) for n in ("planned", "done"))
        found.append(Coverage("runs of retrained controls", planned, done, 0))
    for result, winner in zip(*_searches(summary), strict=True):
        ended = Counter(trial.outcome for trial in result.trials)
        failed = sum(ended[state] for state in BAD)
        done = ended["done"] + ended["pruned"]
        found.append(Coverage(f"trials of {result.name}", winner.planned, done, failed))
    return found


def _searches(summary: Summary) -> tuple[tuple, tuple]:  # type: ignore[type-arg]
    return (summary.tuned.searches, summary.tuned.winners) if summary.tuned else ((), ())


def scored(summary: Summary) -> str:
    """Return how many windows and proteins of the test part were scored; "" if none was."""
    each = next((arm.experiments for arm in summary.arms if arm.experiments), ())
    if not each:
        return ""
    windows, bound = sum(e.windows for e in each), sum(e.positives for e in each)
    one_class = [e.name for e in each if e.auroc is None]
    clusters = len({e.cluster for e in each})
    text = (
        f"Scored on {windows:,} test {plural('window', windows)}, {bound:,} of them bound, of "
        f"{len(each)} {plural('protein', len(each))} in {clusters} protein "
        f"{plural('cluster', clusters)}."
    )
    if one_class:
        text += f" Without an AUROC, because the test part has one class only: {named(one_class)}."
    return text


def reasons(summary: Summary) -> list[tuple[int, str, str]]:
    """Return (number of runs, state, reason) of the planned runs that are not done."""
    found = Counter((f.state, reason(f.error)) for f in summary.failures)
    return [(count, state, why) for (state, why), count in found.most_common()]


def doctor(summary: Summary) -> str:
    """Return what the doctor and the no-op guard found before training, in a sentence each."""
    rows = summary.checks.rows
    if not rows:
        return "No arm was examined before training, so neither the doctor nor the guard has a say."
    found = {arm: {finding.name for finding in row.findings} for arm, row in rows.items()}
    wrong = list(summary.checks.with_errors)
    guarded = [arm for arm, names in found.items() if names & set(GUARD_FINDINGS)]
    doctor = f"an error in {named(wrong)}" if wrong else "no error"
    text = f"The doctor examined {len(rows)} {plural('arm', len(rows))} and found {doctor}."
    if not summary.plan.contrasts:
        return text
    guard = f"objects to {named(guarded)}" if guarded else "has no objection to any arm"
    return f"{text} The no-op guard, which compares each arm with its reference, {guard}."


def named(names: list[str]) -> str:
    """Return up to three names, and how many more there are."""
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def costs(summary: Summary) -> list[ClaimCost]:
    """Return what the runs behind each contrast cost; without contrasts, those of each arm.

    Parameters
    ----------
    summary
        The study.

    Returns
    -------
    list of ClaimCost
        In the order of the plan, without claims that no run supports. A run that several contrasts
        stand on counts for each of them.
    """
    arms = {arm.plan.name: arm.costs for arm in summary.arms}
    found = []
    for c in summary.contrasts:
        runs = [arms[arm][seed] for arm in weights_of(c.paired.contrast) for seed in c.paired.seeds]
        found.append(_cost(c.paired.contrast.name, runs))
    for tuned in summary.tuned.contrasts if summary.tuned else ():
        found.append(_cost(tuned.paired.contrast.name, list(_of_searches(tuned, summary))))
    if not found:
        found = [_cost(f"about {arm}", runs.values()) for arm, runs in arms.items()]
    return [each for each in found if each.runs]


def _of_searches(contrast: TunedContrast, summary: Summary) -> Iterable[Mapping[str, float]]:
    """Yield the costs of all trials and of the winners' runs of the two arms' searches."""
    both = weights_of(contrast.paired.contrast)
    costs = {arm.plan.name: arm.costs for arm in summary.arms}
    for result, winner in zip(*_searches(summary), strict=True):
        if (result.name.rpartition(".s")[0] or result.name) in both:
            yield from (row.cost for t in result.trials if not t.repeats for row in t.rows)
            yield from costs.get(winner.arm, {}).values()


def _cost(claim: str, runs: Iterable[Mapping[str, float]]) -> ClaimCost:
    known = list(runs)
    wall, cpu = (
        sum(run[key] for run in known) if known and all(key in run for run in known) else None
        for key in ("seconds", "cpu_seconds")
    )
    return ClaimCost(claim, len(known), wall, cpu)
