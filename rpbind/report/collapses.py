"""Collapsed runs as text: how many, what is not excluded, and how two arms differ in them."""

from __future__ import annotations

from rpbind.analysis.arms import Arm
from rpbind.report.words import number, p_value, signed
from rpbind.statistics.collapse import CollapseCount, CollapseRates
from rpbind.statistics.verdict import Verdict

ROW = "collapsed runs"


def not_excluded(verdict: Verdict) -> str:
    """What "no meaningful effect" leaves open: "in runs that train; up to 45 % collapses ..."."""
    if verdict.rates is None:
        return "in runs that train; collapses were not counted"
    counts = verdict.rates.counts
    if all(count.runs and count.collapsed == count.runs for count in counts):
        return "every run collapsed, so nothing is known of runs that train"
    limits = dict.fromkeys(_percent(count) for count in counts)
    if len(limits) == 1:
        return f"in runs that train; up to {next(iter(limits))} collapses are not excluded"
    if len(counts) > 2:
        most = _percent(max(counts, key=lambda count: count.limit))
        return f"in runs that train; up to {most} collapses of an arm are not excluded"
    told = " and ".join(f"{_percent(count)} of {count.arm}" for count in counts)
    return f"in runs that train; collapses are not excluded in up to {told}"


def _percent(count: CollapseCount) -> str:
    return f"{100 * count.limit:.0f} %"


def collapses(verdict: Verdict) -> str:
    """Say which arms had collapsed runs, and the difference without them; nothing without any."""
    rates = verdict.rates
    if rates is None or not rates.has_collapses:
        return ""
    told = f"{ROW}: {', '.join(f'{c.collapsed} of {c.runs} of {c.arm}' for c in rates.counts)}"
    if (apart := verdict.collapses) is not None:
        told += f" ({apart.word}: Fisher's exact test, p {p_value(apart.p)} after Holm)"
    return f"{told}; {_without(rates)}"


def _without(rates: CollapseRates) -> str:
    if rates.trained is None:
        return "no pair is without one"
    pairs = "1 pair" if rates.pairs == 1 else f"{rates.pairs} pairs"
    return f"without them the difference is {signed(rates.trained)} ({pairs}, not judged)"


def shares(rates: CollapseRates) -> str:
    """The shares of the two sides of a contrast: "2/5 against 0/5"."""
    sides = [(sum(c.collapsed for c in side), sum(c.runs for c in side))
             for side in (rates.plus, rates.minus)]  # fmt: skip
    return " against ".join(f"{bad}/{runs}" for bad, runs in sides)


def arm_note(arm: Arm) -> str:
    """An arm's collapsed runs: "1 collapsed (seed 3)"; nothing where there is none."""
    if not arm.collapsed:
        return ""
    seeds = "seed" if len(arm.collapsed) == 1 else "seeds"
    return f"{len(arm.collapsed)} collapsed ({seeds} {', '.join(map(str, arm.collapsed))})"


def banner(arms: tuple[Arm, ...]) -> str:
    """Say how many runs of which arms collapsed; nothing where none did."""
    bad = [arm for arm in arms if arm.collapsed]
    if not bad:
        return ""
    runs = sum(len(arm.macro) for arm in arms)
    told = "; ".join(f"{arm.plan.name} {arm_note(arm)} of {len(arm.macro)}, median AUROC "
                     f"{number(_median(arm))}" for arm in bad)  # fmt: skip
    return (
        f"{sum(len(arm.collapsed) for arm in bad)} of {runs} runs collapsed: their AUROC is within "
        f"noise of chance, or far below their arm's other runs. {told}."
    )


def _median(arm: Arm) -> float:
    values = sorted(arm.macro.values())
    return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
