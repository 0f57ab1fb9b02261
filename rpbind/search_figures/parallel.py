"""Parallel coordinates of a search: a line per trial through all of its hyperparameters."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from rpbind.figures import palette, style
from rpbind.figures.embed import Group
from rpbind.ledger.search_results import SearchResult, Trial
from rpbind.search_figures.scales import Scale, as_text, complete, place, ticks, title

QUARTERS = ("worst quarter", "third quarter", "second quarter", "best quarter")


def figure(search: SearchResult, scales: Sequence[Scale]) -> go.Figure:
    """Draw the lines over one row per hyperparameter, and a last row for the objective.

    The objective also gives a line its colour. Where a trial does not have a hyperparameter, its
    line is broken; rows that some trials lack come first, so that every line reaches its score.

    Parameters
    ----------
    search
        The search, with a complete trial.
    scales
        The scale of each hyperparameter to draw.

    Returns
    -------
    Figure
        Four traces by score, the best trial above them.
    """
    trials = complete(search)
    values = [t.value or 0.0 for t in trials]
    ordered = sorted(scales, key=lambda s: all(t.fields[s.path] is not None for t in trials))
    every = [*ordered, Scale(search.objective.words, "linear", (min(values), max(values)))]
    labels = [style.wrap(title(scale)) for scale in every]
    tops, middles, height = style.rows(labels, track=40)
    drawn = go.Figure()
    for quarter, mine in enumerate(quarters(search)):
        lines = _Lines(every, middles, [t for t in mine if t is not search.best])
        look = {"color": palette.SCORES[quarter], "width": 1 + 0.4 * quarter}
        drawn.add_trace(lines.trace(str(quarter), look, {"size": 3 + quarter}))
    best = _Lines(every, middles, [search.best] if search.best else [])
    marker = {"size": 11, "symbol": "diamond", "line": style.EDGE}
    drawn.add_trace(best.trace("best", {"color": style.colour(1), "width": 3}, marker))
    style.layout(drawn, round(height) + 16)
    drawn.update_layout(margin={"t": 4, "b": 8})
    axis = {"type": "line", "x0": 0, "x1": 1, "line": {"color": style.LINK, "width": 1}}
    drawn.layout.shapes = tuple(go.layout.Shape(y0=y, y1=y, **axis) for y in middles)
    style.label_rows(drawn, labels, tops)
    drawn.layout.annotations += tuple(
        note for scale, y in zip(every, middles, strict=True) for note in _numbers(scale, y + 6)
    )
    drawn.update_xaxes(range=[-0.03, 1.03], visible=False)
    drawn.update_yaxes(range=[height, 0], visible=False)
    return drawn


def quarters(search: SearchResult) -> list[list[Trial]]:
    """Return the complete trials in four groups of one size by score, the worst first."""
    sign = 1 if search.objective.mode == "max" else -1
    ranked = sorted(complete(search), key=lambda t: (sign * (t.value or 0.0), t.name))
    return [[t for n, t in enumerate(ranked) if 4 * n // len(ranked) == q] for q in range(4)]


def groups(search: SearchResult) -> list[Group]:
    """Return the quarters of the trials and the best one, which a reader can show and hide."""
    sizes = [sum(t is not search.best for t in trials) for trials in quarters(search)]
    shown = [
        Group(str(q), f"{QUARTERS[q]} ({size})", palette.SCORES[q], True)
        for q, size in enumerate(sizes)
        if size
    ]
    return [*shown, Group("best", "best trial", style.colour(1), True)]


class _Lines:
    """The lines of some trials, as one trace with a gap after each line."""

    def __init__(self, every: list[Scale], middles: list[float], trials: list[Trial]) -> None:
        self.x: list[float | None] = []
        self.y: list[float | None] = []
        self.text: list[str | None] = []
        *scales, goal = every
        for trial in trials:
            self.x += [*(place(scale, trial) for scale in scales), goal.at(trial.value), None]
            self.y += [*middles, None]
            said = [f"{scale.path} = {as_text(trial.fields[scale.path])}" for scale in scales]
            said.append(f"{goal.path} {trial.value:.4f}")
            self.text += [*(style.text(f"{trial.name}: {each}") for each in said), None]

    def trace(self, key: str, line: dict[str, object], marker: dict[str, object]) -> go.Scatter:
        return go.Scatter(
            x=self.x,
            y=self.y,
            text=self.text,
            legendgroup=key,
            mode="lines+markers",
            line=line,
            marker=marker,
            hovertemplate="%{text}<extra></extra>",
        )


def _numbers(scale: Scale, y: float) -> list[go.layout.Annotation]:
    """Return the texts below an axis."""
    return [
        go.layout.Annotation(
            x=at,
            y=y,
            text=style.text(text),
            xanchor="left" if at == 0 else "right" if at == 1 else "center",
            yanchor="top",
            showarrow=False,
            borderpad=0,
            bgcolor=style.VEIL,
            font={"size": 11, "color": style.MUTED},
        )
        for at, text in zip(*ticks(scale), strict=True)
    ]
