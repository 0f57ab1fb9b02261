"""What a study found, as plain data: every number equals the summary's, in every format."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from rpbind import findings_api
from rpbind.analysis.summary import read
from rpbind.errors import UserError
from rpbind.findings.record import Findings
from rpbind.findings.table import table, to_csv, to_latex, to_markdown
from rpbind.ledger import Ledger

sys.path.insert(0, str(Path(__file__).parents[1] / "report"))
from synthetic_study import HOSTILE, controls, plan, trials, write


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, made = tmp_path_factory.mktemp("findings") / "s", plan()
    write(folder, made)
    trials(folder)
    controls(folder, made)
    return folder


def test_the_contrasts_are_those_of_the_summary(study: Path) -> None:
    summary, found = read(Ledger(study)), findings_api.findings(study)
    assert len(found.contrasts) == len(summary.contrasts) == 11
    for record, contrast in zip(found.contrasts, summary.contrasts, strict=True):
        verdict = contrast.verdict
        assert record["contrast"] == contrast.paired.contrast.name
        assert record["difference"] == verdict.mean
        assert (record["low"], record["high"]) == (verdict.possible_ci or (None, None))
        assert (record["verdict"], record["p"]) == (verdict.word, verdict.p)
        assert (record["n"], record["planned"]) == (contrast.paired.n, 5)


def test_the_file_can_be_read_again_by_its_schema(study: Path) -> None:
    found = findings_api.findings(study)
    assert Findings.model_validate_json(found.json_text()) == found
    assert json.loads(found.json_text())["schema"] == 1
    described = Findings.model_json_schema()["properties"]
    assert all("description" in one or "$ref" in one for one in described.values())


def test_every_table_has_a_name_of_its_own_and_a_value_for_every_column(study: Path) -> None:
    tables = findings_api.findings(study).tables
    assert len({one.name for one in tables}) == len(tables)
    for one in tables:
        assert len(set(one.header)) == len(one.columns)
        assert all(len(row) == len(one.columns) for row in one.rows)


def test_csv_keeps_every_digit(study: Path) -> None:
    found = findings_api.findings(study).table("verdicts")
    lines = list(csv.DictReader(io.StringIO(to_csv(found))))
    for line, record in zip(lines, found.records(), strict=True):
        shown = record["difference"]
        assert isinstance(shown, float)
        assert float(line["difference"]) == shown
        assert line["low"] == ("" if record["low"] is None else repr(record["low"]))


def test_hostile_text_ends_no_cell_and_begins_no_command() -> None:
    one = table("t", "T & %", (("a|b", ""), ("n", "")), [("x|y\n<b> \\input{z} $1_2", 0.5)])
    header, _, row = to_markdown(one).splitlines()
    assert header == "| a\\|b | n |"
    assert "<" not in row
    assert row.count(" | ") == 1
    latex = to_latex(one)
    assert "\\input" not in latex
    assert "T \\& \\%" in latex
    assert "\\$1\\_2" in latex


def test_a_number_that_is_none_is_empty_everywhere() -> None:
    one = table("t", "T", (("a", ""), ("b", "")), [(float("nan"), None), (1.0, 2)])
    assert one.rows[0] == (None, None)
    assert to_csv(one).splitlines()[1] == ","
    assert to_markdown(one).splitlines()[2] == "|  |  |"


def test_a_report_in_markdown_has_every_table_with_a_row(study: Path) -> None:
    text = findings_api.tables_text(study, "md")
    found = findings_api.findings(study)
    for one in found.tables:
        assert (f"## {one.title}" in text) == bool(one.rows)
    assert HOSTILE not in text


def test_csv_of_all_tables_is_a_folder(study: Path, tmp_path: Path) -> None:
    files = findings_api.write_tables(study, "csv", tmp_path / "out")
    written = {file.stem: file.read_text() for file in files}
    found = findings_api.findings(study)
    assert written == {one.name: to_csv(one) for one in found.tables if one.rows}
    with pytest.raises(UserError, match="--table"):
        findings_api.tables_text(study, "csv")


def test_an_unknown_table_is_refused_with_the_nearest(study: Path) -> None:
    with pytest.raises(UserError, match="verdicts"):
        findings_api.tables_text(study, "md", "verdict")


def test_the_methods_with_numbers_have_each_contrast_and_the_rule(study: Path) -> None:
    found = findings_api.findings(study)
    assert found.methods_with_numbers.startswith(found.methods)
    for record in found.contrasts:
        assert f"{record['contrast']}: {record['verdict']}" in found.methods_with_numbers
    assert "0.010" in found.methods
    assert "better:" not in found.methods


def test_the_hash_of_rows_does_not_depend_on_how_they_are_kept(tmp_path: Path) -> None:
    write(tmp_path / "s", plan(arms=2, seeds=2), clusters=3, lost=False)
    before = findings_api.findings(tmp_path / "s").hashes.rows
    Ledger(tmp_path / "s").merge(at=1)
    assert len(list((tmp_path / "s" / "ledger").iterdir())) == 1
    assert findings_api.findings(tmp_path / "s").hashes.rows == before
