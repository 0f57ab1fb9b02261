"""Main effects and interactions of two changes in a factorial design, as one map."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from rpbind.analysis.contrasts import Contrast
from rpbind.figures import style
from rpbind.figures.description import Description
from rpbind.statistics.contrast import Interval
from rpbind.statistics.factorial import Factorial, effect_name
from rpbind.statistics.folds import FoldInterval
from rpbind.wording.words import ABSENT, MINUS, signed

ALIASED = "†"
"""Marks an interaction that cannot be separated from others."""

Cells = dict[tuple[str, str], tuple[float, bool]]
"""{(change, change): (effect, whether it is aliased)}; a main effect has the same change twice."""


def cells(factorial: Factorial, contrasts: Sequence[Contrast]) -> Cells:
    """Return the main effects and interactions of two changes that are known.

    Parameters
    ----------
    factorial
        The factorial.
    contrasts
        The study's contrasts: effects with a verdict.

    Returns
    -------
    Cells
        Both halves of the map; an aliased interaction has the estimate of its group.
    """
    effects = {
        c.paired.contrast.name: (c.verdict.mean, False)
        for c in contrasts
        if c.verdict.mean is not None
    }
    for each in factorial.further:
        if isinstance(each.result, Interval | FoldInterval):
            effects[each.name] = (each.result.mean, bool(each.aliases))
            for other in each.aliases:
                sign = -1 if other.startswith(MINUS) else 1
                effects[other.removeprefix(MINUS)] = (sign * each.result.mean, True)
    found: Cells = {}
    for one in factorial.factors:
        for two in factorial.factors:
            name = one if one == two else effect_name((one, two))
            if name in effects:
                found[one, two] = found[two, one] = effects[name]
    return found


def figure(factorial: Factorial, contrasts: Sequence[Contrast]) -> go.Figure:
    """Draw the map: main effects on the diagonal, interactions of two changes beside it."""
    found, names = cells(factorial, contrasts), factorial.factors
    labels = [style.text(name if len(name) <= 22 else name[:21] + "…") for name in names]
    pairs = [[found.get((one, two)) for two in names] for one in names]
    drawn = go.Figure(
        go.Heatmap(
            z=[[cell and cell[0] for cell in row] for row in pairs],
            x=list(range(1, len(names) + 1)),
            y=list(range(1, len(names) + 1)),
            text=[[_shown(cell, 3) for cell in row] for row in pairs],
            texttemplate="%{text}",
            customdata=[[f"{style.text(a)}, {style.text(b)}" for b in names] for a in names],
            colorscale="RdBu",
            zmid=0,
            xgap=2,
            ygap=2,
            showscale=False,
            hovertemplate="%{customdata}: %{z:+.4f}<extra></extra>",
        )
    )
    places = list(range(1, len(names) + 1))
    style.layout(drawn, 46 * len(names) + 40)
    drawn.update_layout(margin={"b": 12, "t": 30})
    numbered = [f"{place}  {label}" for place, label in zip(places, labels, strict=True)]
    drawn.update_xaxes(tickvals=places, ticktext=list(map(str, places)), side="top", showgrid=False)
    drawn.update_yaxes(tickvals=places, ticktext=numbered, autorange="reversed", showgrid=False)
    return drawn


def describe(factorial: Factorial, contrasts: Sequence[Contrast]) -> Description:
    """Return the map in words and numbers: the largest main effect and interaction."""
    found, names = cells(factorial, contrasts), factorial.factors
    mains = {one: cell[0] for (one, two), cell in found.items() if one == two}
    both = {
        effect_name((one, two)): cell[0]
        for (one, two), cell in found.items()
        if names.index(one) < names.index(two)
    }
    parts = [
        f"the largest {what} is {name} ({signed(values[name])})"
        for what, values in (("main effect", mains), ("interaction of two", both))
        if values
        for name in (max(values, key=lambda each: abs(values[each])),)
    ]
    return Description(
        name="Effects and interactions",
        summary=f"{len(names)} changes; {'; '.join(parts)}.",
        columns=("Change", *names),
        rows=[[one, *(_shown(found.get((one, two)), 4) for two in names)] for one in names],
    )


def _shown(cell: tuple[float, bool] | None, digits: int) -> str:
    return ABSENT if cell is None else signed(cell[0], digits) + (ALIASED if cell[1] else "")
