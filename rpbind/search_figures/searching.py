"""Figures of searches: scores by trial and by hyperparameter, Pareto front, best of n."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from rpbind.analysis.tuned import Tuned
from rpbind.figures import style
from rpbind.ledger.search_results import SearchResult
from rpbind.ledger.trials import OBJECTIVES
from rpbind.search_figures.scales import Scale, as_text

SLICES = 12
"""Number of hyperparameters that are drawn at most; the table has all of them."""


def history(search: SearchResult) -> go.Figure:
    """Draw each trial's validation score (a pruned one's last score) and the best so far."""
    numbers = list(range(1, len(search.trials) + 1))
    figure = go.Figure(
        [
            go.Scatter(
                x=numbers,
                y=[t.best for t in search.trials],
                mode="lines",
                line={"color": style.MUTED, "width": 2, "shape": "hv"},
                hovertemplate="best of %{x} trials: %{y:.4f}<extra></extra>",
            ),
            *_marks(search, numbers),
        ]
    )
    style.layout(figure, 300)
    figure.update_xaxes(title={"text": "Trials, in the order in which they ended"}, nticks=8)
    figure.update_yaxes(title={"text": _name(search.objectives[0]), "standoff": 8}, nticks=6)
    return figure


def slices(search: SearchResult, scales: Sequence[Scale]) -> go.Figure:
    """Draw each trial's score over every searched hyperparameter, one panel for each.

    A trial that does not have a hyperparameter is not in its panel.

    Parameters
    ----------
    search
        The search.
    scales
        The scale of each hyperparameter to draw.

    Returns
    -------
    Figure
        The panels.
    """
    count = len(scales)
    figure = make_subplots(rows=count, cols=1, vertical_spacing=min(0.5 / max(count, 2), 0.2))
    for row, scale in enumerate(scales, start=1):
        values = [t.fields[scale.path] for t in search.trials]
        in_steps = scale.kind == "steps"
        places = [as_text(v) if in_steps and v is not None else v for v in values]
        for trace in _marks(search, places):
            figure.add_trace(trace, row=row, col=1)
        more = (
            {"type": "category", "categoryorder": "array", "categoryarray": list(scale.values)}
            if in_steps
            else {"type": scale.kind}
        )
        figure.update_xaxes(title={"text": style.text(scale.path)}, row=row, col=1, **more)
    style.layout(figure, 60 + 170 * count)
    figure.update_xaxes(nticks=6, title={"standoff": 4})
    figure.update_yaxes(nticks=4)
    return figure


def front(search: SearchResult) -> go.Figure:
    """Draw two objectives against each other, with a line through the Pareto front."""
    one, two = search.objectives[:2]
    complete = [t for t in search.distinct if t.values is not None]
    best = [t.values for t in search.front if t.values is not None]
    figure = go.Figure(
        [
            go.Scatter(
                x=[t.values[1] for t in complete if t.values],
                y=[t.values[0] for t in complete if t.values],
                text=[t.name for t in complete],
                mode="markers",
                marker={"color": style.MUTED, "size": 8},
                hovertemplate="%{text}: %{y:.4f} at %{x:,.4g}<extra></extra>",
            ),
            go.Scatter(
                x=[values[1] for values in best],
                y=[values[0] for values in best],
                mode="lines+markers",
                line={"color": style.colour(0), "width": 2, "shape": "hv"},
                marker={"size": 9},
                hoverinfo="skip",
            ),
        ]
    )
    style.layout(figure, 300)
    figure.update_xaxes(title={"text": _name(two)}, nticks=6)
    figure.update_yaxes(title={"text": _name(one), "standoff": 8}, nticks=6)
    return figure


def best_of(tuned: Tuned) -> go.Figure:
    """Draw each arm's expected best of n configurations, mean over its searches."""
    figure = go.Figure()
    for place, (arm, curve_N) in enumerate(tuned.expected.items()):
        figure.add_trace(
            go.Scatter(
                x=list(range(1, len(curve_N) + 1)),
                y=curve_N.tolist(),
                name=style.text(arm),
                mode="lines+markers",
                line={"color": style.colour(place), "width": 2},
                marker={"symbol": style.symbol(place), "size": 6},
                hovertemplate=f"{style.text(arm)}, best of %{{x}}: %{{y:.4f}}<extra></extra>",
            )
        )
    style.layout(figure, 340 + 20 * len(tuned.expected))
    figure.update_layout(
        showlegend=len(tuned.expected) > 1, legend={"orientation": "h", "y": -0.25}
    )
    most = max(map(len, tuned.expected.values()))
    figure.update_xaxes(title={"text": "Configurations"}, dtick=1 if most < 10 else None)
    figure.update_yaxes(title={"text": "Expected best validation AUROC", "standoff": 8}, nticks=6)
    return figure


def _marks(search: SearchResult, places: list[Any]) -> list[go.Scatter]:
    """Return one mark per trial: complete filled, pruned open at the last score, best large."""
    kinds = [
        ("complete", [t.value for t in search.trials], "circle", 8),
        ("pruned", [t.reached for t in search.trials], "circle-open", 7),
        ("best", [t.value if t is search.best else None for t in search.trials], "diamond", 11),
    ]
    return [
        go.Scatter(
            x=[x for _, x, _ in shown],
            y=[y for _, _, y in shown],
            text=[t.name for t, _, _ in shown],
            mode="markers",
            marker={
                "color": style.colour(1 if name == "best" else 0),
                "size": size,
                "symbol": symbol,
            },
            hovertemplate=f"%{{text}} ({name}): %{{y:.4f}}<extra></extra>",
        )
        for name, ys, symbol, size in kinds
        if (
            shown := [
                (t, x, y)
                for t, x, y in zip(search.trials, places, ys, strict=True)
                if x is not None and y is not None
            ]
        )
    ]


def _name(objective: str) -> str:
    words = OBJECTIVES[objective].words
    return words[0].upper() + words[1:]
