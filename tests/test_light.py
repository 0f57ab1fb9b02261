"""Help, the version, completion and a refused option import nothing that takes seconds."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
import typer

from rpbind import cli

EXPERIMENTS = sorted((Path(__file__).parents[1] / "experiments").glob("*.py"))
HEAVY = ("torch", "ray", "scipy", "sklearn", "pandas", "plotly", "optuna", "esm", "parasail")
SECONDS = tuple(name for name in HEAVY if name != "pandas")
"""Modules that alone take more than half a second to import."""

ANSWERS = """
import contextlib, io, json, runpy, sys
heavy, calls = json.loads(sys.stdin.read())
for program, *words in calls:
    sys.argv = [program, *words]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            runpy.run_path(program, run_name="__main__") if program.endswith(".py") else (
                runpy.run_module("rpbind", run_name="__main__")
            )
            code = 0
        except SystemExit as ended:
            code = ended.code or 0
    print(json.dumps([code, sorted(set(heavy) & set(sys.modules)), said.getvalue()]), flush=True)
"""

FIRST = """
import io, json, runpy, sys

class First(io.StringIO):
    def write(self, text):
        if text.strip():
            heavy = sorted(set(HEAVY) & set(sys.modules))
            print(json.dumps([heavy, text]), file=sys.__stdout__, flush=True)
            raise SystemExit(0)
        return len(text)

HEAVY, calls = json.loads(sys.stdin.read())
for program, *words in calls:
    sys.argv, sys.stdout, sys.stderr = [program, *words], First(), First()
    try:
        runpy.run_path(program, run_name="__main__") if program.endswith(".py") else (
            runpy.run_module("rpbind", run_name="__main__")
        )
    except SystemExit:
        pass
