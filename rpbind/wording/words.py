"""Numbers and bookkeeping as text; "–" stands for a missing value."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import Any, get_args

from rpbind import errors
from rpbind.analysis.arms import Spread
from rpbind.analysis.record import Cost
from rpbind.analysis.summary import Summary
from rpbind.counted import plural as plural
from rpbind.ledger import ContrastPlan, InterimAnalysis, Plan
from rpbind.statistics import interim
from rpbind.statistics.averages import Averages
from rpbind.statistics.factorial import TIMES
from rpbind.statistics.verdict import Word

ABSENT = "–"
MINUS = "−"
WORDS = get_args(Word)


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with a fixed number of decimals.

    Parameters
    ----------
    value
        The number.
    digits
        Number of decimals.

    Returns
    -------
    str
        The number with a real minus sign; "–" for None, NaN and infinity.
    """
    if value is None or not math.isfinite(value):
        return ABSENT
    return f"{value:,.{digits}f}".replace("-", MINUS)


def shortened(names: Iterable[str], most: int = 34) -> dict[str, str]:
    """Return {name: the name, its middle left out if it is long}; no two become equal.

    Parameters
    ----------
    names
        Different names.
    most
        Longest name that is kept whole.

    Returns
    -------
    dict[str, str]
        A name whose short form another name has, too, is kept whole.
    """
    every = list(dict.fromkeys(names))
    cut = {n: n if len(n) <= most else f"{n[: most // 2]}…{n[-most // 3 :]}" for n in every}
    counts = Counter(cut.values())
    return {name: short if counts[short] == 1 else name for name, short in cut.items()}


def signed(value: float | None, digits: int = 4) -> str:
    """Return a difference with its sign; "–" if it is missing."""
    if value is None or not math.isfinite(value):
        return ABSENT
    return f"{value:+.{digits}f}".replace("-", MINUS)


def brief(value: float | None) -> str:
    """Return a number of any size rounded to three digits; "–" if it is missing."""
    if value is None or not math.isfinite(value):
        return ABSENT
    return f"{value:.3g}".replace("-", MINUS)


def p_value(p: float | None) -> str:
    """Return a p value; "< 0.0001" if it is smaller, "–" if nothing was tested."""
    if p is None:
        return ABSENT
    return "< 0.0001" if p < 1e-4 else f"{p:.4f}" if p < 0.1 else f"{p:.2f}"


def range_of(value: Spread, digits: int, done: int) -> str:
    """Return the range over an arm's runs, and their number if it is not `done`."""
    parts = [] if value.n == 1 else [f"{number(value.low, digits)} to {number(value.high, digits)}"]
    return ", ".join(parts if value.n == done else [*parts, f"n = {value.n}"])


def recipe_value(value: Any) -> str:
    """Return a value of a recipe as text; "–" for a hyperparameter that the recipe lacks."""
    return ABSENT if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def effect_words(contrast: ContrastPlan) -> str:
    """Return what a factorial effect compares."""
    arms = len(contrast.weights)
    if TIMES in contrast.name:
        return f"effect of one change with the other, minus its effect without it, in {arms} arms"
    return f"mean of {arms // 2} arms with it, minus mean of {arms // 2} arms without it"


def is_at_reference(plan: Plan) -> bool:
    """Return whether the design measures each effect at one reference only."""
    return plan.design in ("leave-one-out", "add-one-in")


def ends_of_auroc(ci: tuple[float, float], digits: int = 4) -> list[str]:
    """Return the ends of an interval of an AUROC, cut at 0 and 1; a cut end has a "*"."""
    cut = [(min(max(end, 0.0), 1.0), "" if 0.0 <= end <= 1.0 else "*") for end in ci]
    return [number(end, digits) + mark for end, mark in cut]


def macro(averages: Averages | None) -> str:
    """Return the name of the headline: "macro over 14 protein clusters"."""
    return averages.macro_text if averages else "macro over protein clusters"


