"""The page of `rpbind audit`: one self-contained HTML file whose tables sort."""

from __future__ import annotations

from rpbind.audit.record import Audit
from rpbind.report.parts import environment, style_sheet, tools
from rpbind.wording import audit as audit_words


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
    return (
        environment()
        .get_template("audit.html")
        .render(
            audit=audit,
            audit_words=audit_words,
            css=style_sheet(),
            scripts=tools("table.js"),
            has_genes=any(origin.genes is not None for origin in audit.origins),
            regions=list(audit.origins[0].regions),
        )
    )
