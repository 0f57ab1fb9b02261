"""The forest inside the table of verdicts: each row draws its intervals on one common axis.

It is SVG in the colours of the style sheet, so it is sorted and filtered with its row, is dark on
a dark page, and needs no script.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from rpbind.analysis.contrasts import Contrast
from rpbind.analysis.summary import Summary
from rpbind.figures.style import PATHS
from rpbind.statistics.verdict import Word
from rpbind.wording import verdicts
from rpbind.wording.words import signed

WIDTH, HEIGHT, MARGIN = 170, 26, 9
"""Of a row's drawing, in pixels; marks at the ends of the axis need the margin."""
LETTER = 11
"""Room for a digit of the axis, in pixels; a phone has a smaller drawing with the same digits."""
LOOKS: dict[Word, tuple[str, str]] = {
    "better": ("triangle-up", "good-line"),
    "worse": ("triangle-down", "bad-line"),
    "no meaningful effect": ("square", "ink"),
    "inert": ("circle-open", "muted"),
    "inconclusive": ("diamond-open", "muted"),
}
"""{verdict: (Plotly's name of its mark, name of its colour)}; the shape alone tells them apart."""
SHAPES = PATHS | {"triangle-down": "M0 6L6 -5H-6Z"}


@dataclass(frozen=True)
class Axis:
    """The axis of the rows: from `low` to `high`, in AUROC, with 0 within it."""

    low: float
    high: float

    def place(self, difference: float) -> float:
        """Return where a difference is drawn, in pixels from the left."""
        share = (difference - self.low) / (self.high - self.low)
        return MARGIN + share * (WIDTH - 2 * MARGIN)

    @property
    def ticks(self) -> list[float]:
        """The round differences that are written above the rows: three to five, with 0."""
        rough = (self.high - self.low) / 3
        unit = 10.0 ** math.floor(math.log10(rough))
        step = max(unit * times for times in (1, 2, 5) if unit * times <= rough)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [n * step for n in range(first, last + 1)]


def axis(contrasts: Sequence[verdicts.Judged], delta: float) -> Axis:
    """Return the axis that has room for every interval and for the band of ±delta."""
    ends = [0.0, -delta, delta]
    for contrast in contrasts:
        for interval in (contrast.verdict.possible_ci, verdicts.equivalence_interval(contrast)):
            ends += interval or ()
        ends += [] if contrast.verdict.mean is None else [contrast.verdict.mean]
    low, high = min(ends), max(ends)
    return Axis(low, high) if high > low else Axis(-1.0, 1.0)


def header(over: Axis) -> Markup:
    """Return the numbers of the axis that have room, for the header of the column; 0 is first."""
    numbers, taken = Markup(""), list[tuple[float, float]]()
    for tick in sorted(over.ticks, key=lambda tick: (tick != 0, -abs(tick))):
        place, written = over.place(tick), _written(tick)
        half = LETTER * len(written) / 2
        middle = min(max(place, half), WIDTH - half)  # a number at an end is written inwards
        if all(middle + half <= left or right <= middle - half for left, right in taken):
            taken.append((middle - half, middle + half))
            numbers += Markup('<text x="{:.1f}" y="11" text-anchor="middle">{}</text>').format(
                middle, written
            )
    return _svg("axis", 14, numbers)


def row(contrast: verdicts.Judged, over: Axis, delta: float) -> Markup:
    """Return the drawing of a contrast: the band, 0, the thick and the thin line, and the mark.

    Parameters
    ----------
    contrast
        The contrast; one without a paired run has no mark.
    over
        The axis of all rows.
    delta
        Half the width of the band of negligible differences.

    Returns
    -------
    Markup
        An SVG element; each line has its ends in AUROC as `data-low` and `data-high`.
    """
    verdict, middle = contrast.verdict, HEIGHT / 2
    parts = [
        Markup('<rect class="band" x="{:.1f}" width="{:.1f}" y="0" height="{}"/>').format(
            over.place(-delta), over.place(delta) - over.place(-delta), HEIGHT
        ),
        Markup('<path class="zero" d="M{:.1f} 0V{}"/>').format(over.place(0.0), HEIGHT),
    ]
    shape, colour = LOOKS[verdict.word]
    lines = {
        "thick": verdicts.equivalence_interval(contrast),
        "thin": verdict.possible_ci,
    }
    for name, ends in lines.items():
        if ends is not None:
            parts.append(
                Markup(
                    '<path class="{}" data-low="{:.6f}" data-high="{:.6f}" d="M{:.1f} {}H{:.1f}"/>'
                ).format(name, *ends, over.place(ends[0]), middle, over.place(ends[1]))
            )
    if verdict.mean is not None:
        parts.append(
            Markup('<path class="point{}" d="{}" transform="translate({:.1f} {})"/>').format(
                " hollow" if shape.endswith("-open") else "",
                SHAPES[shape.removesuffix("-open")],
                over.place(verdict.mean),
                middle,
            )
        )
    told = f"{signed(verdict.mean)} {verdicts.interval(verdict)}: {verdict.word}"
    return _svg("strip", HEIGHT, Markup("").join(parts), told, colour)


@dataclass(frozen=True)
class Forest:
    """The rows of the table of verdicts, each with its drawing.

    Parameters
    ----------
    header
        The numbers of the axis.
    lines
        (number of the contrast in the plan, the contrast, its drawing), in the order of the table.
    by_path
        Whether that is the order of a path; else the largest difference is the first.
    """

    header: Markup
    lines: list[tuple[int, Contrast, Markup]]
    by_path: bool


def forest(summary: Summary) -> Forest:
    """Return the rows of a study's contrasts; those without a difference are the last ones."""
    delta, by_path = summary.plan.delta, summary.plan.design == "path"
    over = axis(summary.contrasts, delta)
    lines = [(n, c, row(c, over, delta)) for n, c in enumerate(summary.contrasts, 1)]
    if not by_path:
        lines.sort(key=lambda line: -_difference(line[1]))
    return Forest(header(over), lines, by_path)


def _difference(contrast: Contrast) -> float:
    return -math.inf if contrast.verdict.mean is None else contrast.verdict.mean


def _written(tick: float) -> str:
    return f"{tick:+.2g}".replace("-", "−") if tick else "0"


def _svg(name: str, height: int, inside: Markup, told: str = "", colour: str = "muted") -> Markup:
    spoken = Markup('role="img" aria-label="{}"').format(told) if told else 'aria-hidden="true"'
    return Markup(
        '<svg class="{}" width="{}" height="{}" viewBox="0 0 {} {}" style="color:var(--{})" {}>'
        "{}</svg>"
    ).format(name, WIDTH, height, WIDTH, height, colour, Markup(spoken), inside)