def plain(averages: Averages | None) -> str:
    """Return the name of the other mean: "plain mean over 31 proteins"."""
    return averages.plain_text if averages else "plain mean over proteins"


def reason_of(error: str) -> str:
    """Return the line of an error that names the cause; "–" if there is none."""
    return errors.reason(error) or ABSENT


def scores(summary: Summary) -> list[str]:
    """Return the headline of every arm that is scored, a sentence each, with its range."""
    lines = []
    for arm in summary.arms:
        if arm.headline is None or arm.averages is None:
            continue
        seeds = f"{arm.headline.n} {plural('seed', arm.headline.n)}"
        spread = range_of(arm.headline, 3, arm.headline.n)
        over = f" Over {seeds}: {spread}." if spread else ""
        lines.append(f"{arm.plan.name}: test AUROC {arm.averages.words()}.{over}")
    return lines


def best_baseline(summary: Summary) -> str:
    """Return the test AUROC of the best baseline that is not flagged, then the flagged ones.

    A flagged control tells how the windows were chosen; it is no baseline to beat. Empty if no
    baseline was scored.
    """
    scored = [each for each in summary.controls.baselines if each.macro is not None]
    honest = [each for each in scored if not each.flagged]
    lines = []
    if honest:
        best = honest[0]
        value = best.averages.words(4) if best.averages else number(best.macro, 4)
        lines.append(f"The best baseline, {best.name}, has a test AUROC of {value}.")
    if flagged := flagged_controls(summary):
        lines.append(f"Controls that read no motif and still rank windows: {flagged}.")
    return " ".join(lines)


def flagged_controls(summary: Summary) -> str:
    """Return the flagged controls: "density 0.714 (pooled 0.702)"; empty if there is none."""
    flagged = [each for each in summary.controls.baselines if each.flagged]
    return ", ".join(
        f"{each.name} {number(each.macro)} (pooled {number(each.pooled)})" for each in flagged
    )


def few_proteins(clusters: int | None, part: str = "test") -> str:
    """Return what a small number of protein clusters means; empty if it is not small (None)."""
    if clusters is None:
        return ""
    return (
        f"{clusters} {part} {plural('protein cluster', clusters)}: with fewer than 20, the "
        "variation between proteins is poorly known, and intervals may not hold for other proteins."
    )


def interim_note(plan: Plan) -> str:
    """Return how often an extended study was analysed, and at which level it is judged."""
    analysis = interim.analysis_number(plan)
    if analysis == 1:
        return (
            "This study was extended before any contrast could be judged, so its level stays 0.05."
        )
    sizes = " and ".join(_size_of(past) for past in plan.looks if past.verdicts)
    return (
        f"This is analysis {analysis} of a study that was judged with {sizes} and then extended. "
        f"Everything is judged at level {interim.level_of(analysis):.2g} instead of 0.05, so that "
        "the levels of all analyses, however many follow, sum to less than "
        f"{interim.TOTAL_LEVEL:.3f}."
    )


def _size_of(analysis: InterimAnalysis) -> str:
    if analysis.trials is None:
        return f"{analysis.seeds} seeds"
    return f"{analysis.trials} trials per search"


def cost_words(cost: Cost) -> str:
    """Return how much of a study's time was training."""
    runs = f"{cost.runs} {plural('run', cost.runs)}"
    trained = f"{runs} trained for {cost.training:,.1f} s in total"
    if not cost.slot_seconds:
        return f"{trained}; the wall time of the study's calls was not recorded."
    killed = f"; {cost.killed} killed, counted up to the last run that ended" if cost.killed else ""
    share = 100 * cost.training / cost.slot_seconds
    return (
        f"{trained}. This is {share:.0f} % of {cost.slot_seconds:,.1f} s, the wall time × runs at "
        f"once of {cost.calls} {plural('call', cost.calls)}{killed}. The rest is Ray, scoring, "
        "controls and waiting."
    )


def arm_name(name: str) -> str:
    """Return an arm's name for a sentence; `none`, the arm without any change, in quotes."""
    return "“none”" if name == "none" else name
