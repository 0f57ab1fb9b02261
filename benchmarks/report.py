"""How large the page of a study with 100 arms is, and how long it takes to build and to open.

    python benchmarks/report.py --arms 100 --seeds 10 --proteins 91

The study is synthetic, as in benchmarks/ledger.py. Prints one Markdown table row: arms x seeds,
proteins, MB of the page, CPU seconds of reading and analysing the ledger, of writing the page, of
both, and of the browser's renderer (all its threads) until the page has loaded and its first screen
is drawn: the middle of five openings in Chromium. "-" without Chromium.
"""

import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import typer
from ledger import plan, rows

from rpbind.analysis.interim import read_now
from rpbind.files.atomic import write_new
from rpbind.ledger import Ledger
from rpbind.ledger.checks import merged_file_name
from rpbind.ledger.row_files import keys, parquet_writer
from rpbind.report.build import write_page

OPENINGS = 5
DRAWN = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"


def opening(page: Path) -> str:
    """Return the CPU seconds of the renderer until the first screen of a page is drawn."""
    if (chromium := shutil.which("chromium")) is None:
        return "-"
    from playwright.sync_api import sync_playwright

    took = []
    with sync_playwright() as playwright:
        for _ in range(OPENINGS):
            browser = playwright.chromium.launch(executable_path=chromium)
            tab = browser.new_page(viewport={"width": 1280, "height": 900})
            system = browser.new_browser_cdp_session()
            before = _renderers(system)
            tab.goto(page.as_uri(), wait_until="load")
            tab.evaluate(DRAWN)
            took.append(_renderers(system) - before)
            browser.close()
    return f"{statistics.median(took):.2f}"


def _renderers(system: Any) -> float:
    found = system.send("SystemInfo.getProcessInfo")["processInfo"]
    return sum(float(process["cpuTime"]) for process in found if process["type"] == "renderer")


def main(arms: int = 100, seeds: int = 10, proteins: int = 91, epochs: int = 20) -> None:
    """Make the study in a temporary folder, and write its page."""
    planned = plan(arms, seeds)
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder))
        ledger.begin(planned)
        for arm in planned.arms:
            table = rows(arm, seeds, proteins, ("test",), epochs, rng)
            write_new(ledger.rows_folder / merged_file_name(keys(table)), parquet_writer(table))
        clock = [time.process_time()]
        summary = read_now(ledger)
        clock.append(time.process_time())
        page = write_page(Path(folder), summary)
        clock.append(time.process_time())
        opened = opening(page)
        cells = [f"{arms} x {seeds}", proteins, f"{page.stat().st_size / 1e6:.2f}"]
    cells += [f"{clock[b] - clock[a]:.2f}" for a, b in ((0, 1), (1, 2), (0, 2))]
    cells.append(opened)
    print("| " + " | ".join(map(str, cells)) + " |")


if __name__ == "__main__":
    typer.run(main)
