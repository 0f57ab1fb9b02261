"""What a command answers to bad input: a case is files and a command, the answer one sentence.

Commands run in this process, in a folder of their own, so that a case costs milliseconds. A case
that is refused must leave every file as it was.
"""

from __future__ import annotations

import hashlib
import re
import runpy
import shlex
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from advice import EXPERIMENTS, cannot_be_followed
from full_disk import files_of_at_most

from rpbind import cli

Files = Mapping[str, str | bytes] | Callable[[Path], None]

PROTEINS = ">GENEA_K562\nMKVLAWGRRSDE\n>GENEB_K562\nMDDEEAGHWWKL\n"
WINDOWS = "rna\tprotein\tlabel\n" + "".join(
    f"{rna}\t{gene}_K562\t{n % 2}\n"
    for n, rna in enumerate(("ACGUACGUAC", "GGGUACGUAA", "CCCUACGUCC", "UUUUACGUGG"))
    for gene in ("GENEA", "GENEB")
)
IMPORT = "rpbind import table windows.tsv --proteins proteins.fasta --out d --k 5"


@dataclass(frozen=True)
class Case:
    """One bad input.

    Parameters
    ----------
    name
        The input in words: "a table in UTF-16".
    command
        What is typed, in the case's folder; "rpbind ..." or an experiment such as "tune.py ...".
    says
        Facts that the message has: the file, the line, the value found, the option that helps.
    files
        {path: content} to be written into the case's folder, or a function that fills it. A table
        `windows.tsv` and its `proteins.fasta` are there in any case, unless replaced.
    exit
        The exit code; 0 is of input that is accepted, and said to be odd.
    never
        Words that may not appear in the output.
    disk
        So many bytes a file can have while the command runs: a full disk.
    """

    name: str
    command: str
    says: tuple[str, ...]
    files: Files = field(default_factory=dict)
    exit: int = 2
    never: tuple[str, ...] = ()
    disk: int | None = None


def fill(folder: Path, files: Files) -> None:
    """Write a case's files, beside a table and its proteins."""
    (folder / "windows.tsv").write_text(WINDOWS)
    (folder / "proteins.fasta").write_text(PROTEINS)
    if callable(files):
        files(folder)
        return
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def snapshot(folder: Path) -> dict[str, str]:
    """Return {path: hash of its content} of everything below a folder, but for a study's lock."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.name == "driver":
            continue
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"link to {path.readlink()}"
        elif path.is_file():
            try:
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError as error:
                found[name] = str(error.errno)
        else:
            found[name] = "folder"
    return found


def called(command: str) -> int:
    """Run a command line in this process; return its exit code."""
    program, *words = shlex.split(command)
    before = sys.argv
    sys.argv = [program, *words]
    try:
        if program == "rpbind":
            cli.main()
        else:
            runpy.run_path(str(EXPERIMENTS / program), run_name="__main__")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.argv = before
    return 0


def check(
    case: Case, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run a case in an empty folder: exit code, the facts, no traceback, nothing damaged.

    What is advised can be followed: its options are the command's, or those of one that is named.
    """
    fill(folder, case.files)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "200")
    before = snapshot(folder)
    with files_of_at_most(case.disk) if case.disk else nullcontext():
        code = called(case.command)
    out, err = capsys.readouterr()
    said = re.sub(r"\s+", " ", err if code else out + err)
    assert code == case.exit, f"exit {code}: {said}"
    missing = [fact for fact in case.says if fact not in said]
    assert not missing, f"not said: {missing} in: {said}"
    for word in ("Traceback (most recent call last)", *case.never):
        assert word not in out + err, said
    assert not cannot_be_followed(case.command, said), f"no option of this command, in: {said}"
    if code:
        after = snapshot(folder)
        changed = {name for name in before | after if before.get(name) != after.get(name)}
        changed = {name for name in changed if not name.endswith(".names.tsv")}  # proposals
        assert not changed
