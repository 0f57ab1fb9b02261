"""Figures of contrasts, runs, controls and proteins; they draw what the analysis has computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from rpbind.analysis.arms import Arm, Spread
from rpbind.analysis.contrasts import Contrast
from rpbind.analysis.controls import Controls
from rpbind.figures import palette, strip, style
from rpbind.figures.description import file_name
from rpbind.wording import verdicts, words

COLOUR_BAR = {
    "orientation": "h",
    "y": 0,
    "yanchor": "top",
    "ypad": 8,
    "thickness": 10,
    "tickformat": "+.2~f",
    "nticks": 5,
    "title": {
        "text": "Difference in AUROC (mean over seeds)",
        "side": "bottom",
        "font": {"size": 13},
    },
}
AXIS = "Difference in AUROC on test (arm minus<br>reference), macro over protein clusters"
CLUSTERS = "Differences per protein cluster"
"""Name of the table that holds the numbers of `protein_spread` and `protein_map`."""
HEADLINE = "AUROC on test, macro over protein clusters"


def forest(contrasts: Sequence[Contrast], delta: float) -> go.Figure:
    """Draw each contrast's mean and both of its intervals over the band of ±delta."""
    labels = [
        style.wrap(f"{n}  {c.paired.contrast.name}: {verdicts.whole_words(c.verdict)}")
        for n, c in enumerate(contrasts, 1)
    ]
    tops, middles, height = style.rows(labels, track=20)
    figure = go.Figure()
    for contrast, y in zip(contrasts, middles, strict=True):
        if contrast.verdict.mean is not None:
            figure.add_traces(_whisker(contrast, y))
    figure.add_vrect(-delta, delta, fillcolor=style.BAND, line_width=0, layer="below", name="delta")
    figure.add_vline(0, line={"color": style.MUTED, "width": 1}, layer="below")
    style.layout(figure, round(height) + 84)
    style.label_rows(figure, labels, tops)
    figure.update_xaxes(title={"text": AXIS}, tickformat="+.3~f", nticks=7)
    figure.update_yaxes(range=[height, 0], visible=False)
    return figure


def _whisker(contrast: Contrast, y: float) -> list[go.Scatter]:
    """Return the thick interval of equivalence, then the mark with the thin interval on it."""
    verdict, equivalence = contrast.verdict, verdicts.equivalence_interval(contrast)
    symbol, name = strip.LOOKS[verdict.word]
    mean, colour = verdict.mean or 0.0, palette.LIGHT[name]
    low, high = verdict.possible_ci or (mean, mean)
    thick = go.Scatter(
        x=equivalence,
        y=[y, y],
        mode="lines",
        line={"color": colour, "width": 7},
        hoverinfo="skip",
    )
    mark = go.Scatter(
        x=[mean],
        y=[y],
        error_x=None
        if verdict.ci is None
        else {"array": [high - mean], "arrayminus": [mean - low], "thickness": 1.5, "width": 5},
        mode="markers",
        marker={
            "color": colour,
            "size": 13,
            "symbol": symbol,
            "line": {"width": 1.5, "color": colour if symbol.endswith("open") else style.PAGE},
        },
        hovertemplate=(
            f"{words.signed(verdict.mean)} {verdicts.interval(verdict)}"
            f"<br>{verdicts.table_size(contrast)}<extra></extra>"
        ),
    )
    return [mark] if equivalence is None else [thick, mark]


def runs(arms: Sequence[Arm], seeds: Sequence[int]) -> go.Figure:
    """Draw each run's headline AUROC, with a thin line through the runs of each seed."""
    labels = [style.wrap(arm.plan.name) for arm in arms]
    tops, middles, height = style.rows(labels, track=18)
    figure = go.Figure()
    for seed in seeds:
        figure.add_trace(
            go.Scatter(
                x=[arm.macro.get(seed) for arm in arms],
                y=middles,
                mode="lines",
                line={"color": style.LINK, "width": 1},
                hoverinfo="skip",
            )
        )
    for place, (arm, y) in enumerate(zip(arms, middles, strict=True)):
        figure.add_trace(_points(arm, y, place))
    style.layout(figure, round(height) + 66)
    style.label_rows(figure, labels, tops)
    figure.update_xaxes(title={"text": HEADLINE}, nticks=7)
    figure.update_yaxes(range=[height, 0], visible=False)
    return figure


def _points(arm: Arm, y: float, place: int) -> go.Scatter:
    return go.Scatter(
        x=list(arm.macro.values()),
        y=[y] * len(arm.macro),
        mode="markers",
        marker={
            "color": style.colour(place),
            "symbol": style.symbol(place),
            "size": 9,
            "line": style.EDGE,
        },
        customdata=list(arm.macro),
        hovertemplate="seed %{customdata}: %{x:.4f}<extra>"
        + style.text(arm.plan.name)
        + "</extra>",
    )


