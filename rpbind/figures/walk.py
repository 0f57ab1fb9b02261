"""The walk of a path design: from the first arm to the last, one change at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from rpbind.analysis.arms import Arm
from rpbind.analysis.contrasts import Contrast
from rpbind.figures import style
from rpbind.figures.arms import HEADLINE
from rpbind.figures.description import Description
from rpbind.wording import verdicts
from rpbind.wording.words import number, signed

COLOURS = {"better": style.COLOURS[0], "worse": style.COLOURS[1]}
ARROWS = {True: "triangle-right", False: "triangle-left"}


@dataclass(frozen=True)
class Step:
    """One change of a path.

    Parameters
    ----------
    contrast
        The contrast of the arm after the change with the arm before it.
    before, after
        Test AUROC of these arms, mean over their finished seeds; None if an arm has no score.
    """

    contrast: Contrast
    before: float | None
    after: float | None

    @property
    def name(self) -> str:
        """Name of the change."""
        return self.contrast.paired.contrast.name

    @property
    def to(self) -> str:
        """Name of the arm after the change."""
        return self.contrast.paired.contrast.arm


def walks(design: str, contrasts: Sequence[Contrast], arms: Sequence[Arm]) -> list[list[Step]]:
    """Return the walks of a path design: chains of contrasts, each from the arm of the last.

    Parameters
    ----------
    design
        Name of the design; only a path has walks.
    contrasts
        The study's contrasts in the order of the plan.
    arms
        Its arms.

    Returns
    -------
    list[list[Step]]
        A walk of two steps or more per direction. The contrast of the whole path belongs to none.
    """
    if not design.startswith("path"):
        return []
    level = {arm.plan.name: arm.headline.mean if arm.headline else None for arm in arms}
    found: list[list[Step]] = []
    for contrast in contrasts:
        planned = contrast.paired.contrast
        step = Step(contrast, level.get(planned.reference), level.get(planned.arm))
        # the second walk, in the reverse order, ends at the arm at which the first one ended
        at_end = len(found) > 1 and found[-1][-1].to == found[0][-1].to
        if found and found[-1][-1].to == planned.reference and not at_end:
            found[-1].append(step)
        else:
            found.append([step])
    return [walk for walk in found if len(walk) > 1]


def figure(walk: Sequence[Step]) -> go.Figure:
    """Draw a walk: an arrow per step from level to level, and a thin line down to the next."""
    labels = [style.wrap(_label(number, step)) for number, step in enumerate(walk, 1)]
    tops, middles, height = style.rows(labels, track=20)
    drawn = go.Figure()
    for step, y, below in zip(walk, middles, [*middles[1:], None], strict=True):
        if step.after is not None and below is not None:
            drawn.add_trace(_line([step.after] * 2, [y, below], style.LINK, 1))
        if step.before is not None and step.after is not None:
            drawn.add_trace(_arrow(step, y))
    style.layout(drawn, round(height) + 66)
    style.label_rows(drawn, labels, tops)
    drawn.update_xaxes(title={"text": HEADLINE}, nticks=7)
    drawn.update_yaxes(range=[height, 0], visible=False)
    return drawn


def describe(walk: Sequence[Step]) -> Description:
    """Return a walk in words and numbers: where it begins and ends, and its largest step."""
    start = walk[0].contrast.paired.contrast.reference
    ends = f"from {start} ({number(walk[0].before)}) to {walk[-1].to} ({number(walk[-1].after)})"
    known = [step for step in walk if step.contrast.verdict.mean is not None]
    largest = max(known, key=lambda step: abs(step.contrast.verdict.mean or 0.0), default=None)
    most = largest and f"; the largest is {largest.name} ({_difference(largest)})"
    return Description(
        name="Walk of the path",
        summary=f"{len(walk)} steps {ends}{most or ''}.",
        columns=("Change", "To", "Before", "After", "Difference", "Interval", "Verdict"),
        rows=[
            [
                step.name,
                step.to,
                number(step.before, 4),
                number(step.after, 4),
                signed(step.contrast.verdict.mean),
                verdicts.interval(step.contrast.verdict),
                verdicts.verdict_words(step.contrast.verdict),
            ]
            for step in walk
        ],
    )


def _label(place: int, step: Step) -> str:
    words = verdicts.verdict_words(step.contrast.verdict)
    return f"{place}  {step.name}: {_difference(step)}, {words}"


def _difference(step: Step) -> str:
    return signed(step.contrast.verdict.mean, 3)


def _arrow(step: Step, y: float) -> go.Scatter:
    before, after = step.before or 0.0, step.after or 0.0
    colour = COLOURS.get(step.contrast.verdict.word, style.MUTED)
    arrow = _line([before, after], [y, y], colour, 5)
    arrow.mode = "lines+markers"
    arrow.marker = {
        "color": colour,
        "size": [1, 13],
        "opacity": 1,
        "symbol": ["circle", ARROWS[after >= before]],
    }
    arrow.hoverinfo = None
    arrow.hovertemplate = f"{style.text(step.to)}: %{{x:.4f}}<extra></extra>"
    return arrow


def _line(x: list[float], y: list[float], colour: str, width: float) -> go.Scatter:
    line = {"color": colour, "width": width}
    return go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip")
