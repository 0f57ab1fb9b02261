"""Claim: all of eclip91 is imported on 2 cores in under 3 minutes and 2 GB, with clusters or not.

Imports it twice, each time in a process of its own: once with the published overlap clusters, once
computing them, and says whether the two partitions are the same. Writes `import_eclip.md` here.

    python benchmarks/import_eclip.py RAW_DIR CLUSTERS_DIR PROTEINS
"""

from __future__ import annotations

import os
import platform
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from rpbind.data.clusters import by_first_appearance
from rpbind.data.dataset import Dataset
from rpbind.importers.importers import ImportOptions, import_eclip
from rpbind.proteins.homology import cluster_proteins

RESULT = Path(__file__).with_suffix(".md")


def measure(raw: Path, clusters: Path | None, proteins: Path, out: Path) -> tuple[float, float]:
    """Import once; return seconds and the process's peak resident memory in GB (10^9 bytes)."""
    start = time.perf_counter()
    import_eclip(raw, ImportOptions(proteins, out, cluster_proteins, "parasail"), clusters)
    seconds = time.perf_counter() - start
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def alone(raw: Path, clusters: Path | None, proteins: Path, out: Path) -> tuple[float, float]:
    """Measure in a fresh process, so that each peak is the import's own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, raw, clusters, proteins, out).result()


def line(name: str, dataset: Dataset, cost: tuple[float, float]) -> str:
    """Return one row of the table."""
    seconds, gigabytes = cost
    rate = len(dataset) / seconds
    return f"| {name} | {len(dataset):,} | {seconds:.1f} | {rate:,.0f} | {gigabytes:.2f} |"


def main(raw: Path, clusters: Path, proteins: Path) -> None:
    """Measure both ways, print the result and write it beside this file."""
    with tempfile.TemporaryDirectory() as folder:
        given, computed = Path(folder) / "given", Path(folder) / "computed"
        costs = alone(raw, clusters, proteins, given), alone(raw, None, proteins, computed)
        one, two = Dataset.open(given), Dataset.open(computed)
        lines = line("given", one, costs[0]), line("computed (k = 31)", two, costs[1])
        same = np.array_equal(by_first_appearance(one.cluster_N), two.cluster_N)
        found = f"{one.manifest.clusters:,} given, {two.manifest.clusters:,} computed"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    text = "\n".join(
        [
            "# Import of eclip91",
            "",
            f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory:.0f} GB, "
            f"Python {platform.python_version()}, numpy {np.__version__}. Reading, checks, search "
            "for duplicates, homology clusters of the proteins, hashes and writing included.",
            "",
            "    python benchmarks/import_eclip.py RAW_DIR CLUSTERS_DIR PROTEINS",
            "",
            "| overlap clusters | rows | seconds | rows/s | peak memory, GB |",
            "|---|---|---|---|---|",
            *lines,
            "",
            f"Same partition: {'yes' if same else 'NO'} ({found}).",
            "",
        ]
    )
    print(text)
    RESULT.write_text(text)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