def controls(controls: Controls, arms: Sequence[Arm]) -> go.Figure:
    """Draw controls and arms by headline AUROC on one axis, the highest on top."""
    marks: list[tuple[str, Spread, int | None]] = [
        (b.name, Spread(b.macro, b.macro, b.macro, 1), None)
        for b in controls.baselines
        if b.macro is not None
    ]
    marks += [(r.name, r.macro, None) for r in controls.retrained if r.macro]
    marks += [(arm.plan.name, arm.headline, i) for i, arm in enumerate(arms) if arm.headline]
    marks.sort(key=lambda mark: -mark[1].mean)
    labels = [style.wrap(name) for name, _, _ in marks]
    tops, middles, height = style.rows(labels, track=12)
    figure = go.Figure(
        [_mark(*mark, y) for mark, y in zip(marks, middles, strict=True)],
    )
    figure.add_vline(0.5, line={"color": style.MUTED, "width": 1}, layer="below")
    style.layout(figure, round(height) + 66)
    style.label_rows(figure, labels, tops)
    figure.update_xaxes(title={"text": HEADLINE}, nticks=7)
    figure.update_yaxes(range=[height, 0], visible=False)
    return figure


def _mark(name: str, spread: Spread, arm: int | None, y: float) -> go.Scatter:
    """Return the mark of a control (`arm` is None; open and grey) or an arm, with its range."""
    colour = style.MUTED if arm is None else style.colour(arm)
    symbol = "circle-open" if arm is None else style.symbol(arm)
    return go.Scatter(
        x=[spread.mean],
        y=[y],
        error_x={
            "array": [spread.high - spread.mean],
            "arrayminus": [spread.mean - spread.low],
            "visible": spread.n > 1,
            "thickness": 1.5,
            "width": 3,
        },
        mode="markers",
        marker={"color": colour, "symbol": symbol, "size": 9},
        hovertemplate=f"%{{x:.4f}}<extra>{style.text(name)}</extra>",
    )


def protein_spread(contrasts: Sequence[Contrast], arms: Mapping[str, int]) -> go.Figure:
    """Place each contrast's difference on every protein cluster, one dot per cluster.

    The numbers are not in the figure: `draw.js` takes them from the table of its values.
    """
    labels = [style.wrap(f"{n}  {c.paired.contrast.name}") for n, c in enumerate(contrasts, 1)]
    tops, middles, height = style.rows(labels, track=26)
    figure = go.Figure()
    for column, (contrast, y) in enumerate(zip(contrasts, middles, strict=True), 1):
        figure.add_trace(
            go.Scatter(
                meta={"table": file_name(CLUSTERS), "column": column, "y": round(y, 1)},
                mode="markers",
                marker={
                    "color": style.colour(arms[contrast.paired.contrast.arm]),
                    "symbol": style.symbol(arms[contrast.paired.contrast.arm]),
                    "size": 7,
                    "line": style.EDGE,
                },
                hovertemplate="%{text}: %{x:+.4f}<extra></extra>",
            )
        )
    figure.add_vline(0, line={"color": style.MUTED, "width": 1}, layer="below")
    style.layout(figure, round(height) + 84)
    style.label_rows(figure, labels, tops)
    figure.update_xaxes(
        title={"text": "Difference in AUROC of a protein cluster on test<br>(mean over seeds)"},
        tickformat="+.3~f",
        nticks=7,
    )
    figure.update_yaxes(range=[height, 0], visible=False)
    return figure


def protein_map(contrasts: Sequence[Contrast], names: Mapping[int, str]) -> go.Figure:
    """Place a cell per protein cluster and contrast; clusters with the largest loss are on top.

    As in `protein_spread`, `draw.js` takes the numbers from the table, by the name of a row.
    """
    effects = [c.paired.by_cluster for c in contrasts]
    every = sorted({cluster for effect in effects for cluster in effect})
    by_cluster = {c: [e[c] for e in effects if c in e] for c in every}
    every.sort(key=lambda c: sum(by_cluster[c]) / len(by_cluster[c]), reverse=True)
    shorts = [names[c] if len(names[c]) <= 26 else names[c][:25] + "…" for c in every]
    figure = go.Figure(
        go.Heatmap(
            meta={"table": file_name(CLUSTERS), "rows": [names[c] for c in every]},
            x=[str(n) for n in range(1, len(contrasts) + 1)],
            y=list(range(len(every))),
            colorscale=palette.DIVERGING,
            zmid=0,
            xgap=1,
            ygap=1,
            colorbar=COLOUR_BAR,
            hovertemplate="%{customdata}<br>contrast %{x}: %{z:+.4f}<extra></extra>",
        )
    )
    style.layout(figure, 16 * len(every) + 130)
    figure.update_layout(margin={"t": 56, "b": 74})
    figure.update_xaxes(
        title={"text": "Number of the contrast in the table"}, side="top", type="category"
    )
    figure.update_yaxes(
        tickvals=list(range(len(every))),
        ticktext=[style.text(short) for short in shorts],
        tickfont={"size": 11},
        showgrid=False,
    )
    return figure
