"""Figures inside a page: their data where they stand, and the scripts that draw them at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import plotly.graph_objects as go
from markupsafe import Markup

from rpbind.figures import palette
from rpbind.figures.description import Description

HERE = Path(__file__).parent
PLOTLY = HERE / "vendor" / "plotly-cartesian.min.js"
"""plotly.js without maps, 3D and WebGL, which no figure of a report needs."""


@dataclass(frozen=True)
class Group:
    """Traces of a figure that a reader can show and hide together.

    Parameters
    ----------
    key
        The `legendgroup` of its traces.
    name
        What it is called.
    colour
        The colour of its traces.
    shown
        Whether it is drawn at first.
    """

    key: str
    name: str
    colour: str
    shown: bool


def scripts() -> list[Markup]:
    """Return the scripts for the end of a page: colours, plotly.js, what draws figures with it."""
    drawing = (path.read_text(encoding="utf-8") for path in (PLOTLY, HERE / "draw.js"))
    return [Markup(palette.script()), *map(Markup, drawing)]


def styles() -> Markup:
    """Return the style sheet of what stands beside figures."""
    return Markup((HERE / "figure.css").read_text(encoding="utf-8"))


def fragment(
    figure: go.Figure, name: str, about: Description, groups: Sequence[Group] = ()
) -> Markup:
    """Return a figure for a page: its sentence, its place, what is drawn there, and its values.

    Parameters
    ----------
    figure
        The figure; its layout has a height, which keeps its place free.
    name
        Its name on the page. Equal figures with equal names give equal bytes.
    about
        What it says in words and as a table.
    groups
        What a reader can show and hide.

    Returns
    -------
    Markup
        HTML. Plotly's JSON has no "<", so no text of a study can end the script element.
    """
    return Markup(
        '<p class="said"><b>{about.name}.</b> {about.summary}</p>'
        '<div id="figure-{name}" class="plotly-graph-div" role="img" aria-label="{about.spoken}"'
        ' style="min-height:{height}px"></div>'
        '<script type="application/json" id="data-figure-{name}">{data}</script>'
        '<div class="save" role="group" aria-label="Save: {about.name}">'
        '<button type="button" data-figure="figure-{name}" data-save="svg">Save as SVG</button>'
        '<button type="button" data-figure="figure-{name}" data-save="png">Save as PNG</button>'
        "</div>{toggles}{values}"
    ).format(
        name=name,
        about=about,
        height=int(figure.layout.height),
        data=Markup(figure.to_json()),
        toggles=toggles([name], groups),
        values=about.values(),
    )


def toggles(names: Sequence[str], groups: Sequence[Group]) -> Markup:
    """Return a box to tick for every group; a legend of Plotly cannot be reached by keyboard.

    Parameters
    ----------
    names
        Names of the figures that it changes.
    groups
        What a reader can show and hide.

    Returns
    -------
    Markup
        HTML; empty for a single group.
    """
    if len(groups) < 2:
        return Markup()
    box = (
        '<label><input type="checkbox" data-figure="{}" value="{}"{}>'
        '<span class="mark" style="background:{}"></span>{}</label>'
    )
    boxes = [
        Markup(box).format(
            " ".join(f"figure-{name}" for name in names),
            each.key,
            Markup(" checked" if each.shown else ""),
            palette.variable(each.colour),
            each.name,
        )
        for each in groups
    ]
    return Markup('<fieldset class="toggles"><legend>Shown</legend>{}</fieldset>').format(
        Markup("\n").join(boxes)
    )
