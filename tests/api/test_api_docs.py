"""docs/python.md runs as it stands, one block after another, in an empty folder."""

import re
import subprocess
import sys
from pathlib import Path

import rpbind as rb

ROOT = Path(__file__).resolve().parents[2]

IN_A_SMALL_WORLD = """
from pathlib import Path
from rpbind.data.world import World
from rpbind.design import source

source.simulated.__defaults__ = Path("data"), World(proteins=6, sites=20, length=31)
"""
"""Before the page's code: what a study without `data` takes has a twentieth of the windows."""

NOT_FOR_READERS = {"as_command", "define_study", "run_experiment"}
"""What the commands and the experiments of this repository are made of."""


def test_the_code_of_the_page_about_python_runs_as_it_stands(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "python.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) == 5
    code = "\n".join([IN_A_SMALL_WORLD, *blocks]) + (
        "\nprint(*study.verdicts()['contrast'], search.best.id, search.is_complete, sep='|')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    *_, told = ended.stdout.splitlines()
    first, second, best, complete = told.split("|")
    assert (first, second, complete) == ("no-residual", "conv", "True")
    assert len(best) == 12
    assert {page.parent.parent.name for page in tmp_path.glob("reports/*/index.html")} == {
        "reports"
    }


def test_the_page_about_python_names_every_command_and_only_functions_that_there_are() -> None:
    page = (ROOT / "docs" / "python.md").read_text()
    named = set(re.findall(r"\brb\.(\w+)", page))
    assert named <= set(rb.__all__)
    functions = {name for name in rb.__all__ if name.islower()} - NOT_FOR_READERS
    assert functions <= named
