"""What `import rpbind` offers on the findings of a study as plain data."""

from __future__ import annotations

from pathlib import Path

from rpbind.api.calls import face
from rpbind.api.study import Study, open_study
from rpbind.errors import UserError, check_one_of
from rpbind.findings.record import Findings

FORMATS = ("md", "latex", "csv", "json")


@face
def findings(study: Study | str | Path) -> Findings:
    """Return what a study found as plain data, read from its ledger now.

    Parameters
    ----------
    study
        The study, or its folder.

    Returns
    -------
    Findings
        The content of `findings.json`: `contrasts`, `predictions`, `arms`, `health`, `hashes`, and
        every table of the report, of which `table(name)` returns one.

    Raises
    ------
    UserError
        If the folder holds no study.

    Examples
    --------
    >>> rb.findings("reports/mine").table("verdicts").records()
    """
    ledger = open_study(study).ledger
    from rpbind.analysis.interim import read_now
    from rpbind.findings.files import taken

    return taken(ledger, read_now(ledger)).findings


def tables_text(study: Study | str | Path, form: str, table: str | None = None) -> str:
    """Return the tables of a study's report as text, as `rpbind report --format` prints them.

    Parameters
    ----------
    study
        The study, or its folder.
    form
        "md", "latex", "csv" (of one table) or "json".
    table
        Name of the only table; without it, the whole report.

    Returns
    -------
    str
        The text.

    Raises
    ------
    UserError
        If there is no such table, or for CSV without a table.
    """
    check_one_of("--format", form, FORMATS)
    found = findings(study)
    from rpbind.findings import documents

    if table is not None:
        return documents.table_text(found.table(table), form)
    if form == "json":
        return found.json_text() + "\n"
    title = found.name or found.question or found.study
    text = [" ".join(f"{each.rstrip('.')}." for each in found.answer), found.methods_with_numbers]
    return documents.whole_text(title, text, found.tables, form)


def write_tables(
    study: Study | str | Path, form: str, out: str | Path, table: str | None = None
) -> list[Path]:
    """Write the tables of a study's report to a file, or, as CSV, to a folder.

    Parameters
    ----------
    study, form, table
        As of `tables_text`.
    out
        The file; for CSV without a `table`, a folder that gets a file for each table.

    Returns
    -------
    list of pathlib.Path
        What was written.

    Raises
    ------
    UserError
        If it cannot be written there.
    """
    check_one_of("--format", form, FORMATS)
    from rpbind.findings import documents

    if form == "csv" and table is None:
        return documents.write_csvs(findings(study).tables, Path(out))
    from rpbind.files.atomic import write_atomic
    from rpbind.files.places import check_creatable

    file = Path(out)
    if file.is_dir():
        raise UserError(f"--out {file} is a folder. Name a file, such as {file / 'report'}.{form}.")
    check_creatable(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(file, tables_text(study, form, table).encode())
    return [file]


def schema_text(what: str = "study") -> str:
    """Return the JSON schema of a file that rpbind reads or writes.

    Parameters
    ----------
    what
        "study" (study.toml), "findings" (findings.json) or "claim".

    Returns
    -------
    str
        The schema.

    Raises
    ------
    UserError
        If it is another word.
    """
    import json

    from rpbind.findings.claim import Claim
    from rpbind.studyfile.template import DRAFT, schema

    check_one_of("The schema", what, ("study", "findings", "claim"))
    made = schema()
    if what != "study":
        model = Findings if what == "findings" else Claim
        made = {"$schema": DRAFT, **model.model_json_schema()}
    return json.dumps(made, indent=2, ensure_ascii=False)
