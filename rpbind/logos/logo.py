"""A window as a motif logo: each letter as tall as its effect on the logit."""

from __future__ import annotations

import re

import plotly.graph_objects as go

from rpbind.figures import style
from rpbind.figures.description import Description
from rpbind.logos.picture import Picture
from rpbind.wording.words import signed

GLYPHS = {
    "A": "M0,0 L.38,1 L.62,1 L1,0 L.76,0 L.68,.24 L.32,.24 L.24,0 Z M.38,.42 L.62,.42 L.5,.78 Z",
    "C": "M.95,.68 L.71,.62 C.67,.77 .6,.81 .52,.81 C.36,.81 .25,.7 .25,.5 C.25,.3 .36,.19 .52,.19 "
    "C.61,.19 .69,.24 .72,.38 L.96,.31 C.9,.1 .74,0 .52,0 C.2,0 0,.2 0,.5 C0,.8 .2,1 .52,1 "
    "C.74,1 .9,.9 .95,.68 Z",
    "G": "M.95,.7 L.71,.64 C.67,.77 .6,.81 .52,.81 C.36,.81 .25,.7 .25,.5 C.25,.3 .36,.18 .52,.18 "
    "C.61,.18 .68,.21 .73,.25 L.73,.37 L.52,.37 L.52,.55 L.97,.55 L.97,.14 C.86,.05 .7,0 .52,0 "
    "C.2,0 0,.2 0,.5 C0,.8 .2,1 .52,1 C.75,1 .9,.9 .95,.7 Z",
    "U": "M0,1 L.25,1 L.25,.38 C.25,.22 .34,.18 .5,.18 C.66,.18 .75,.22 .75,.38 L.75,1 L1,1 "
    "L1,.38 C1,.1 .8,0 .5,0 C.2,0 0,.1 0,.38 Z",
    "N": "M0,0 L0,1 L.24,1 L.76,.4 L.76,1 L1,1 L1,0 L.76,0 L.24,.6 L.24,0 Z",
}
"""Outlines of letters in a square of side 1 whose y axis points up."""
COLOURS = {"A": 2, "C": 0, "G": 1, "U": 3, "N": 7}
"""Letter -> the colour of which arm it has: four that colour-blind readers can tell apart."""
POINT = re.compile(r"(-?[\d.]+),(-?[\d.]+)")
WIDTH = 0.9
MOST = 120
"""Of a longer window, so many nucleotides around the top span are drawn."""


def shown(picture: Picture) -> tuple[int, int]:
    """Return start and stop, from 0, of the nucleotides that the logo has."""
    length = len(picture.letters)
    middle = sum(picture.span) // 2 if picture.span[0] < picture.span[1] else length // 2
    start = min(max(middle - MOST // 2, 0), max(length - MOST, 0))
    return start, min(start + MOST, length)


def logo(picture: Picture) -> go.Figure:
    """Draw each letter as tall as it raises the logit, below the line if it lowers it."""
    start, stop = shown(picture)
    support = picture.support[start:stop]
    places = range(start + 1, stop + 1)
    letters = picture.letters[start:stop]
    figure = go.Figure(
        go.Scatter(  # what a pointer finds; the letters are shapes, which say nothing
            x=list(places),
            y=[round(value, 4) for value in support],
            mode="markers",
            marker={"opacity": 0, "size": 8},
            text=[f"{letter}{place}" for letter, place in zip(letters, places, strict=True)],
            hovertemplate="%{text}: %{y:+.3f}<extra></extra>",
        )
    )
    style.layout(figure, 190)
    figure.layout.shapes = tuple(
        go.layout.Shape(
            type="path",
            path=_outline(letter, place, height),
            fillcolor=style.colour(COLOURS[letter]),
            line={"width": 0},
        )
        for letter, place, height in zip(letters, places, support, strict=True)
        if abs(height) > 1e-4
    )
    figure.add_hline(0, line={"color": style.MUTED, "width": 1})
    first, last = picture.span
    if first < last:
        figure.add_vrect(
            first + 0.5, last + 0.5, line={"width": 0}, fillcolor=style.BAND, layer="below"
        )
    figure.update_xaxes(
        range=[start + 0.4, stop + 0.6], showgrid=False, nticks=12, title={"text": "Nucleotide"}
    )
    figure.update_yaxes(title={"text": "Effect on<br>the logit"}, nticks=5, tickformat="+.2~f")
    return figure


def _outline(letter: str, place: int, height: float) -> str:
    """Return the outline of a letter over its place, upright also below the line."""
    base = min(height, 0.0)

    def put(point: re.Match[str]) -> str:
        x = place + (float(point[1]) - 0.5) * WIDTH
        return f"{x:.2f},{base + float(point[2]) * abs(height):.3f}"

    return POINT.sub(put, GLYPHS[letter])


def describe(picture: Picture) -> Description:
    """Describe the logo: its tallest letters, and the height of each."""
    support = picture.support
    ranked = sorted(range(len(support)), key=lambda n: -abs(support[n]))[:3]
    tallest = ", ".join(f"{picture.letters[n]}{n + 1} {signed(support[n], 3)}" for n in ranked)
    start, stop = shown(picture)
    part = f" Nucleotides {start + 1} to {stop} are drawn." if stop - start < len(support) else ""
    return Description(
        name=f"Logo of {picture.protein}",
        summary=f"The tallest letters are {tallest}.{part}",
        columns=("Nucleotide", "Height"),
        rows=[
            [f"{n} {letter}", signed(height, 3)]
            for n, (letter, height) in enumerate(
                zip(picture.letters, support, strict=True), start=1
            )
        ],
    )
