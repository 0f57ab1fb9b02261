"""The style of all figures: colours of arms, layout, labels that fit a phone."""

from __future__ import annotations

import html
import textwrap
from typing import Any

import plotly.graph_objects as go

from rpbind.figures import palette

PAGE, VEIL, INK, MUTED, GRID, BAND, LINK = (
    palette.LIGHT[name] for name in ("page", "veil", "ink", "muted", "grid", "band", "link")
)
"""Light colours; `LINK` is that of lines that join marks. The page knows the dark ones."""
COLOURS = palette.ARMS
EDGE = {"width": 1, "color": PAGE}
"""Keeps marks apart that lie on each other."""
SYMBOLS = ("circle", "diamond", "square", "triangle-up")
PATHS = {
    "circle": "M-5 0A5 5 0 1 1 5 0A5 5 0 1 1 -5 0Z",
    "diamond": "M0 -6L6 0L0 6L-6 0Z",
    "square": "M-4.5 -4.5H4.5V4.5H-4.5Z",
    "triangle-up": "M0 -5.5L6 5H-6Z",
}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
LINE = 17
"""Height of one line of a row's label, in pixels."""


def colour(index: int) -> str:
    """Return the colour of the arm with this index in the plan; it is the same in every figure."""
    return COLOURS[index % len(COLOURS)]


def faint(colour: str) -> str:
    """Return a colour as the filling of a band, through which other bands are seen."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.15)"


def symbol(index: int) -> str:
    """Return the marker of the arm with this index; it changes when the colours repeat."""
    return SYMBOLS[index // len(COLOURS) % len(SYMBOLS)]


def path(index: int) -> str:
    """Return this marker as a path of SVG about the origin, at most 12 wide."""
    return PATHS[symbol(index)]


def text(raw: str) -> str:
    """Return text escaped for a figure, because Plotly interprets some HTML tags."""
    return html.escape(raw, quote=False)


def wrap(raw: str, width: int = 46) -> list[str]:
    """Return the escaped lines of a label; 46 characters fit a page of 390 pixels."""
    return [text(line) for line in textwrap.wrap(raw, width)] or [""]


def layout(figure: go.Figure, height: int, **more: Any) -> go.Figure:
    """Apply the page's style to a figure; margins grow with the labels."""
    figure.update_layout(
        height=height,
        template="none",
        font={"family": FONT, "size": 13, "color": INK},
        paper_bgcolor=PAGE,
        plot_bgcolor=PAGE,
        margin={"l": 12, "r": 12, "t": 12, "b": 56},
        showlegend=False,
        dragmode=False,
        hoverlabel={"font": {"family": FONT, "size": 13}, "align": "left"},
        **more,
    )
    axis = {"gridcolor": GRID, "zeroline": False, "automargin": True, "fixedrange": True}
    figure.update_xaxes(title={"font": {"size": 13}, "standoff": 12}, **axis)
    figure.update_yaxes(title={"font": {"size": 13}}, **axis)
    return figure


def rows(labels: list[list[str]], track: int) -> tuple[list[float], list[float], float]:
    """Return the positions of rows that have a label and, below it, a track of `track` pixels.

    They are, in pixels from the top: the top of each label, the middle of each track, and the total
    height.
    """
    tops, middles, y = [], [], 6.0
    for lines in labels:
        tops.append(y)
        y += LINE * len(lines)
        middles.append(y + track / 2)
        y += track + 8
    return tops, middles, y


def label_rows(figure: go.Figure, labels: list[list[str]], tops: list[float]) -> None:
    """Write each row's label above its track, starting at the left edge."""
    label = {
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "yanchor": "top",
        "align": "left",
        "showarrow": False,
        "borderpad": 0,
        "bgcolor": VEIL,
        "font": {"size": 13},
    }
    # all at once, because each add_annotation() copies those before it
    figure.layout.annotations += tuple(
        go.layout.Annotation(y=top, text="<br>".join(lines), **label)
        for lines, top in zip(labels, tops, strict=True)
    )
