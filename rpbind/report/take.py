"""What a page carries so that it can be taken out: packed text in one block of the page."""

from __future__ import annotations

import base64
import gzip
import json

from markupsafe import Markup

from rpbind.findings.cards import packed
from rpbind.findings.files import Taken
from rpbind.findings.table import Table


def take_data(out: Taken) -> Markup:
    """Return findings, cards and files as text for a page.

    Parameters
    ----------
    out
        What can be taken out.

    Returns
    -------
    Markup
        JSON (`findings`, `claims`, `files`, and the places of `whole_fractions`), compressed with
        gzip, in base64: it has no sign that HTML could read otherwise.
    """
    findings = json.loads(out.findings.json_text(indent=None))
    whole = {
        "findings": findings,
        "whole_fractions": {one.name: _whole(one) for one in out.findings.tables if one.rows},
        "claims": packed(out.cards),
        "files": out.origin.files,
    }
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    # without a time, so that the same study has the same page
    return Markup(base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode())


def _whole(one: Table) -> list[int]:
    """Return the places of fractions such as 1.0, which a browser does not tell from 1."""
    cells = (cell for row in one.rows for cell in row)
    return [at for at, cell in enumerate(cells) if isinstance(cell, float) and cell.is_integer()]
