"""What pages are made of beside their templates: style sheet, scripts, contents."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from rpbind.figures import palette
from rpbind.findings.table import shown
from rpbind.wording import verdicts, words

HERE = Path(__file__).parent
SECTION = re.compile(r'<section id="([\w-]+)"[^>]*>\s*<h2[^>]*>(.*?)</h2>', re.DOTALL)


def environment() -> Environment:
    """Return what renders the templates of this folder: all text is escaped."""
    made = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for tool in (words.number, words.brief, words.signed, words.p_value, verdicts.reason, shown):
        made.filters[tool.__name__] = tool
    return made


def style_sheet(*more: str) -> Markup:
    """Return the style sheet of all pages: the colours, then the rules, and more files of rules."""
    rules = ("page.css", "answer.css", *more)
    return Markup(palette.css() + "".join((HERE / n).read_text(encoding="utf-8") for n in rules))


def tools(*names: str) -> list[Markup]:
    """Return scripts of this folder; every page works without them."""
    return [Markup((HERE / name).read_text(encoding="utf-8")) for name in names]


def contents(page: Markup) -> Markup:
    """Return a list of links to the sections of a page.

    Parameters
    ----------
    page
        HTML of the page, in which a section is `<section id=...>` followed by its `<h2>`.

    Returns
    -------
    Markup
        The list; a section that the page leaves out is not in it.
    """
    links = (f'<li><a href="#{name}">{title}</a></li>' for name, title in SECTION.findall(page))
    return Markup(f"<ol>{''.join(links)}</ol>")
