"""The page of a reports folder, `index.html`: a line for each study, read anew at each writing."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from rpbind.errors import UserError
from rpbind.files.atomic import list_folder, write_atomic
from rpbind.files.locks import locked
from rpbind.files.places import check_creatable
from rpbind.report.parts import environment, style_sheet, tools
from rpbind.several.entries import PAGE, entries
from rpbind.wording import words

LOCK = ".index.lock"
MARK = '<meta name="generator" content="rpbind: studies of a folder">'
"""The page has it; a page without it is not ours, and is never replaced."""
SIDE_BY_SIDE = "side-by-side-"
"""How the names of pages begin that put studies side by side."""
SIGNS = {"running": "…", "done": "✓", "failed": "✕", "interrupted": "‖", "no report": "○",
         "unreadable": "!"}  # fmt: skip
"""Of the states of studies, beside the word."""


def write_index(reports: Path) -> Path:
    """Write the page that lists the studies of a folder.

    The studies are read and the page is written under one lock, so that of several studies that
    end at once, the last one to write has seen all others.

    Parameters
    ----------
    reports
        The folder.

    Returns
    -------
    Path
        Path of the page.

    Raises
    ------
    UserError
        If the page cannot be written, or if another page has its name.
    """
    page = reports / PAGE
    check_creatable(page)
    with (reports / LOCK).open("a") as file, locked(file, wait=True):
        if os.path.lexists(page) and not is_ours(page, MARK):
            raise UserError(
                f"{page} is not a list of studies, so it is left as it is and the studies of the "
                "folder are not listed. Rename it to have the list."
            )
        write_atomic(page, render(reports).encode())
    return page


def render(reports: Path) -> str:
    """Return the HTML of the list of studies; all text from studies is escaped."""
    made = list_folder(reports, f"{SIDE_BY_SIDE}*.html")
    return (
        environment()
        .get_template("studies.html")
        .render(
            mark=MARK,
            entries=entries(reports),
            pages=[(each.stem.removeprefix(SIDE_BY_SIDE), link(each.name)) for each in made],
            link=link,
            signs=SIGNS,
            words=words,
            css=style_sheet("several.css"),
            scripts=tools("table.js"),
        )
    )


def link(*path: str) -> str:
    """Return a path as a link that a browser takes for nothing else.

    Parameters
    ----------
    path
        Its parts, whatever signs they have.

    Returns
    -------
    str
        The relative URL.
    """
    return "/".join(quote(part, safe="") for part in ("", *path)).replace("/", "./", 1)


def is_ours(page: Path, mark: str) -> bool:
    """Whether a file is a page that may be written again.

    Parameters
    ----------
    page
        The file.
    mark
        What stands in the head of such a page.

    Returns
    -------
    bool
        False for every other file.
    """
    try:
        with page.open(encoding="utf-8") as file:
            return mark in file.read(1000)
    except (UnicodeDecodeError, IsADirectoryError, FileNotFoundError):
        return False
