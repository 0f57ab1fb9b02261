"""How large the page of a study with 100 arms is, and how long it takes to build.

    python benchmarks/report.py --arms 100 --seeds 10 --proteins 91

The study is synthetic, as in benchmarks/ledger.py. Prints one Markdown table row: arms x seeds,
proteins, MB of the page, CPU seconds of reading and analysing the ledger, of writing the page, and
of both.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import typer
from ledger import plan, rows

from rpbind.analysis.interim import read_now
from rpbind.files.atomic import write_new
from rpbind.ledger import Ledger
from rpbind.ledger.checks import merged_file_name
from rpbind.ledger.row_files import keys, parquet_writer
from rpbind.report.build import write_page


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
        cells = [f"{arms} x {seeds}", proteins, f"{page.stat().st_size / 1e6:.2f}"]
    cells += [f"{clock[b] - clock[a]:.2f}" for a, b in ((0, 1), (1, 2), (0, 2))]
    print("| " + " | ".join(map(str, cells)) + " |")


if __name__ == "__main__":
    typer.run(main)
