"""Calibration, ROC and precision-recall on test: what runs recorded, as the median over runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from rpbind.analysis.arms import Arm
from rpbind.figures import style
from rpbind.figures.curves import best_arm, ranked_by_validation
from rpbind.figures.embed import Group

MOST = 12
"""The curves of at most so many arms are on the page: those that are best on validation."""
SIZE = 340
"""Height of a figure in pixels, near its width where three stand beside each other."""
DIGITS = 3
"""Decimals of a drawn value: finer than a pixel, and short on the page."""


@dataclass(frozen=True)
class Over:
    """A curve over an arm's runs: the median at each point, and the smallest and largest value."""

    median: list[float]
    low: list[float]
    high: list[float]


@dataclass(frozen=True)
class Curve:
    """What is drawn of a kind of curve.

    Parameters
    ----------
    key
        Its name in a row, before ".pooled" and ".proteins".
    name
        What it is called.
    x, y
        Titles of the axes.
    shown
        The x of the columns in the table of values.
    """

    key: str
    name: str
    x: str
    y: str
    shown: tuple[float, ...]


ROC = Curve(
    "roc",
    "ROC",
    "False-positive rate",
    "Sensitivity",
    (0.02, 0.1, 0.2, 0.3, 0.5, 0.8),
)
PR = Curve(
    "pr",
    "Precision by recall",
    "Recall (sensitivity)",
    "Precision",
    (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0),
)
AVERAGES = (("proteins", "mean over proteins"), ("pooled", "pooled"))


def offered(arms: Sequence[Arm]) -> list[int]:
    """Return the places of the arms with curves, or of the best `MOST` of them on validation."""
    ranked = [place for place in ranked_by_validation(arms) if arms[place].test_curves]
    return sorted(ranked[-MOST:])


def groups(arms: Sequence[Arm]) -> list[Group]:
    """Return the arms to choose from; the one that is best on validation is shown at first."""
    places = offered(arms)
    best = best_arm([arms[place] for place in places])
    return [
        Group(str(place), arms[place].plan.name, style.colour(place), arms[place] is best)
        for place in places
    ]


def over_runs(arm: Arm, key: str) -> Over | None:
    """Return a curve over the runs that have it; None if none has."""
    value_RF = np.array([run[key] for run in arm.test_curves if key in run])
    if not len(value_RF):
        return None
    both = (np.median(value_RF, axis=0), value_RF.min(axis=0), value_RF.max(axis=0))
    return Over(*(each.round(DIGITS).tolist() for each in both))


def bins(arm: Arm, name: str) -> Iterator[tuple[int, float, Over]]:
    """Yield every bin that holds windows: its place, median probability, and share over runs."""
    for place in range(len(arm.test_curves[0][f"{name}.windows"])):
        runs = [run for run in arm.test_curves if run[f"{name}.windows"][place]]
        if runs:
            said, bound = (
                [run[f"{name}.{what}"][place] for run in runs] for what in ("probability", "bound")
            )
            middle = [round(float(np.median(bound)), DIGITS)]
            yield (
                place,
                round(float(np.median(said)), DIGITS),
                Over(middle, [min(bound)], [max(bound)]),
            )


def calibration_error(arm: Arm, name: str) -> Over:
    """Return the expected calibration error over runs, from the bins of each."""
    errors = []
    for run in arm.test_curves:
        count, said, bound = (
            np.array(run[f"{name}.{what}"]) for what in ("windows", "probability", "bound")
        )
        errors.append(float((count * abs(said - bound)).sum() / count.sum()))
    return Over([float(np.median(errors))], [min(errors)], [max(errors)])


def figure(arms: Sequence[Arm], curve: Curve) -> go.Figure:
    """Draw a kind of curve of all offered arms: solid over proteins with a band, dashed pooled."""
    drawn = go.Figure()
    shown = {group.key for group in groups(arms) if group.shown}
    for place in offered(arms):
        colour, name = style.colour(place), style.text(arms[place].plan.name)
        common = {"x0": 0, "legendgroup": str(place), "mode": "lines", "name": name}
        common["visible"] = str(place) in shown
        for average, words in AVERAGES:
            found = over_runs(arms[place], f"{curve.key}.{average}")
            if found is None:
                continue
            common["dx"] = 1 / (len(found.median) - 1)
            if average == "proteins" and found.low != found.high:
                edge = {"line": {"width": 0, "color": colour}, "hoverinfo": "skip"}
                drawn.add_trace(go.Scatter(y=found.low, **common, **edge))
                filled = {"fill": "tonexty", "fillcolor": style.faint(colour)}
                drawn.add_trace(go.Scatter(y=found.high, **common, **edge, **filled))
            dash = "solid" if average == "proteins" else "dash"
            drawn.add_trace(
                go.Scatter(
                    y=found.median,
                    line={"color": colour, "width": 2, "dash": dash},
                    hovertemplate=f"{name}, {words}: %{{y:.3f}} at %{{x:.2f}}<extra></extra>",
                    **common,
                )
            )
    chance = bound_share(arms)
    return _framed(drawn, curve.x, curve.y, (0, 1) if curve is ROC else (chance, chance))


def calibration(arms: Sequence[Arm]) -> go.Figure:
    """Draw the share of bound windows by predicted probability: filled raw, open after Platt."""
    drawn = go.Figure()
    shown = {group.key for group in groups(arms) if group.shown}
    for place in offered(arms):
        colour, name = style.colour(place), style.text(arms[place].plan.name)
        for kind, dash, symbol in (("raw", "solid", ""), ("calibrated", "dash", "-open")):
            found = list(bins(arms[place], kind))
            ranges = {
                "array": [max(round(b.high[0] - b.median[0], DIGITS), 0) for _, _, b in found],
                "arrayminus": [max(round(b.median[0] - b.low[0], DIGITS), 0) for _, _, b in found],
                "thickness": 1.2,
                "width": 3,
            }
            drawn.add_trace(
                go.Scatter(
                    x=[said for _, said, _ in found],
                    y=[b.median[0] for _, _, b in found],
                    error_y=ranges if len(arms[place].test_curves) > 1 else None,
                    legendgroup=str(place),
                    visible=str(place) in shown,
                    name=name,
                    mode="lines+markers",
                    line={"color": colour, "width": 1.5, "dash": dash},
                    marker={"size": 7, "symbol": style.symbol(place) + symbol},
                    hovertemplate=f"{name}, {kind}: %{{y:.3f}} bound at %{{x:.3f}}<extra></extra>",
                )
            )
    return _framed(drawn, "Predicted probability", "Share of bound windows", (0, 1))


def bound_share(arms: Sequence[Arm]) -> float:
    """Return the share of bound windows of the test part, which all runs share."""
    run = arms[offered(arms)[0]].test_curves[0]
    count, bound = np.array(run["raw.windows"]), np.array(run["raw.bound"])
    return float((count * bound).sum() / count.sum())


def _framed(drawn: go.Figure, x: str, y: str, line: tuple[float, float]) -> go.Figure:
    """Return a figure with both axes from 0 to 1 and the line of chance or of agreement."""
    style.layout(drawn, SIZE)
    drawn.add_shape(
        type="line", x0=0, x1=1, y0=line[0], y1=line[1], line={"color": style.MUTED, "width": 1}
    )
    drawn.update_layout(margin={"t": 8, "b": 46})
    drawn.update_xaxes(title={"text": x, "standoff": 6}, range=[-0.02, 1.02], nticks=6)
    drawn.update_yaxes(title={"text": y, "standoff": 6}, range=[-0.02, 1.02], nticks=6)
    return drawn
