"""Figures of searches in words and numbers."""

from __future__ import annotations

from rpbind.analysis.tuned import Tuned
from rpbind.figures.description import Description
from rpbind.ledger.search_results import SearchResult, Trial
from rpbind.search_figures.contour import with_both
from rpbind.search_figures.scales import Scale, as_text, complete
from rpbind.wording.words import number, plural

BY_TRIAL = "Its values are in the table of every trial."


def history(search: SearchResult) -> Description:
    """Describe the scores by trial: the best, when it came, and how many are complete."""
    complete = [t for t in search.trials if t.value is not None]
    summary = f"{len(complete)} of {len(search.trials)} trials are complete"
    if best := search.best:
        place = search.trials.index(best) + 1
        summary += (
            f"; the best, {best.name}, was number {place} to end and reached "
            f"{number(best.value, 4)} ({search.objective.words})"
        )
    return Description("History of the search", f"{summary}.", elsewhere=BY_TRIAL)


def slices(search: SearchResult) -> Description:
    """Describe the scores by hyperparameter: the value of each at the best trial."""
    best = search.best
    at = (
        ", ".join(f"{path} = {_text(value)}" for path, value in best.fields.items()) if best else ""
    )
    count = len(search.varied)
    return Description(
        "Trials by hyperparameter",
        f"{count} {plural('hyperparameter', count)}"
        + (f"; the best trial has {at}." if at else "."),
        elsewhere=BY_TRIAL,
    )


def parallel(search: SearchResult, count: int) -> Description:
    """Describe the parallel coordinates: how many lines and rows, and where the best one runs."""
    lines = len(complete(search))
    best = search.best
    said = f"; the best, {best.name}, reached {number(best.value, 4)}" if best else ""
    left = len(search.distinct) - lines
    without = f"; {left} without a score {'is' if left == 1 else 'are'} not drawn" if left else ""
    return Description(
        "Parallel coordinates",
        f"{lines} complete {plural('trial', lines)} over {count} "
        f"{plural('hyperparameter', count)}{said}{without}.",
        elsewhere=BY_TRIAL,
    )


def contour(search: SearchResult, across: Scale, up: Scale) -> Description:
    """Describe the map of two hyperparameters: which they are, and where the best trial stands."""
    best, count = search.best, len(with_both(search, across, up))
    at = ""
    if best:
        values = (f"{s.path} = {as_text(best.fields[s.path])}" for s in (across, up))
        at = f"; the best trial has {' and '.join(values)}"
    return Description(
        "Map of the two most important hyperparameters",
        f"{across.path} and {up.path}, {count} complete {plural('trial', count)}{at}.",
        elsewhere=BY_TRIAL,
    )


def front(search: SearchResult) -> Description:
    """Describe the Pareto front: its ends."""
    on_front = search.front
    ends = dict.fromkeys(_both(search, t) for t in (*on_front[:1], *on_front[-1:]))
    return Description(
        "Pareto front",
        f"{len(on_front)} {plural('trial', len(on_front))} on the front"
        + (f", from {' to '.join(ends)}." if ends else "."),
        elsewhere=BY_TRIAL,
    )


def best_of(tuned: Tuned) -> Description:
    """Describe the expected best of n configurations: its first and last value per arm."""
    sizes = sorted({1, *(len(curve_N) for curve_N in tuned.expected.values())})
    said = [
        f"{arm} rises from {number(float(curve_N[0]))} (one configuration) to "
        f"{number(float(curve_N[-1]))} (the best of {len(curve_N)})"
        for arm, curve_N in tuned.expected.items()
    ]
    most = sizes[-1]
    shown = sorted({n for n in (1, 2, 3, 5, 10, 20, 50, 100, 200, 500) if n < most} | {most})
    return Description(
        "Expected best of n configurations",
        "; ".join(said) + ".",
        columns=("Arm", *(f"best of {n}" for n in shown)),
        rows=[
            [arm, *(number(float(c_N[n - 1]) if n <= len(c_N) else None, 4) for n in shown)]
            for arm, c_N in tuned.expected.items()
        ],
    )


def _both(search: SearchResult, trial: Trial) -> str:
    values = zip(search.objectives[:2], (trial.values or ())[:2], strict=True)
    return " and ".join(f"{name} {value:,.4g}" for name, value in values)


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
