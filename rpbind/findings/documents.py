"""Tables of a study as one text in Markdown, LaTeX, CSV or JSON, or as a folder of CSV files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rpbind.errors import UserError
from rpbind.files.atomic import write_atomic
from rpbind.files.places import check_creatable
from rpbind.findings.table import Table, latex_text, to_csv, to_latex, to_markdown

_ONE: Mapping[str, Callable[[Table], str]] = {
    "md": to_markdown,
    "latex": to_latex,
    "csv": to_csv,
    "json": lambda one: one.model_dump_json(indent=1),
}


def table_text(one: Table, form: str) -> str:
    """Return one table as text.

    Parameters
    ----------
    one
        The table.
    form
        "md", "latex", "csv" or "json".

    Returns
    -------
    str
        The text, which ends with a line break.
    """
    return _ONE[form](one).rstrip("\n") + "\n"


def whole_text(title: str, paragraphs: Sequence[str], tables: Sequence[Table], form: str) -> str:
    """Return a document with all tables that have a row.

    Parameters
    ----------
    title
        Its title.
    paragraphs
        Text that stands before the tables.
    tables
        The tables.
    form
        "md" or "latex"; the LaTeX is for `\\input` and needs the packages booktabs and longtable.

    Returns
    -------
    str
        The document.

    Raises
    ------
    UserError
        For CSV, of which a text holds one table only.
    """
    shown = [one for one in tables if one.rows]
    if form == "csv":
        raise UserError(
            "CSV is one table per file. Name a folder with --out, or one table with --table: "
            f"{', '.join(one.name for one in shown)}."
        )
    if form == "latex":
        parts = ["% \\usepackage{booktabs,longtable}", rf"\section*{{{latex_text(title)}}}"]
        parts += [latex_text(each) for each in paragraphs if each]
        parts += [to_latex(one) for one in shown]
    else:
        parts = [f"# {_inline(title)}", *(_inline(each) for each in paragraphs if each)]
        parts += [f"## {one.title}\n\n{to_markdown(one)}" for one in shown]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _inline(text: str) -> str:
    """Return text as one paragraph in which nothing is an element of HTML."""
    return " ".join(text.replace("&", "&amp;").replace("<", "&lt;").split())


def write_csvs(tables: Sequence[Table], folder: Path) -> list[Path]:
    """Write every table that has a row to a folder, one CSV file each.

    Parameters
    ----------
    tables
        The tables.
    folder
        It is made if it does not exist; files of the same names are replaced.

    Returns
    -------
    list of Path
        The files.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--out {folder} is a file. CSV is one table per file: name a folder.")
    files = []
    for one in tables:
        if one.rows:
            file = folder / f"{one.name}.csv"
            check_creatable(file)
            folder.mkdir(parents=True, exist_ok=True)
            write_atomic(file, to_csv(one).encode())
            files.append(file)
    return files
