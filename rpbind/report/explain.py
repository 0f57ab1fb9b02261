"""The page of `rpbind explain`: the substitutions, top span and attention of one window."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rpbind.figures.embed import scripts, styles
from rpbind.logos.drawn import drawn
from rpbind.logos.picture import Picture
from rpbind.report.parts import style_sheet, tools

HERE = Path(__file__).parent


def explain_page(picture: Picture) -> str:
    """Return the page as HTML that opens offline; all given text is escaped.

    Parameters
    ----------
    picture
        What to show.

    Returns
    -------
    str
        The HTML.
    """
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined
    )
    start, stop = picture.span
    return environment.get_template("explain.html").render(
        picture=picture,
        before=picture.letters[:start],
        inside=picture.letters[start:stop],
        after=picture.letters[stop:],
        css=style_sheet() + styles(),
        scripts=[*tools("table.js"), *scripts()],
        drawn=drawn(picture),
    )
