"""A command that is killed while it writes a dataset leaves none, and begins again."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROTEINS = ">GENEA_K562\nMKVLAWGRRSDE\n>GENEB_K562\nMDDEEAGHWWKL\n"
LETTERS = ("ACGUACGUAC", "GGGUACGUAA", "CCCUACGUCC", "UUUUACGUGG")
TABLE = "rna,protein,label\n" + "".join(
    f"{rna},GENE{gene}_K562,1\n" for rna in LETTERS for gene in "AB"
)
KILLED = """
import os, signal
import rpbind.data.writer as writer
from rpbind import cli
writer._write_parquet = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
cli.main()
"""
COMMANDS = {
    "import": "import table windows.csv --proteins proteins.fasta --k 5 --out out",
    "eclip": "import eclip eclip --proteins proteins.fasta --k 5 --out out",
    "negatives": "negatives bound --rule shuffled --out out",
}


def run(folder: Path, command: str, program: str = "from rpbind import cli; cli.main()") -> int:
    words = [sys.executable, "-c", program, *command.split()]
    return subprocess.run(words, cwd=folder, check=False, capture_output=True).returncode


@pytest.mark.parametrize("name", COMMANDS)
def test_a_killed_command_leaves_no_dataset_and_begins_again(name: str, tmp_path: Path) -> None:
    (tmp_path / "windows.csv").write_text(TABLE)
    (tmp_path / "proteins.fasta").write_text(PROTEINS)
    (tmp_path / "eclip").mkdir()
    for gene in "AB":
        (tmp_path / "eclip" / f"GENE{gene}_K562").write_text(
            "".join(f"{rna}\t{n % 2}\n" for n, rna in enumerate(LETTERS))
        )
    if name == "negatives":
        assert run(tmp_path, COMMANDS["import"].replace("--out out", "--out bound")) == 0
    there = set(tmp_path.iterdir())
    assert run(tmp_path, COMMANDS[name], KILLED) == -signal.SIGKILL
    assert not (tmp_path / "out").exists()
    assert run(tmp_path, COMMANDS[name]) == 0
    assert set(tmp_path.iterdir()) == there | {tmp_path / "out"}
