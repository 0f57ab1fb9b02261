"""Claim: tens of millions of windows are imported in 2 GB; training streams them from the map.

Makes an eCLIP folder of synthetic windows: 91 proteins with overlapping windows of 101 nt, cut out
of a random genome. Imports it, splits it, and reads training batches in two processes. Each step is
a process of its own, whose memory is sampled. `anonymous` is what the process has allocated;
`resident` also counts pages of mapped files, which the system drops when memory is short. Adds the
result to `scale.md` here.

    python benchmarks/scale.py WINDOWS SCRATCH [SOURCE]

SCRATCH is a folder with about 1,000 bytes per window free, SOURCE an eCLIP folder that exists.
"""

from __future__ import annotations

import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

RESULT = Path(__file__).with_suffix(".md")
LENGTH, PROTEINS, PER_SITE = 101, 91, 40
BATCHES, WORKERS = 300, 2
LETTERS = np.frombuffer(b"ACGU", dtype=np.uint8)

READ = """
import sys, torch
from pathlib import Path
from rpbind.data.splits import SplitSpec
from rpbind.recipe import training
from rpbind.train.batches import shuffled_batches
from rpbind.train.inputs import Inputs
inputs = Inputs.open(Path(sys.argv[1]), SplitSpec(), "physchem")
config = training.Train()
batches = shuffled_batches(inputs.parts["train"], config, (0, 0), 1)
for index_B in batches[: int(sys.argv[2])]:
    inputs.batch(index_B, "mean")
"""
"""What a worker does with the data in training; the model is left out."""


def make_source(folder: Path, windows: int) -> None:
    """Write an eCLIP folder; each protein has windows around sites that it shares with others."""
    rng = np.random.default_rng(0)
    genome = LETTERS[rng.integers(0, 4, size=max(windows * 4, 100_000))]
    sites = rng.integers(0, len(genome) - 1_000, size=max(windows // PER_SITE, 10))
    folder.mkdir(parents=True)
    each = windows // PROTEINS
    for protein in range(PROTEINS):
        near = rng.choice(sites, size=each * 2) + rng.integers(0, 600, size=each * 2)
        start = rng.permutation(np.unique(near))[:each]
        with (folder / f"GENE{protein}_K562").open("wb") as file:
            for begin in range(0, len(start), 50_000):
                some = start[begin : begin + 50_000]
                rows = np.full((len(some), LENGTH + 3), ord("\t"), dtype=np.uint8)
                rows[:, :LENGTH] = genome[some[:, None] + np.arange(LENGTH)]
                rows[:, LENGTH + 1] = ord("0") + rng.integers(0, 2, size=len(some))
                rows[:, LENGTH + 2] = ord("\n")
                file.write(rows.tobytes())


def make_table(path: Path, source: Path) -> None:
    """Write the windows of an eCLIP folder as one table."""
    with path.open("w") as table:
        table.write("rna,label,protein\n")
        for file in sorted(source.iterdir()):
            text = file.read_text().replace("\t", ",")
            table.write(text.replace("\n", f",{file.name}\n"))


def make_proteins(path: Path, names: list[str]) -> None:
    """Write a random sequence for each protein."""
    rng = np.random.default_rng(1)
    letters = np.array(list("ACDEFGHIKLMNPQRSTVWY"))
    path.write_text(
        "".join(f">{name}\n{''.join(letters[rng.integers(0, 20, 120)])}\n" for name in names)
    )


def measured(*commands: list[str]) -> tuple[float, float, float, float]:
    """Run processes at once; return seconds, those of all CPUs, and the most memory of one, GB."""
    start, anonymous, resident = time.perf_counter(), 0.0, 0.0
    before = _cpu_seconds()
    running = [subprocess.Popen(command) for command in commands]
    while any(process.poll() is None for process in running):
        for process in running:
            found = _memory(process.pid)
            anonymous, resident = max(anonymous, found[0]), max(resident, found[1])
        time.sleep(0.05)
    if any(process.returncode for process in running):
        raise SystemExit(f"{commands} failed")
    return time.perf_counter() - start, _cpu_seconds() - before, anonymous, resident


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _memory(pid: int) -> tuple[float, float]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0, 0.0
    found = dict(line.split(":", 1) for line in lines)
    return tuple(  # type: ignore[return-value]
        float(found.get(name, "0 kB").split()[0]) * 1024 / 1e9 for name in ("RssAnon", "VmHWM")
    )


def main(windows: int, scratch: Path, source: Path | None) -> None:
    """Measure every step, print the result and write it beside this file."""
    folder = scratch / f"scale-{windows}"
    folder.mkdir(parents=True)
    try:
        made = source or folder / "eclip"
        if source is None:
            make_source(made, windows)
        names = sorted(path.name for path in made.iterdir())
        make_proteins(folder / "proteins.fasta", names)
        data, rpbind = folder / "data", [sys.executable, "-m", "rpbind"]
        make_table(folder / "windows.csv", made)
        options = ["--proteins", folder / "proteins.fasta", "--on-conflict", "drop", "--out"]
        eclip = ["import", "eclip", made, *options, data]
        table = ["import", "table", folder / "windows.csv", *options, folder / "other"]
        steps = {
            "import eclip": [[*rpbind, *map(str, eclip)]],
            "import table (one CSV file)": [[*rpbind, *map(str, table)]],
            "embed": [[*rpbind, "embed", str(data)]],
            "split (cold-rna)": [[*rpbind, "split", str(data)]],
            f"{BATCHES} batches in each of {WORKERS} workers": [
                [sys.executable, "-c", READ, str(data), str(BATCHES)]
            ]
            * WORKERS,
        }
        lines = []
        for name, commands in steps.items():
            seconds, cpu, anonymous, resident = measured(*commands)
            memory = f"{anonymous:.2f} | {resident:.2f}"
            lines.append(f"| {name} | {seconds:,.0f} | {cpu:,.0f} | {memory} |")
            print(lines[-1], flush=True)
        from rpbind.data.dataset import Dataset

        dataset = Dataset.open(data)
        write(lines, dataset, "a real folder" if source else "synthetic")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write(lines: list[str], dataset: object, what: str) -> None:
    """Write the table."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    manifest = dataset.manifest  # type: ignore[attr-defined]
    text = "\n".join(
        [
            f"## {manifest.windows:,} windows ({what}), {manifest.clusters:,} overlap clusters",
            "",
            f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory:.0f} GB, Python "
            f"{platform.python_version()}, numpy {np.__version__}, dataset {manifest.id}.",
            "",
            f"    python benchmarks/scale.py {' '.join(sys.argv[1:2])} SCRATCH"
            f"{' SOURCE' if what != 'synthetic' else ''}",
            "",
            "| step | seconds | CPU seconds | anonymous memory, GB | resident memory, GB |",
            "|---|---|---|---|---|",
            *lines,
            "",
        ]
    )
    print(text)
    with RESULT.open("a") as file:
        file.write(f"\n{text}")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
