"""Calibration, ROC and precision-recall in words and numbers."""

from __future__ import annotations

from collections.abc import Sequence

from rpbind.analysis.arms import Arm
from rpbind.figures.curves import best_arm
from rpbind.figures.description import Description
from rpbind.figures.scored import (
    AVERAGES,
    ROC,
    Curve,
    Over,
    bins,
    bound_share,
    calibration_error,
    offered,
    over_runs,
)
from rpbind.wording.words import number, plural


def describe(arms: Sequence[Arm], curve: Curve) -> Description:
    """Describe a kind of curve: the best arm at one point, and all arms at several."""
    best = best_arm([arms[place] for place in offered(arms)])
    at = 0.1 if curve is ROC else 0.5
    found = over_runs(best, f"{curve.key}.proteins")
    said = _cell(found, at) if found else "not defined, as no protein has both classes"
    chance = "" if curve is ROC else f"; chance is {number(bound_share(arms))}"
    where = f"at a {curve.x.partition(' (')[0].lower()} of {at:g} its {curve.y.lower()} is"
    return Description(
        curve.name,
        f"{best.plan.name}, {runs_in_words(best)}: {where} {said}{chance}.",
        columns=("Arm", "Average", "Runs", *(f"at {x:g}" for x in curve.shown)),
        rows=[
            [
                arms[place].plan.name,
                words,
                len(arms[place].test_curves),
                *(_cell(over, x) for x in curve.shown),
            ]
            for place in offered(arms)
            for average, words in AVERAGES
            if (over := over_runs(arms[place], f"{curve.key}.{average}"))
        ],
    )


def calibration(arms: Sequence[Arm]) -> Description:
    """Describe the calibration: the best arm's error, and the bins of all arms."""
    best = best_arm([arms[place] for place in offered(arms)])
    raw, after = (_cell(calibration_error(best, kind), 0) for kind in ("raw", "calibrated"))
    tens = range(len(best.test_curves[0]["raw.windows"]))
    rows: list[list[str | int]] = []
    for place in offered(arms):
        for kind in ("raw", "calibrated"):
            found = {at: (said, over) for at, said, over in bins(arms[place], kind)}
            cells = [
                f"{number(found[at][0], 2)}: {_cell(found[at][1], 0)}" if at in found else "–"
                for at in tens
            ]
            rows.append([arms[place].plan.name, kind, *cells])
    return Description(
        "Calibration",
        f"{best.plan.name}, {runs_in_words(best)}: expected calibration error {raw}, after "
        f"calibration on validation {after}.",
        columns=("Arm", "Probability", *(f"{at / 10:g} to {(at + 1) / 10:g}" for at in tens)),
        rows=rows,
    )


def runs_in_words(arm: Arm) -> str:
    """Return on how many runs, proteins and windows an arm's curves are based."""
    recorded, first = len(arm.test_curves), arm.test_curves[0]
    of = f" of {arm.done}" if recorded < arm.done else ""
    proteins, windows = int(first.get("proteins", [0])[0]), int(sum(first["raw.windows"]))
    return (
        f"{recorded}{of} {plural('run', recorded)}, {proteins} {plural('protein', proteins)}, "
        f"{windows:,} {plural('window', windows)}"
    )


def _cell(over: Over, at: float) -> str:
    place = round(at * (len(over.median) - 1))
    middle, low, high = (number(v[place]) for v in (over.median, over.low, over.high))
    return middle if low == high else f"{middle} ({low} to {high})"
