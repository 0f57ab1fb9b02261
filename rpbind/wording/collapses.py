"""Collapsed runs as text: how many, which collapse rates remain possible, how two arms differ."""

from __future__ import annotations

from rpbind.analysis.arms import Arm
from rpbind.statistics.collapse import CollapseCount, CollapseRates
from rpbind.statistics.verdict import Verdict
from rpbind.wording.words import arm_name, number, p_value, plural, signed

ROW = "collapsed runs"
FEW = 2
"""The first screen names so many arms with collapsed runs; it counts more."""


def not_excluded(verdict: Verdict) -> str:
    """Return the collapse rate that "no meaningful effect" leaves possible, in words."""
    if verdict.rates is None:
        return "in runs that train; collapses were not counted"
    counts = verdict.rates.counts
    if has_only_collapses(verdict):
        return "every run collapsed, so nothing is known about runs that train"
    limits = dict.fromkeys(_percent(count) for count in counts)
    if len(limits) == 1:
        return f"in runs that train; a collapse rate up to {next(iter(limits))} is not excluded"
    if len(counts) > 2:
        most = _percent(max(counts, key=lambda count: count.limit))
        return f"in runs that train; a collapse rate up to {most} in an arm is not excluded"
    rates = " and ".join(f"{_percent(count)} in {count.arm}" for count in counts)
    return f"in runs that train; collapse rates up to {rates} are not excluded"


def has_only_collapses(verdict: Verdict) -> bool:
    """Whether every run of every arm of a contrast collapsed."""
    counts = verdict.rates.counts if verdict.rates else ()
    return bool(counts) and all(count.runs and count.collapsed == count.runs for count in counts)


def _percent(count: CollapseCount) -> str:
    return f"{100 * count.limit:.0f} %"


def contrast_note(verdict: Verdict) -> str:
    """Return which arms have collapsed runs, and the difference without them; empty if none has."""
    rates = verdict.rates
    if rates is None or not rates.has_collapses:
        return ""
    counts = rates.counts
    if len(counts) > 2:  # an effect of a factorial, of all of its arms
        counts = tuple(count for count in counts if count.collapsed)
    note = f"{ROW}: {', '.join(f'{c.arm} {c.collapsed} of {c.runs}' for c in counts)}"
    if others := len(rates.counts) - len(counts):
        note += f", in the other {others} {plural('arm', others)} 0"
    if (apart := verdict.collapses) is not None:
        note += f" ({apart.word}: Fisher's exact test, p {p_value(apart.p)} after Holm)"
    return f"{note}; {_without(rates)}"


def _without(rates: CollapseRates) -> str:
    if rates.trained is None:
        return "every pair has a collapsed run"
    pairs = f"{rates.pairs} {plural('pair', rates.pairs)}"
    return f"without them the difference is {signed(rates.trained)} ({pairs}, not judged)"


def shares(rates: CollapseRates) -> str:
    """Return the shares of collapsed runs on the two sides of a contrast: "2/5 against 0/5"."""
    sides = [(sum(c.collapsed for c in side), sum(c.runs for c in side))
             for side in (rates.plus, rates.minus)]  # fmt: skip
    return " against ".join(f"{bad}/{runs}" for bad, runs in sides)


def arm_note(arm: Arm) -> str:
    """Return an arm's collapsed runs, such as "1 of 5 collapsed (seed 3)"; empty if it has none."""
    if not arm.collapsed:
        return ""
    seeds = f"{plural('seed', len(arm.collapsed))} {', '.join(map(str, arm.collapsed))}"
    return f"{len(arm.collapsed)} of {len(arm.macro)} collapsed ({seeds})"


def counted(arms: tuple[Arm, ...]) -> str:
    """Return how many runs collapsed, and in which arms if these are few; empty if none did."""
    bad = [arm for arm in arms if arm.collapsed]
    if not bad:
        return ""
    runs, all_runs = sum(len(arm.collapsed) for arm in bad), sum(len(arm.macro) for arm in arms)
    where = f", in {len(bad)} of {len(arms)} arms"
    if len(bad) <= FEW:
        each = (
            f"{arm_name(arm.plan.name)} {len(arm.collapsed)} of {len(arm.macro)}" for arm in bad
        )
        where = f": {', '.join(each)}"
    return f"{runs} of {all_runs} runs collapsed to chance{where}"


def banner(arms: tuple[Arm, ...]) -> str:
    """Return how many runs of which arms collapsed; empty if none did."""
    bad = [arm for arm in arms if arm.collapsed]
    if not bad:
        return ""
    runs = sum(len(arm.macro) for arm in arms)
    arms_text = "; ".join(f"{arm_name(arm.plan.name)}: {arm_note(arm)}, median AUROC "
                     f"{number(_median(arm))}" for arm in bad)  # fmt: skip
    return (
        f"{sum(len(arm.collapsed) for arm in bad)} of {runs} runs collapsed: their AUROC is within "
        f"noise of chance, or far below their arm's other runs. {arms_text}."
    )


def _median(arm: Arm) -> float:
    values = sorted(arm.macro.values())
    return (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
