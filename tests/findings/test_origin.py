"""Where a study's rows come from: the command, the code and the machine of each call of a study."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from rpbind import findings_api
from rpbind.analysis.interim import read_now
from rpbind.findings import environments
from rpbind.findings.environments import Environment, add_environment
from rpbind.findings.files import taken
from rpbind.findings.origin import origin_of
from rpbind.ledger import Ledger
from rpbind.report.build import build_report
from rpbind.report.take import take_data
from rpbind.study.environment import record_environment
from rpbind.train import provenance

sys.path.insert(0, str(Path(__file__).parents[1] / "report"))
from synthetic_study import HOSTILE, plan, write

CALLS = [
    {"began": "2026-07-01T10:00:00+00:00", "ended": "2026-07-01T11:00:00+00:00", "slots": 2},
    {"began": "2026-07-02T10:00:00+00:00", "ended": "", "slots": 4},
]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study of two calls; the runs of its first arm ended in the first, the others never said."""
    write(tmp_path, plan(arms=2, seeds=2), clusters=3, lost=False)
    (tmp_path / "calls.json").write_text(json.dumps(CALLS))
    ledger = Ledger(tmp_path)
    for row in ledger.rows("ablation"):
        ended = "2026-07-01T10:30:00+00:00" if row.arm == "old" else "2026-07-02T10:30:00+00:00"
        ledger.append(row.model_copy(update={"attempt": row.attempt + 1, "ended": ended}))
    return tmp_path


def called(study: Path, began: str, command: str, diff: str = "") -> None:
    text = f"+{HOSTILE}" if diff else ""
    add_environment(study, Environment(began=began, command=command, diff=diff), text)


def test_each_run_has_the_command_of_the_call_in_which_it_ended(study: Path) -> None:
    called(study, "2026-07-01T10:00:01+00:00", "rpbind run study.toml")
    called(study, "2026-07-02T10:00:01+00:00", "rpbind run study.toml --workers 4")
    records = findings_api.findings(study).table("run_records").records()
    commands = {row["arm"]: row["command"] for row in records}
    assert commands.pop("old") == "rpbind run study.toml"
    assert set(commands.values()) == {"rpbind run study.toml --workers 4"}


def test_a_call_of_a_version_that_recorded_nothing_has_no_command(study: Path) -> None:
    called(study, "2026-07-02T10:00:01+00:00", "rpbind run study.toml")
    first, second = findings_api.findings(study).table("calls").records()
    assert (first["command"], second["command"]) == (None, "rpbind run study.toml")
    assert (first["slots"], second["slots"]) == (2, 4)


@pytest.mark.parametrize(
    "content", ["", "{", '[{"began": "yesterday"}]', '[{"began": "", "diff": "../../x"}]']
)
def test_a_damaged_record_of_environments_costs_no_result(study: Path, content: str) -> None:
    (study / environments.FILE).write_text(content)
    assert environments.environments(study) == ()
    assert findings_api.findings(study).environment is None
    called(study, "2026-07-02T10:00:01+00:00", "rpbind run study.toml")
    assert len(environments.environments(study)) == 1


def test_a_run_whose_end_is_unknown_belongs_to_no_call(study: Path) -> None:
    ledger = Ledger(study)
    row = ledger.rows("ablation")[0]
    ledger.append(row.model_copy(update={"attempt": row.attempt + 1, "ended": "yesterday"}))
    assert row.run not in origin_of(ledger).call_of


def test_changes_in_no_commit_are_on_the_page_and_escaped(study: Path) -> None:
    called(study, "2026-07-02T10:00:01+00:00", "rpbind run study.toml", diff="0123456789ab")
    page = build_report(study).read_text()
    assert "0123456789ab" in page
    assert HOSTILE not in page


def test_what_a_process_records_says_where_it_is(study: Path) -> None:
    record_environment(study)
    (found,) = environments.environments(study)
    assert found.python == ".".join(map(str, sys.version_info[:3]))
    assert found.packages["torch"]
    assert found.cores > 0
    assert found.processor


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one committed file, as which the package believes to be installed."""
    file = tmp_path / "checkout" / "provenance.py"
    file.parent.mkdir()
    file.write_text("old\n")
    git(file.parent, "init", "-q")
    git(file.parent, "add", ".")
    git(file.parent, "-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "first")
    monkeypatch.setattr(provenance, "__file__", str(file))
    for each in (provenance.commit, provenance.changes):
        each.cache_clear()
        monkeypatch.setattr(provenance, each.__name__, each.__wrapped__)
    return file


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(folder), *words], check=True)


def test_changes_of_the_checkout_are_recorded_with_their_hash(checkout: Path) -> None:
    assert provenance.changes() == provenance.hash_of_changes() == ""
    checkout.write_text("new\n")
    assert "-old\n+new\n" in provenance.changes()
    first = provenance.hash_of_changes()
    checkout.write_text("newer\n")
    assert len(first) == 12 != provenance.hash_of_changes() != first
    assert provenance.commit().endswith("-dirty")


def test_a_package_inside_a_checkout_of_something_else_says_nothing_of_it(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout.write_text("somebody's work\n")
    installed = checkout.parent / "site-packages" / "provenance.py"
    installed.parent.mkdir()
    installed.write_text("ours\n")
    monkeypatch.setattr(provenance, "__file__", str(installed))
    assert (provenance.changes(), provenance.commit()) == ("", "not a git checkout")


def test_a_page_carries_the_files_from_which_the_study_can_be_run_again(study: Path) -> None:
    files = {"study.toml": "[study]\n", "winner.toml": f"# {HOSTILE}\n"}
    for name, text in files.items():
        (study / name).write_text(text)
    ledger = Ledger(study)
    packed = gzip.decompress(base64.b64decode(take_data(taken(ledger, read_now(ledger)))))
    assert json.loads(packed)["files"] == files


def test_a_study_without_contrasts_has_its_scores_in_the_methods(tmp_path: Path) -> None:
    alone = plan(arms=1, seeds=2).model_copy(update={"contrasts": (), "controls": ()})
    write(tmp_path, alone, clusters=3, lost=False)
    found = findings_api.findings(tmp_path)
    score = found.arms[0]["auroc"]
    assert isinstance(score, float)
    assert f"{score:.3f}" in found.methods_with_numbers
    assert f"{score:.3f}" not in found.methods
    assert found.rule in found.methods