"""
"""Prints the heavy modules that are there at the first output of each call, and ends the call."""


def answers(calls: list[list[str]], folder: Path) -> list[tuple[int, list[str], str]]:
    """Return exit code, heavy modules and output of each call, all in one process.

    typer would detect the shell from the parent processes, which a test must not depend on.
    """
    result = subprocess.run(
        [sys.executable, "-c", ANSWERS], input=json.dumps([HEAVY, calls]), cwd=folder,
        env=os.environ | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [tuple(json.loads(line)) for line in result.stdout.splitlines()]


def commands(group: click.Command, *words: str) -> list[list[str]]:
    """Return the words of every command below a group."""
    found = [["rpbind", *words]]
    for name, command in getattr(group, "commands", {}).items():
        found += commands(command, *words, name)
    return found


def test_help_of_every_command_and_experiment_imports_nothing_heavy(tmp_path: Path) -> None:
    named = commands(typer.main.get_command(cli.app)) + [[str(file)] for file in EXPERIMENTS]
    assert len(named) > 20
    for call, (code, heavy, output) in zip(
        named, answers([[*call, "--help"] for call in named], tmp_path), strict=True
    ):
        assert (code, heavy) == (0, []), call
        assert "Usage:" in output


def test_the_version_and_completion_import_nothing_heavy(tmp_path: Path) -> None:
    (code, heavy, output), (shown, too, script) = answers(
        [["rpbind", "--version"], ["rpbind", "--show-completion", "bash"]], tmp_path
    )
    assert (code, heavy, output.split()[0]) == (0, [], "rpbind")
    assert output.split()[1][0].isdigit()
    assert (shown, too) == (0, [])
    assert "_RPBIND_COMPLETE" in script


WORK = [
    "rpbind import table TABLE --proteins FASTA --out made",
    "rpbind embed TINY --encoder triad",
    "rpbind split TINY",
    "rpbind audit TINY",
    "rpbind price --data TINY --measure",
    "rpbind subset TINY --per-protein 2 --out smaller",
    "rpbind baselines TINY",
    "rpbind audit TINY",
    "rpbind train TINY --recipe fixed --seeds 1",
    "rpbind report STUDY",
    "rpbind status STUDY",
    "rpbind compare STUDY STUDY",
    "rpbind doctor --preset fixed",
    "rpbind job status none",
    "ablate.py --data TINY --smoke",
    "tune.py --smoke",
    "e01_did_the_fix_fix_it.py --data TINY --smoke",
]


def test_a_command_that_works_for_long_prints_something_before_it_imports_anything_heavy(
    tiny: Path, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("rna,protein,label\nACGU,P1,1\nACGA,P1,0\n")
    (tmp_path / "p.fasta").write_text(">P1\nMKV\n")
    dataset, study = tmp_path / "tiny", Path(__file__).parent / "ledger" / "study_647bbb3"
    shutil.copytree(tiny, dataset)
    places = {"TINY": dataset, "STUDY": study, "TABLE": tmp_path / "t.csv",
              "FASTA": tmp_path / "p.fasta"}  # fmt: skip
    calls = [[str(places.get(word, word)) for word in line.split()] for line in WORK]
    calls = [[str(EXPERIMENTS[0].parent / one), *more] if one.endswith(".py") else [one, *more]
             for one, *more in calls]  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-c", FIRST], input=json.dumps([SECONDS, calls]), cwd=tmp_path,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    first = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(first) == len(WORK)
    for line, (heavy, text) in zip(WORK, first, strict=True):
        assert heavy == [], (line, text)


REFUSED = [
    "rpbind import table t.tsv --proteins p.fasta --out o --on-conflict maybe",
    "rpbind import table t.tsv --proteins p.fasta --out o --k 99",
    "rpbind import peaks p.bed --genome g.fa --proteins p.fasta --out o --centre midle",
    "rpbind import peaks p.bed --genome g.fa --proteins p.fasta --out o --ratio 0",
    "rpbind negatives d --rule shuffled --out o",
    "rpbind split d --rule cold-rma",
    "rpbind audit d --split cold-rma",
    "rpbind price --design pth",
    "rpbind price nowhere.toml",
    "rpbind price --gpus 2 --measure",
    "rpbind baselines d --split cold-rma",
    "rpbind predict m.pt w.fasta --proteins p.fasta --out o.txt",
    "rpbind evaluate m.pt --data d --part tset",
    "rpbind explain m.pt --rna ACGU --protein P --proteins p.fasta --out o.pdf",
    "rpbind export m.pt --format onxx",
    "rpbind predict m.pt w.fasta --proteins p.fasta --out o.csv",
    "rpbind evaluate m.pt --data d",
    "rpbind explain m.pt --rna ACGU --protein P --proteins p.fasta",
    "rpbind export m.pt",
    "rpbind split d",
    "rpbind compare . . --against old",
    "rpbind doctor",
    "rpbind doctor --preset fixd",
    "rpbind report .",
    "rpbind status .",
    "rpbind compare . .",
    "rpbind submit --reports s3://bucket -- python page.py",
    "rpbind nonsense",
    "rpbind run nowhere.toml",
    "ablate.py --study nowhere.toml",
    "ablate.py --nonsense",
    "ablate.py --design pth",
    "ablate.py --trials 2 --tune-arms 2",
    "ablate.py --name a/b",
    "ablate.py --reports s3://bucket",
    "ablate.py --split cold-rma",
    "ablate.py --executor tral",
    "ablate.py --data nowhere",
    "ablate.py --seeds 5 --seeds 7",
    "ablate.py --gpus-per-run nan",
    "tune.py --sampler tpo",
    "tune.py --budget-minutes 0",
    "tune.py --space nowhere.toml",
    "tune.py --smoke --seeds 2 --epochs 3 --narrower 4",
]


def test_a_refused_option_imports_nothing_heavy(tmp_path: Path) -> None:
    calls = [line.split() for line in REFUSED]
    calls = [[str(EXPERIMENTS[0].parent / one), *more] if one.endswith(".py") else [one, *more]
             for one, *more in calls]  # fmt: skip
    for line, (code, heavy, output) in zip(REFUSED, answers(calls, tmp_path), strict=True):
        assert (code, heavy) == (2, []), (line, output)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file", EXPERIMENTS, ids=lambda file: file.stem)
def test_an_experiment_has_no_options_of_its_own(file: Path) -> None:
    assert "typer.Option" not in file.read_text() or file.stem in ("ablate", "tune")
