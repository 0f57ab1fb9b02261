"""Learning curves of all arms by epoch, in one figure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from rpbind.analysis.arms import Arm, Curve
from rpbind.figures import style
from rpbind.figures.description import Description
from rpbind.figures.embed import Group
from rpbind.wording.words import ABSENT, number, plural

AUROC = "validation.auroc_macro"
LOSSES = ("train.loss", "validation.loss")
MANY, FEW = 12, 3
"""With more arms than `MANY`, only the `FEW` best and worst are drawn at first."""
DIGITS = 4
"""Decimals of a drawn value: finer than a pixel, and short on the page."""


@dataclass(frozen=True)
class Band:
    """One metric by epoch over the epochs that all runs of an arm have.

    Parameters
    ----------
    epochs
        The epochs.
    mean
        Mean over runs at each epoch.
    low, high
        Smallest and largest value of a run at each epoch.
    """

    epochs: list[float]
    mean: list[float]
    low: list[float]
    high: list[float]


def band(curve: Curve) -> Band:
    """Return the mean and the range over runs of a learning curve."""
    epochs = curve.mean_epoch_E.tolist()
    runs = [value_E[: len(epochs)].tolist() for value_E in curve.value_by_run]
    at = list(zip(*runs, strict=True))
    return Band(epochs, curve.mean_E.tolist(), [min(v) for v in at], [max(v) for v in at])


def first_shown(arms: Sequence[Arm]) -> frozenset[int]:
    """Return which arms are drawn before a reader chooses: all, or the best and worst of many.

    Arms are ranked by the highest mean validation AUROC of any epoch.
    """
    ranked = ranked_by_validation(arms)
    return frozenset(ranked if len(arms) <= MANY else ranked[:FEW] + ranked[-FEW:])


def ranked_by_validation(arms: Sequence[Arm]) -> list[int]:
    """Return the arms' places by the highest mean validation AUROC of any epoch, the best last."""
    return sorted(range(len(arms)), key=lambda place: _best(arms[place])[0])


def best_arm(arms: Sequence[Arm]) -> Arm:
    """Return the arm with the highest mean validation AUROC of any epoch."""
    return max(arms, key=lambda arm: _best(arm)[0])


def groups(arms: Sequence[Arm]) -> list[Group]:
    """Return the arms that a reader can show and hide."""
    shown = first_shown(arms)
    return [
        Group(str(place), arm.plan.name, style.colour(place), place in shown)
        for place, arm in enumerate(arms)
        if has_curve(arm)
    ]


def has_curve(arm: Arm) -> bool:
    """Return whether any run of an arm recorded its epochs."""
    return any(curve.value_by_run for curve in arm.curves.values())


def learning(arms: Sequence[Arm]) -> go.Figure:
    """Draw losses above validation AUROC: per arm a line (mean) and a band (range) over runs."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    shown = first_shown(arms)
    for place, arm in enumerate(arms):
        for row, key in ((1, LOSSES[0]), (1, LOSSES[1]), (2, AUROC)):
            if arm.curves[key].value_by_run:
                found = band(arm.curves[key])
                for trace in _traces(found, place, arm.plan.name, key):
                    trace.visible = place in shown
                    figure.add_trace(trace, row=row, col=1)
    style.layout(figure, 460)
    figure.update_layout(margin={"t": 6, "b": 44})
    figure.update_yaxes(title={"text": "Loss", "standoff": 6}, nticks=5, row=1)
    figure.update_yaxes(title={"text": "Validation AUROC", "standoff": 6}, nticks=5, row=2)
    figure.update_xaxes(title={"text": "Epoch"}, nticks=6, row=2)
    return figure


def describe(arms: Sequence[Arm]) -> Description:
    """Return the learning curves in words and numbers."""
    drawn = [arm for arm in arms if has_curve(arm)]
    scored = [arm for arm in drawn if _best(arm)[0] > -math.inf]
    summary = f"{len(drawn)} {plural('arm', len(drawn))}"
    if scored:
        ranked = sorted(scored, key=lambda arm: _best(arm)[0])
        high, low = _said(ranked[-1]), _said(ranked[0])
        lowest = f", and lowest for {low}" if len(ranked) > 1 else ""
        summary += f"; the best epoch's mean validation AUROC is highest for {high}{lowest}"
    return Description(
        name="Learning curves",
        summary=f"{summary}.",
        columns=("Arm", "Runs", "Shared epochs", "Best validation AUROC", "its range",
                 "at epoch", "Last train loss", "Last validation loss"),
        rows=[_row(arm) for arm in drawn],
    )  # fmt: skip


def _best(arm: Arm) -> tuple[float, int]:
    """Return the highest mean validation AUROC of an arm and its place among the epochs."""
    mean_E = arm.curves[AUROC].mean_E
    places = [place for place, value in enumerate(mean_E) if math.isfinite(value)]
    best = max(places, key=lambda place: mean_E[place], default=None)
    return (-math.inf, -1) if best is None else (float(mean_E[best]), best)


def _said(arm: Arm) -> str:
    value, place = _best(arm)
    return f"{arm.plan.name} ({number(value)} at epoch {arm.curves[AUROC].mean_epoch_E[place]:g})"


def _row(arm: Arm) -> list[str | int]:
    value, place = _best(arm)
    found = band(arm.curves[AUROC])
    last = [arm.curves[key].mean_E[-1:] for key in LOSSES]
    return [
        arm.plan.name,
        len(arm.curves[AUROC].value_by_run),
        len(found.epochs),
        number(value),
        ABSENT if place < 0 else f"{number(found.low[place])} to {number(found.high[place])}",
        ABSENT if place < 0 else f"{found.epochs[place]:g}",
        *(number(float(end[0]) if len(end) else None) for end in last),
    ]


def _traces(found: Band, place: int, arm: str, key: str) -> Iterator[go.Scatter]:
    """Yield the lower and upper edge of the band, with its filling, and the line of the mean."""
    colour, name = style.colour(place), style.text(arm)
    common = {"x": found.epochs, "legendgroup": str(place), "showlegend": False, "mode": "lines"}
    edge = {"line": {"width": 0, "color": colour}, "hoverinfo": "skip"}
    if key != LOSSES[0] and found.low != found.high:
        yield go.Scatter(y=_rounded(found.low), **common, **edge)
        filled = {"fill": "tonexty", "fillcolor": style.faint(colour)}
        yield go.Scatter(y=_rounded(found.high), **common, **edge, **filled)
    dash = "dot" if key == LOSSES[0] else "solid"
    what = key.replace(".", " ").replace("auroc_macro", "AUROC")
    yield go.Scatter(
        **common | {"showlegend": key == AUROC},
        y=_rounded(found.mean),
        name=name,
        line={"color": colour, "width": 2 if dash == "solid" else 1.5, "dash": dash},
        hovertemplate=f"{name}, {what}, epoch %{{x}}: %{{y:.4f}}<extra></extra>",
    )


def _rounded(values: Sequence[float]) -> list[float | None]:
    return [round(v, DIGITS) if math.isfinite(v) else None for v in values]
