"""The importance of searched hyperparameters by every evaluator, with the noise floor of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from rpbind.figures import style
from rpbind.figures.description import Description
from rpbind.figures.embed import Group
from rpbind.wording.words import number, plural

if TYPE_CHECKING:
    from rpbind.analysis.importance import Importance

DASHES = (("dash", "dashed"), ("dot", "dotted"), ("dashdot", "dash-dotted"))
"""Lines of the noise floors, for plotly and in words."""


def figure(rated: Sequence[Importance]) -> go.Figure:
    """Draw a row per hyperparameter: the share by each evaluator, filled if above its floor.

    The floor is a line of the evaluator's colour through all rows.

    Parameters
    ----------
    rated
        The importances, one entry per evaluator.

    Returns
    -------
    Figure
        The rows.
    """
    paths = list(rated[0].share)
    labels = [style.wrap(path) for path in paths]
    tops, middles, height = style.rows(labels, track=12 * len(rated) + 2)
    drawn = go.Figure()
    for n, each in enumerate(rated):
        ys = [middle + 12 * (n - (len(rated) - 1) / 2) for middle in middles]
        drawn.add_trace(
            go.Scatter(
                x=[each.floor, each.floor],
                y=[0, height],
                name=f"noise floor, {each.evaluator}",
                mode="lines",
                line={"color": style.colour(n), "width": 1.5, "dash": DASHES[n % 3][0]},
                legendgroup=str(n),
                hovertemplate=f"noise floor, {each.evaluator}: %{{x:.3f}}<extra></extra>",
            )
        )
        shape = style.SYMBOLS[n % len(style.SYMBOLS)]
        drawn.add_trace(
            go.Scatter(
                x=[round(each.share[path], 4) for path in paths],
                y=ys,
                name=each.evaluator,
                legendgroup=str(n),
                mode="markers",
                marker={
                    "color": style.colour(n),
                    "size": 10,
                    "symbol": [shape if p in each.above else f"{shape}-open" for p in paths],
                },
                text=[style.text(path) for path in paths],
                hovertemplate=f"%{{text}}, {each.evaluator}: %{{x:.3f}}<extra></extra>",
            )
        )
    style.layout(drawn, round(height) + 66)
    style.label_rows(drawn, labels, tops)
    drawn.update_xaxes(
        title={"text": "Share of the score's variance"}, range=[-0.03, 1.05], nticks=6
    )
    drawn.update_yaxes(range=[height, 0], visible=False)
    return drawn


def groups(rated: Sequence[Importance]) -> list[Group]:
    """Return the evaluators, which a reader can show and hide."""
    shapes = [style.SYMBOLS[n % len(style.SYMBOLS)] for n in range(len(rated))]
    return [
        Group(
            str(n), f"{each.evaluator} ({shape}, floor {DASHES[n % 3][1]})", style.colour(n), True
        )
        for n, (each, shape) in enumerate(zip(rated, shapes, strict=True))
    ]


def describe(rated: Sequence[Importance]) -> Description:
    """Return the importances in words: how many are above a floor, and the largest of each."""
    first = rated[0]
    above = {path for each in rated for path in each.above}
    tops = "; ".join(
        f"{each.evaluator}: {top} {number(each.share[top], 2)}, floor {number(each.floor, 2)}"
        for each in rated
        for top in (max(each.share, key=each.share.__getitem__),)
    )
    count = len(first.share)
    return Description(
        "Importance of the hyperparameters",
        f"{len(above)} of {count} {plural('hyperparameter', count)} above a noise floor; the "
        f"largest by each evaluator: {tops}.",
        elsewhere="Its values are in the table of importances.",
    )
