import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def test_the_file_map_is_the_tree() -> None:
    page = (ROOT / "docs/file-map.md").read_text()
    named = set(re.findall(r"^\| `([^`]+)` \|", page, flags=re.MULTILINE))
    assert all((ROOT / path).exists() for path in named)
    package = {
        f"rpbind/{path.name}/" if path.is_dir() else f"rpbind/{path.name}"
        for path in (ROOT / "rpbind").iterdir()
        if not path.name.startswith("_") and path.suffix in ("", ".py")
    }
    assert package - named == set()


def test_every_link_of_every_page_leads_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "reports/README.md"]:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def help_of(page: str) -> str:
    return subprocess.run(
        [sys.executable, str(ROOT / "experiments" / page), "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"COLUMNS": "200", "PYTHONPATH": str(ROOT)},
    ).stdout


def test_every_option_that_the_tables_name_exists() -> None:
    for page, experiment in (("options.md", "ablate.py"), ("searching.md", "tune.py")):
        text = (ROOT / "docs" / page).read_text()
        table = re.findall(r"^\| (`--.*?) \|", text, flags=re.MULTILINE)
        options = {word for cell in table for word in re.findall(r"--[a-z-]+", cell)}
        assert len(options) >= 8
        shown = help_of(experiment)
        assert {option for option in options if option not in shown} == set()


def test_the_experiment_of_the_readme_is_planned_as_it_stands(tmp_path: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    only_plan = "import sys, rpbind.experiment as ours; ours.run_study = lambda *its: sys.exit()\n"
    planned = subprocess.run(
        [sys.executable, "-c", only_plan + code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert "3 arms x 5 seeds = 15 runs, 2 contrasts" in planned.stderr


def test_the_readme_names_the_two_commands_that_the_makefile_has() -> None:
    makefile = (ROOT / "Makefile").read_text()
    commands = re.findall(r"^make (\w+)", README, flags=re.MULTILINE)
    assert commands == ["ablate", "test"]
    assert all(f"\n{command}:" in makefile for command in commands)


def test_ci_runs_the_test_command_of_the_readme_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    work = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]
    assert work == ["make test"]


def test_every_decision_says_context_decision_and_cost() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [int(page.name[:4]) for page in pages]
    assert len(set(numbers)) == len(numbers)  # one decision per number
    for page in pages:
        for part in ("**Context.**", "**Decision.**", "**What it costs.**"):
            assert part in page.read_text(), f"{page.name} lacks {part}"


def test_no_page_names_a_machine_of_its_makers() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("no git repository: what is tracked is not known")
    git = ["git", "-c", "safe.directory=*"]  # else it refuses another user's repository
    tracked = subprocess.run(
        [*git, "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "README.md" in tracked
    private = re.compile("/" + r"(?:work|root|home)/\w")
    for name in tracked:
        if Path(name).suffix in (".py", ".md", ".toml", ".txt", ".html"):
            assert not private.search((ROOT / name).read_text()), name
