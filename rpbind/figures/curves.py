"""Learning curves by epoch."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from rpbind.analysis.arms import Arm, Curve
from rpbind.figures import style

Range = tuple[float, float] | None


def learning(arm: Arm, place: int, loss: Range, auroc: Range) -> go.Figure:
    """Draw one arm's losses above its validation AUROC, for each run (thin) and as mean (thick)."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    colour = style.colour(place)
    _lines(figure, 1, arm.curves["train.loss"], (style.MUTED, "dot", "train"))
    _lines(figure, 1, arm.curves["validation.loss"], (colour, "solid", "validation"))
    _lines(figure, 2, arm.curves["validation.auroc_macro"], (colour, "solid", "validation"))
    style.layout(figure, 330)
    figure.update_layout(margin={"t": 6, "b": 44})
    figure.update_yaxes(title={"text": "Loss", "standoff": 6}, range=loss, nticks=5, row=1)
    figure.update_yaxes(title={"text": "AUROC", "standoff": 6}, range=auroc, nticks=5, row=2)
    figure.update_xaxes(title={"text": "Epoch"}, nticks=6, row=2)
    return figure


def _lines(figure: go.Figure, row: int, curve: Curve, line: tuple[str, str, str]) -> None:
    colour, dash, name = line
    for epoch_E, value_E in zip(curve.epoch_by_run, curve.value_by_run, strict=True):
        thin = {"color": colour, "width": 1, "dash": dash}
        figure.add_trace(
            go.Scatter(
                x=epoch_E.tolist(),
                y=value_E.tolist(),
                mode="lines",
                line=thin,
                opacity=0.3,
                hoverinfo="skip",
            ),
            row=row,
            col=1,
        )
    figure.add_trace(
        go.Scatter(
            x=curve.mean_epoch_E.tolist(),
            y=curve.mean_E.tolist(),
            mode="lines",
            line={"color": colour, "width": 2.5, "dash": dash},
            hovertemplate=f"{name}, epoch %{{x}}: %{{y:.4f}}<extra></extra>",
        ),
        row=row,
        col=1,
    )


def shared_range(arms: Sequence[Arm], keys: Sequence[str]) -> Range:
    """Return one axis range for the curves of all arms; None if no run has such a curve."""
    values = [
        float(v)
        for arm in arms
        for key in keys
        for value_E in arm.curves[key].value_by_run
        for v in value_E
    ]
    finite = [v for v in values if abs(v) < float("inf")]
    if not finite:
        return None
    low, high = min(finite), max(finite)
    room = 0.04 * (high - low) or 0.01
    return low - room, high + room
