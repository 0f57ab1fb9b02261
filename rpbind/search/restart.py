"""Opening a search again: Optuna's storage is brought into agreement with the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optuna.trial import FrozenTrial, TrialState

from rpbind.ledger import Row
from rpbind.ledger.trials import was_pruned
from rpbind.search.ask_tell import AskTellLoop
from rpbind.search.trials import INTERRUPTED, restore, trial_of, was_queued_again

ENDED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


def reconcile(loop: AskTellLoop, rows: Sequence[Row]) -> None:
    """Bring Optuna's storage into agreement with the ledger, and queue the fixed configurations.

    Trials that a dead process left running are reported from their rows, or marked as failed and
    queued again. Trials that only the ledger has are added to the storage.

    Parameters
    ----------
    loop
        A new loop of the search.
    rows
        The ledger's rows of trials; those of other searches are ignored.
    """
    by_arm: dict[str, dict[int, Row]] = {}
    for row in rows:
        if row.arm.startswith(f"{loop.search.prefix}trial-"):
            by_arm.setdefault(row.arm, {})[row.seed] = row
            loop.earlier_rows[row.arm, row.seed] = row
            loop.attempts[row.arm, row.seed] = row.attempt + 1
    trials = loop.study.get_trials(deepcopy=False)
    for trial in trials:
        if trial.state in ENDED and INTERRUPTED not in trial.user_attrs:
            loop.count(trial.user_attrs, by_arm.get(trial.user_attrs.get("arm", ""), {}))
    for trial in trials:
        if trial.state == TrialState.RUNNING:
            _adopt(loop, trial, by_arm.get(trial.user_attrs.get("arm", ""), {}))
    known = {trial.user_attrs.get("arm") for trial in trials}
    for arm, seeds in sorted(by_arm.items()):
        if arm not in known:
            _add(loop, arm, seeds)
    trials = loop.study.get_trials(deepcopy=False)
    points = {trial.user_attrs.get("point") for trial in trials}
    for number, point in enumerate(loop.sweep.points):
        if number not in points:
            loop.study.enqueue_trial(point, user_attrs={"point": number})


def _adopt(loop: AskTellLoop, trial: FrozenTrial, rows: Mapping[int, Row]) -> None:
    """Report a trial that a dead process left running, or queue it again.

    Without a scheduler an ended trial is queued too, so that it is reported in trial order. If the
    ledger has no row of the last attempt, the trial had not started: it did not crash.
    """
    over = loop.is_over(rows)
    first = trial.user_attrs.get("attempt", 0)
    started = any(row.attempt >= first for row in rows.values())
    if over and loop.prunes and not was_queued_again(loop.study, trial):
        loop.report_end(trial.number, rows, pruned=any(map(was_pruned, rows.values())))
    else:
        loop.interrupt(trial.number, rows, crashed=started and not over)


def _add(loop: AskTellLoop, arm: str, rows: Mapping[int, Row]) -> None:
    """Add a trial that only the ledger has: as ended if it is over, else to the queue."""
    trial = trial_of(loop.search, loop.sweep, arm, rows)
    if loop.is_over(rows):
        number = restore(loop.study, trial, loop.search.base.train.epochs)
        loop.report_end(number, rows, pruned=any(map(was_pruned, rows.values())))
    else:
        loop.study.enqueue_trial(trial.params, user_attrs=trial.user_attrs)
