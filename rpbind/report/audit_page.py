"""The page of `rpbind audit`: one self-contained HTML file whose tables sort."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rpbind.audit.record import Audit
from rpbind.report.parts import style_sheet, tools
from rpbind.wording import audit as audit_words
from rpbind.wording.words import number

HERE = Path(__file__).parent


def audit_page(audit: Audit) -> str:
    """Return the page of an audit as HTML; all text from the data is escaped.

    Parameters
    ----------
    audit
        The audit.

    Returns
    -------
    str
        The HTML.
    """
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    return environment.get_template("audit.html").render(
        audit=audit,
        audit_words=audit_words,
        css=style_sheet(),
        scripts=tools("table.js"),
        has_genes=any(origin.genes is not None for origin in audit.origins),
        regions=list(audit.origins[0].regions),
    )
