"""The score of a search over two of its hyperparameters, as a smooth map with all trials."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from rpbind.figures import palette, style
from rpbind.ledger.search_results import SearchResult, Trial
from rpbind.search_figures.scales import Scale, as_text, complete, place, ticks, title

CELLS = 25
"""Cells of the map along a number."""
NEAR = 0.12
"""Standard deviation of the weights around a cell, as a share of the axis."""
LEAST = 0.1
"""A cell is left empty if the weights of all trials sum to less: no trial is near it."""


def figure(search: SearchResult, across: Scale, up: Scale) -> go.Figure:
    """Draw the map, and a mark per complete trial; the diamond is the best one.

    Parameters
    ----------
    search
        The search, with a complete trial.
    across, up
        The scales of the two hyperparameters.

    Returns
    -------
    Figure
        The map.
    """
    trials = with_both(search, across, up)
    one_N, two_N = (np.array([place(s, t) for t in trials], dtype=float) for s in (across, up))
    z_YX = smooth((across, one_N), (up, two_N), np.array([t.value for t in trials], dtype=float))
    name = {"text": _capital(search.objective.words), "side": "bottom", "font": {"size": 13}}
    shared: dict[str, Any] = {
        "x": _cells(across).round(4).tolist(),
        "y": _cells(up).round(4).tolist(),
        "z": [[None if np.isnan(z) else round(float(z), 5) for z in z_X] for z_X in z_YX],
        "colorscale": [[round(n / 3, 4), colour] for n, colour in enumerate(palette.SCORES)],
        "reversescale": search.objective.mode == "min",
        "colorbar": {"orientation": "h", "y": -0.22, "yanchor": "top", "thickness": 10}
        | {"nticks": 5, "outlinewidth": 0, "title": name},
        "hoverinfo": "skip",
    }
    in_steps = "steps" in (across.kind, up.kind)
    drawn = go.Figure(go.Heatmap(**shared) if in_steps else go.Contour(**shared, line={"width": 0}))
    others = [t for t in trials if t is not search.best]
    ring = {"color": style.PAGE, "size": 8, "line": {"width": 1.5, "color": style.INK}}
    drawn.add_trace(_marks(others, (across, up), ring))
    best = {"color": style.colour(1), "size": 14, "symbol": "diamond", "line": style.EDGE}
    drawn.add_trace(_marks([t for t in trials if t is search.best], (across, up), best))
    style.layout(drawn, 430)
    drawn.update_layout(margin={"b": 100})
    for update, scale in ((drawn.update_xaxes, across), (drawn.update_yaxes, up)):
        places, texts = ticks(scale)
        update(
            title={"text": style.text(title(scale)), "standoff": 8},
            tickvals=places,
            ticktext=[style.text(text) for text in texts],
            range=[-0.03, 1.03],
            showgrid=False,
        )
    drawn.update_yaxes(tickangle=-90)
    return drawn


def with_both(search: SearchResult, across: Scale, up: Scale) -> list[Trial]:
    """Return the complete trials that have both hyperparameters."""
    return [t for t in complete(search) if None not in (place(across, t), place(up, t))]


def smooth(
    across: tuple[Scale, NDArray[np.float64]],
    up: tuple[Scale, NDArray[np.float64]],
    value_N: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the map of N scores: per cell their mean, weighted by nearness; NaN if all are far.

    A step is near to itself alone.

    Parameters
    ----------
    across, up
        A scale, and the (N,) places of the trials on it, from 0 to 1.
    value_N
        (N,) scores.

    Returns
    -------
    ndarray
        (cells of `up`, cells of `across`) means.
    """
    near_XN, near_YN = (_nearness(*each) for each in (across, up))
    weight_YXN = near_YN[:, None, :] * near_XN[None, :, :]
    sum_YX = weight_YXN.sum(axis=2)
    known_YX = sum_YX >= LEAST
    mean_YX = np.full(sum_YX.shape, np.nan)
    mean_YX[known_YX] = (weight_YXN @ value_N)[known_YX] / sum_YX[known_YX]
    return mean_YX


def _cells(scale: Scale) -> NDArray[np.float64]:
    """Return the places of the map's cells on a scale: its steps, or equal parts."""
    count = len(scale.values)
    in_steps = scale.kind == "steps"
    return (np.arange(count) + 0.5) / count if in_steps else np.linspace(0, 1, CELLS)


def _nearness(scale: Scale, place_N: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (cells, N): the weight of each trial at each cell of one scale."""
    gap_CN = _cells(scale)[:, None] - place_N[None, :]
    if scale.kind == "steps":
        return (np.abs(gap_CN) < 0.25 / len(scale.values)).astype(float)
    return np.exp(-0.5 * (gap_CN / NEAR) ** 2)


def _marks(trials: list[Trial], scales: tuple[Scale, Scale], marker: dict[str, Any]) -> go.Scatter:
    one, two = scales
    return go.Scatter(
        x=[place(one, t) for t in trials],
        y=[place(two, t) for t in trials],
        text=[
            style.text(
                f"{t.name}: " + ", ".join(f"{s.path} = {as_text(t.fields[s.path])}" for s in scales)
            )
            for t in trials
        ],
        customdata=[t.value for t in trials],
        mode="markers",
        marker=marker,
        hovertemplate="%{text}: %{customdata:.4f}<extra></extra>",
    )


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
