"""The code blocks of a page, as a reader meets them, and how a test runs them.

A block runs in the order of its page, in one folder for the whole page:

- `bash` in a shell that stops at the first error;
- `python` in one session with the Python blocks before it, back to the last `bash` block;
- any block with `title="NAME"` is a file that the reader saves.

Three comments in a page's source, each on a line of its own, say what a test does differently:

- `<!-- given: NAME, NAME -->` anywhere: what the reader has in the folder before the page begins
  (`given.py` makes it);
- `<!-- not run: REASON -->` above a block;
- `<!-- in the test: OLD => NEW -->` above a block: smaller sizes. Several may follow each other.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(
    r"(?P<marks>(?:^ *<!--[^\n]*-->\n)*)"
    r"^(?P<indent> *)```(?P<language>[a-z]*)(?P<options>[^\n`]*)\n(?P<code>.*?)^(?P=indent)```",
    flags=re.MULTILINE | re.DOTALL,
)
NOT_RUN = re.compile(r"<!-- not run: (.*?) -->")
IN_THE_TEST = re.compile(r"<!-- in the test: (.*?) => (.*?) -->")
GIVEN = re.compile(r"^<!-- given: (.*?) -->$", flags=re.MULTILINE)
TITLE = re.compile(r'title="([^"]+)"')
RUN, SHOWN = ("bash", "python"), ("text", "toml", "python", "bash", "markdown")


@dataclass(frozen=True)
class Block:
    """One code block: what it is written in, its text for the test, and its marks."""

    line: int
    language: str
    file: str
    code: str
    as_read: str
    not_run: str

    @property
    def kind(self) -> str:
        """What a test does with it: file, bash, python, or nothing."""
        if self.not_run:
            return ""
        return "file" if self.file else self.language if self.language in RUN else ""


def given(page: Path) -> list[str]:
    """What the reader has before the page begins."""
    return [name for names in GIVEN.findall(page.read_text()) for name in names.split(", ")]


def blocks(page: Path) -> Iterator[Block]:
    """The code blocks of a page; a mark that fits nothing is an error."""
    text = page.read_text()
    for fence in FENCE.finditer(text):
        line = text[: fence.start("code")].count("\n")
        indent = fence["indent"]
        code = (
            re.sub(rf"^{indent}", "", fence["code"], flags=re.MULTILINE)
            if indent
            else fence["code"]
        )
        small = code
        for old, new in IN_THE_TEST.findall(fence["marks"]):
            assert old in small, f"{page.name}:{line}: the block has no {old!r}"
            small = small.replace(old, new)
        title, reason = TITLE.search(fence["options"]), NOT_RUN.search(fence["marks"])
        yield Block(
            line,
            fence["language"],
            title[1] if title else "",
            small,
            code,
            reason[1] if reason else "",
        )


def run(page: Path, folder: Path) -> None:
    """Run the blocks of a page in a folder, from the first to the last."""
    commands = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": commands, "PYTHONPATH": str(ROOT)}
    for kind, group in groupby(blocks(page), key=lambda block: block.kind):
        together = list(group)
        if kind == "file":
            for block in together:
                (folder / block.file).write_text(block.code)
        if kind not in RUN:
            continue
        code = "\n".join(block.code for block in together)
        words = ["bash", "-euo", "pipefail", "-c"] if kind == "bash" else [sys.executable, "-c"]
        ended = subprocess.run(
            [*words, code], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        where = f"{page.name}, line {together[0].line}"
        assert ended.returncode == 0, f"{where}:\n{code}\n{ended.stdout}\n{ended.stderr}"
