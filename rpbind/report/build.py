"""The report page of a study: one self-contained HTML file that opens offline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rpbind.analysis import arms
from rpbind.analysis.interim import read_now
from rpbind.analysis.summary import Summary
from rpbind.audit.findings import data_findings
from rpbind.errors import UserError
from rpbind.figures import protein_rows, strip, style
from rpbind.figures.curves import best_arm
from rpbind.figures.embed import scripts, styles
from rpbind.files.places import check_creatable
from rpbind.findings.files import Taken, taken, write_files
from rpbind.ledger import Ledger, write_atomic
from rpbind.ledger.records import PROVENANCE_TERMS
from rpbind.report.drawings import draw
from rpbind.report.parts import contents, environment, style_sheet, tools
from rpbind.report.take import take_data
from rpbind.report.windows import Windows, windows
from rpbind.report.winners import winner_recipes
from rpbind.several.note import Note, read_note
from rpbind.split_spec import folds_in
from rpbind.wording import (
    answers,
    cards,
    claims,
    collapses,
    experiments,
    health,
    predictions,
    search_words,
    verdicts,
    words,
)
from rpbind.wording import audit as audit_words
from rpbind.wording.alerts import alerts, has_nothing
from rpbind.wording.banners import banners
from rpbind.wording.next_step import next_step

SCRIPTS = ("proteins.js", "table.js", "copy.js", "page.js", "take.js")
NO_NOTE = Note()
RELOADS = ("reload.js",)
"""The script of the page of a running study."""
MOST_ROWS = 300
"""Longer tables of bookkeeping are not shown; they can be taken out."""


Explain = Callable[[Path, Summary], None]
"""Explains windows of a study's best arm before its page is written."""


def build_report(study: Path, explain: Explain = lambda study, summary: None) -> Path:
    """Write a study's report page, `index.html`, from its ledger, and its findings beside it.

    Each file is complete or not written at all.

    Parameters
    ----------
    study
        Folder of the study.
    explain
        See `rpbind.explained`; without it, the page has the windows that were explained before.

    Returns
    -------
    Path
        Path of the page.

    Raises
    ------
    UserError
        If the folder holds no study, or if the page cannot be written there.
    """
    summary = read_now(Ledger(study))
    if not summary.interim:
        explain(study, summary)
    return write_page(study, summary)


def write_page(study: Path, summary: Summary) -> Path:
    """Write the page and the findings of a summary, as `build_report` does; returns its path."""
    page, out = study / "index.html", taken(Ledger(study), summary)
    check_creatable(page)
    shown = windows(study, summary)
    write_atomic(page, render(summary, *note_of(study), out=out, shown=shown).encode())
    write_files(study, out)
    return page


def note_of(study: Path) -> tuple[Note, str]:
    """Return the user's note on a study, and why it cannot be read or ""."""
    try:
        return read_note(study), ""
    except UserError as error:
        return Note(), str(error)


def render(
    summary: Summary,
    note: Note = NO_NOTE,
    damage: str = "",
    out: Taken | None = None,
    shown: Windows | None = None,
) -> str:
    """Return the HTML of a study's page; all text from the study and its user is escaped.

    Without `out`, the page has nothing to take out.
    """
    template = environment().get_template("page.html")
    return template.render(
        summary=summary,
        audit=summary.audit,
        audit_words=audit_words,
        data_findings=list(data_findings(summary.audit)) if summary.audit else [],
        plan=summary.plan,
        note=note,
        damage=damage,
        folds=folds_in(summary.plan.split),
        words=words,
        search_words=search_words,
        recipes=winner_recipes(summary.tuned) if summary.tuned else {},
        provenance_terms=PROVENANCE_TERMS,
        verdicts=verdicts,
        collapses=collapses,
        answers=answers,
        cards=cards,
        next_step=next_step,
        predictions=predictions,
        claims=claims,
        experiments=experiments,
        health=health,
        claims_first=_best_with_claims(summary),
        alerts=alerts(summary),
        nothing=has_nothing(summary),
        banners=banners,
        secondary=arms.secondary_metrics(summary.plan),
        style=style,
        css=style_sheet() + styles(),
        contents=contents,
        scripts=[*tools(*SCRIPTS, *(RELOADS if summary.interim else ())), *scripts()],
        forest_rows=strip.forest,
        proteins=protein_rows.protein_rows(summary),
        taken=out,
        take_data=take_data(out) if out else "",
        most_rows=MOST_ROWS,
        draw=draw(summary),
        windows=shown,
    )


def _best_with_claims(summary: Summary) -> str:
    """Return the arm with the highest validation AUROC of those with claims; "" without claims."""
    arms = [arm for arm in summary.arms if arm.plan.name in summary.controls.claims]
    return best_arm(arms).plan.name if arms else ""
