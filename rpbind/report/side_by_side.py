"""The page that puts studies side by side: one self-contained HTML file that opens offline."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from rpbind.errors import UserError
from rpbind.figures import strip
from rpbind.files.atomic import write_atomic
from rpbind.files.places import check_creatable
from rpbind.report.parts import contents, environment, style_sheet, tools
from rpbind.report.studies_page import SIDE_BY_SIDE, is_ours, link
from rpbind.several.entries import PAGE
from rpbind.several.like import Like, Pair, like_contrasts
from rpbind.several.plans import arms_by_name, plan_rows, recipe_rows
from rpbind.several.sentences import together
from rpbind.several.side import Side
from rpbind.wording import verdicts, words
from rpbind.wording.verdicts import Judged

MARK = '<meta name="generator" content="rpbind: studies side by side">'
LONGEST = 150
"""Letters of the names of studies in the name of a page."""


def default_place(sides: Sequence[Side]) -> Path:
    """Return where a page is written without another place: beside the first study."""
    names = "-".join(side.label.replace("/", "-") for side in sides)
    if len(names.encode()) > LONGEST:
        names = f"{len(sides)}-studies-{hashlib.sha256(names.encode()).hexdigest()[:12]}"
    return sides[0].folder.absolute().parent / f"{SIDE_BY_SIDE}{names}.html"


def write_side_by_side(sides: Sequence[Side], pairs: Sequence[Pair], page: Path) -> None:
    """Write the page of several studies, whole or not at all.

    Parameters
    ----------
    sides
        The studies.
    pairs
        What `pairs_of` returns for them.
    page
        The file.

    Raises
    ------
    UserError
        If it cannot be written, or if another file has its name.
    """
    check_creatable(page)
    if page.is_dir():
        raise UserError(f"{page} is a folder. Name a file, such as {page / 'side-by-side.html'}.")
    if os.path.lexists(page) and not is_ours(page, MARK):
        raise UserError(
            f"{page} is no page of studies side by side, so it is not replaced. Name another file "
            "with --out."
        )
    page.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(page, render(sides, pairs, page).encode())


def render(sides: Sequence[Side], pairs: Sequence[Pair], page: Path) -> str:
    """Return the HTML of the page; all text from studies is escaped."""
    likes = like_contrasts(sides)
    template = environment().get_template("several.html")
    return template.render(
        mark=MARK,
        sides=sides,
        pairs=pairs,
        addresses=[_address(side, page) for side in sides],
        likes=likes,
        header=strip.header(_axis(sides)),
        drawings=_drawings(sides, likes),
        forests=[_forest(pair) for pair in pairs],
        rows=plan_rows(sides),
        recipes=recipe_rows(sides),
        arms=arms_by_name(sides),
        scores=[{arm.plan.name: arm for arm in side.summary.arms} for side in sides],
        said=together(likes, pairs),
        verdicts=verdicts,
        words=words,
        contents=contents,
        css=style_sheet("several.css"),
        scripts=tools("table.js", "page.js"),
    )


def _address(side: Side, page: Path) -> str:
    """Return the link to the page of a study; "" if it has none."""
    if not (side.folder / PAGE).is_file():
        return ""
    return link(*Path(os.path.relpath(side.folder.absolute(), page.absolute().parent)).parts, PAGE)


def _axis(sides: Sequence[Side]) -> strip.Axis:
    judged = [contrast for side in sides for contrast in side.summary.judged]
    return strip.axis(judged, max(side.summary.plan.delta for side in sides))


def _drawings(sides: Sequence[Side], likes: Sequence[Like]) -> list[list[tuple[int, Markup]]]:
    """Return the drawings of each contrast: its intervals in each study, on one axis."""
    over = _axis(sides)
    return [
        [
            (side.number, strip.row(contrast, over, side.summary.plan.delta))
            for side, contrast in zip(sides, like.judged, strict=True)
            if contrast is not None
        ]
        for like in likes
    ]


@dataclass(frozen=True)
class Paired:
    """The table of like arms of two studies: the numbers of its axis, and a drawing per row."""

    header: Markup
    lines: list[tuple[Judged, Markup]]


def _forest(pair: Pair) -> Paired | None:
    if pair.comparison is None:
        return None
    found, delta = pair.comparison.contrasts, pair.comparison.delta
    over = strip.axis(found, delta)
    return Paired(strip.header(over), [(c, strip.row(c, over, delta)) for c in found])
