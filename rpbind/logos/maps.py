"""Maps of one window: its substitutions, top span and attention."""

from __future__ import annotations

import plotly.graph_objects as go

from rpbind.figures import palette, style
from rpbind.figures.description import Description
from rpbind.logos.picture import Picture
from rpbind.wording.words import signed


def substitutions(picture: Picture) -> go.Figure:
    """Draw the change of the logit by every substitution, and frame the top span."""
    figure = go.Figure(
        go.Heatmap(
            z=list(zip(*picture.change, strict=True)),
            y=list(picture.substitutes),
            x=_places(picture),
            customdata=[list(picture.letters)] * len(picture.substitutes),
            colorscale=palette.DIVERGING,
            zmid=0,
            xgap=1,
            ygap=1,
            colorbar={"title": {"text": "change<br>of logit"}, "thickness": 10, "nticks": 5},
            hovertemplate="%{customdata}%{x}%{y}: %{z:+.3f}<extra></extra>",
        )
    )
    start, stop = picture.span
    if start < stop:
        figure.add_vrect(start + 0.5, stop + 0.5, line={"color": style.INK, "width": 2})
    style.layout(figure, 240)
    figure.update_yaxes(autorange="reversed", showgrid=False, title={"text": "Substitute"})
    return _placed(figure)


def attention(picture: Picture) -> go.Figure:
    """Draw the attention weight of each nucleotide on each key of the protein, mean over heads."""
    weights = picture.attention or ()
    figure = go.Figure(
        go.Heatmap(
            z=list(zip(*weights, strict=True)),
            y=[style.text(key) for key in picture.keys],
            x=_places(picture),
            colorscale="Viridis",
            colorbar={"title": {"text": "weight"}, "thickness": 10, "nticks": 5},
            hovertemplate="nucleotide %{x}, key %{y}: %{z:.4f}<extra></extra>",
        )
    )
    style.layout(figure, 420)
    figure.update_yaxes(
        type="category",
        autorange="reversed",
        showgrid=False,
        nticks=12,
        title={"text": "Key of the protein", "standoff": 14},
    )
    return _placed(figure)


def describe_substitutions(picture: Picture) -> Description:
    """Describe the map of substitutions: the strongest, the top span, and every change."""
    start, stop = picture.span
    span = f"the top span is {start + 1}-{stop}" if start < stop else "there is no top span"
    strongest = [f"{name} {signed(change, 3)}" for name, change in picture.strongest[:1]]
    return Description(
        name=f"Substitutions of {picture.protein}",
        summary=f"{len(picture.letters)} nucleotides; {span}"
        + (f"; the strongest substitution is {strongest[0]}." if strongest else "."),
        columns=("Nucleotide", *(f"to {letter}" for letter in picture.substitutes)),
        rows=[
            [f"{place} {letter}", *(signed(float(value), 3) for value in change)]
            for place, letter, change in zip(
                _places(picture), picture.letters, picture.change, strict=True
            )
        ],
    )


def describe_attention(picture: Picture) -> Description:
    """Describe the attention map: its largest weight, and the three largest of each nucleotide."""
    weights = picture.attention or ()
    top, place = max((max(row), place) for place, row in enumerate(weights))
    key = picture.keys[list(weights[place]).index(top)]
    ranked = [sorted(zip(row, picture.keys, strict=True), reverse=True)[:3] for row in weights]
    return Description(
        name=f"Attention to {picture.protein}",
        summary=f"The largest weight is {top:.4f}, of nucleotide {place + 1} "
        f"({picture.letters[place]}) on {key}; a uniform weight is {1 / len(picture.keys):.4f}.",
        columns=("Nucleotide", "Largest weights"),
        rows=[
            [f"{n} {letter}", ", ".join(f"{key} {weight:.4f}" for weight, key in three)]
            for n, letter, three in zip(_places(picture), picture.letters, ranked, strict=True)
        ],
    )


def _places(picture: Picture) -> list[int]:
    return list(range(1, len(picture.letters) + 1))


def _placed(figure: go.Figure) -> go.Figure:
    """Number the nucleotides; letters would cover each other on a phone, and the logo has them."""
    figure.update_xaxes(showgrid=False, nticks=12, title={"text": "Nucleotide"})
    return figure
