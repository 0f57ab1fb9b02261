"""Figures inside a page: their data where they stand, and the scripts that draw them at its end."""

from __future__ import annotations

from pathlib import Path

import plotly.graph_objects as go
from markupsafe import Markup

HERE = Path(__file__).parent
PLOTLY = HERE / "vendor" / "plotly-cartesian.min.js"
"""plotly.js without maps, 3D and WebGL, which no figure of a report needs."""


def scripts() -> list[Markup]:
    """Return the scripts for the end of a page: plotly.js, and what draws figures with it."""
    return [Markup(path.read_text(encoding="utf-8")) for path in (PLOTLY, HERE / "draw.js")]


def fragment(figure: go.Figure, name: str) -> Markup:
    """Return the place of a figure and, as JSON, what is drawn there.

    Parameters
    ----------
    figure
        The figure; its layout has a height, which keeps its place free.
    name
        Its name on the page. Equal figures with equal names give equal bytes.

    Returns
    -------
    Markup
        HTML. Plotly's JSON has no "<", so no text of a study can end the script element.
    """
    height = int(figure.layout.height)
    return Markup(
        f'<div id="figure-{name}" class="plotly-graph-div" style="min-height:{height}px"></div>'
        f'<script type="application/json" id="data-figure-{name}">{figure.to_json()}</script>'
    )
