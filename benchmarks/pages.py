"""The dated page of a benchmark: date, machine and command above its tables."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import torch


class Page:
    """A Markdown page that is printed, and written to a file, line by line as it becomes longer.

    A script that is ended too early so leaves what it had measured.

    Parameters
    ----------
    title
        The heading.
    file
        Where it is written; None prints it only.
    device
        What is measured: `cpu` or `cuda`.
    """

    def __init__(self, title: str, file: Path | None, device: str = "cpu") -> None:
        self.file = file
        self.lines: list[str] = []
        command = " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]])
        self.add(f"# {title}", "", f"{date.today()}, {machine(device)}.", "", f"    {command}")

    def add(self, *lines: str) -> None:
        """Print lines, and write the page with them."""
        print("\n".join(lines), flush=True)
        self.lines += lines
        if self.file is not None:
            self.file.write_text("\n".join(self.lines) + "\n")

    def table(self, *columns: str) -> None:
        """Begin a table."""
        self.add("", "| " + " | ".join(columns) + " |", "|" + "---|" * len(columns))

    def row(self, *cells: str) -> None:
        """Add a row to the table."""
        self.add("| " + " | ".join(cells) + " |")


def machine(device: str) -> str:
    """Return what the numbers of a page were measured on."""
    processor = platform.processor() or platform.machine()
    if (info := Path("/proc/cpuinfo")).exists():
        named = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        processor = named[0].split(":", 1)[1].strip() if named else processor
    gpu = f"one {torch.cuda.get_device_name(0)}, " if device.startswith("cuda") else ""
    return f"{gpu}{os.cpu_count()} CPU cores ({processor}), torch {torch.__version__}"


def spread(values: Sequence[float], form: str = ".2f") -> str:
    """Return the median of the rounds, with their range in brackets."""
    middle, low, high = float(np.median(values)), min(values), max(values)
    return f"{middle:{form}} ({low:{form}} to {high:{form}})"
