"""What a study is, seen through the command line: code that only reads rows does not make it new.

Each case edits a copy of the package and gives the command of a study that is there. No run is
made.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DRIVER = """
import os, runpy, sys
from rpbind import experiment
from rpbind.ledger import Ledger
from rpbind.study.resume import resumed


def planned_only(plan, source, where, folder, sweep=None, study_file=None, **asked):
    plan = resumed(plan, Ledger(folder), **asked)
    Ledger(folder).begin(plan)
    accepted = len(plan.accepted_code)
    print("study", folder.name, "seeds", len(plan.seeds), "accepted", accepted, flush=True)
    os._exit(0)


experiment.launch = planned_only
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture(scope="module")
def place(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the code, a world and a study of it that was planned."""
    folder = tmp_path_factory.mktemp("code")
    for name in ("rpbind", "experiments", "search_spaces"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(tiny, folder / "world")
    (folder / "driver.py").write_text(DRIVER)
    begun = asked(folder)
    assert begun.returncode == 0, begun.stderr
    return folder


def asked(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "driver.py", "experiments/e01_did_the_fix_fix_it.py"]
    command += ["--data", "world", "--seeds", "2", "--reports", "reports", *more]
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def edited(place: Path, tmp_path: Path, file: str, was: str, now: str) -> Path:
    folder = tmp_path / "edited"
    shutil.copytree(place, folder)
    text = (folder / file).read_text()
    assert was in text
    (folder / file).write_text(text.replace(was, now, 1))
    return folder


def only_study(folder: Path) -> str:
    (study,) = (folder / "reports").iterdir()
    return study.name


def test_changes_of_comments_docstrings_and_the_report_do_not_change_a_study(
    place: Path, tmp_path: Path
) -> None:
    folder = edited(place, tmp_path, "rpbind/figures/style.py", "\n\n\n", "\n\nNEW = 1\n\n\n")
    for file in ("rpbind/model/binding.py", "rpbind/train/loop.py"):
        path = folder / file
        text = path.read_text()
        path.write_text('"""Another sentence.\n' + text.removeprefix('"""') + "\n# a comment\n")
    extended = asked(folder, "--add-seeds", "1")
    assert extended.returncode == 0, extended.stderr
    assert extended.stdout.split() == ["study", only_study(place), "seeds", "3", "accepted", "0"]


def test_other_code_of_the_model_is_another_study_until_it_is_accepted(
    place: Path, tmp_path: Path
) -> None:
    change = ("rpbind/model/binding.py", "return logit_B", "return 2 * logit_B")
    folder = edited(place, tmp_path, *change)
    name = only_study(folder)
    refused = asked(folder, "--name", name, "--add-seeds", "1")
    assert refused.returncode == 2
    assert "Differences: code of rpbind.model.binding." in refused.stderr
    assert "--accept-code-change" in refused.stderr
    new = asked(folder, "--name", "new")
    assert new.returncode == 0, new.stderr
    accepted = asked(folder, "--add-seeds", "1", "--accept-code-change")
    assert accepted.returncode == 0, accepted.stderr
    assert accepted.stdout.split() == ["study", name, "seeds", "3", "accepted", "1"]
    again = asked(folder, "--name", name)
    assert again.stdout.split() == ["study", name, "seeds", "3", "accepted", "1"], again.stderr
    elsewhere = asked(folder)
    assert f"reports/{name} has the same design" in elsewhere.stderr
    assert "rpbind.model.binding" in elsewhere.stderr
    assert len(list((folder / "reports").iterdir())) == 3


def test_accepting_a_code_change_needs_an_existing_study(place: Path, tmp_path: Path) -> None:
    refused = asked(place, "--name", "nowhere", "--accept-code-change")
    assert refused.returncode == 2
    assert "has none" in refused.stderr
