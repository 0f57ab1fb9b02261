"""One GPU in ten minutes: whether it computes what it should, and then how fast it trains.

    python benchmarks/gpu.py --out benchmarks/gpu.md
    python benchmarks/gpu.py --device cpu --small

Prints a Markdown page, and writes it line by line to `--out`. Windows are random, in the shape of
eclip91. Candidates of a table take turns; its cells have the median of the rounds, and their range
in brackets. `--small` takes narrow models, few windows, one round and two processes, to exercise
the script on a CPU; its numbers say nothing. A row that fails, or for which no time is left, says
so, and the others go on. The exit code is 1 if a check or a row failed.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from gpu_checks import CHECKS, Check
from gpu_rates import SMALL, WHOLE, Rate, Size, rates_together
from model_speed import random_inputs
from packing import measured
from pages import Page, spread

from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import PRESETS
from rpbind.train.loop import Training
from rpbind.train.machine import Machine

LIMIT = 440.0
"""Seconds after which no new row is begun, so that the last one ends within ten minutes."""
SLOWEST, EPOCHS = 15.0, 4
"""Seconds that an epoch may be expected to take, to be tried, and how many are made."""
H100 = {"old": 5_566, "fixed": 3_698, "conv-residue": 9_071, "own-head": 69_780}
"""Windows/s of one process on an H100 on 2026-11-28, see model_speed.md."""
RATIO = {"fixed": 30, "conv-residue": 15, "own-head": 8}
"""Aim: how many times the rate of the H100."""
EPOCH = {"fixed": 10, "conv-residue": 10, "own-head": 3}
"""Aim: seconds of an epoch of eclip91."""
VECTORS = {"physchem": 10, "triad": 343}
TRAINED, VALIDATED = 70, 15
"""Percentages of the windows in these parts, as `cold-rna` has them."""
TOGETHER = {5: "1.2", 50: "4"}
"""Seeds trained together -> aim: how many times the time of one."""


class Report:
    """The page, the time that is left, and whether something failed."""

    def __init__(self, page: Page, device: str, size: Size) -> None:
        self.page, self.device, self.size = page, device, size
        self.began, self.failed = time.monotonic(), False
        self.rate: dict[str, float] = {}
        """Windows/s of one process, by preset; of a few wide and narrow models by their names."""

    def attempt(self, name: str, work: Callable[[], None]) -> None:
        """Do the work of a row; if it fails, or no time is left, the row says so."""
        if time.monotonic() - self.began > LIMIT:
            self.page.row(name, "not measured: no time was left")
            return
        try:
            work()
        except Exception as error:  # the rows after it are worth the GPU's time
            traceback.print_exc()
            self.failed = True
            (line, *_) = str(error).splitlines() or [""]
            self.page.row(name, f"failed: {type(error).__name__} {line[:150]}")


def _recipes(size: Size) -> dict[str, Recipe]:
    return {name: narrowed(r, size.factor) for name, r in PRESETS.items()} | size.stacked


def check(report: Report) -> None:
    """Add the table of what was checked."""
    report.page.table("checked", "difference", "at most", "holds")
    for each in CHECKS:

        def work(each: Check = each) -> None:
            for found in each(report.device, report.size.factor):
                report.failed |= not found.holds
                most = f"{found.most:g}" if found.most < np.inf else "no bound"
                cells = [found.problem or f"{found.value:.1e}", most]
                report.page.row(found.what, *cells, "yes" if found.holds else "**no**")

        report.attempt(each.__name__, work)


def one_process(report: Report) -> None:
    """Add the windows/s of one process, beside those of an H100."""
    recipes = _recipes(report.size)
    report.page.table("one process", "windows/s", "times the H100's", "aim")

    rates: dict[str, Rate] = {}
    for name, recipe in recipes.items():

        def begin(name: str = name, recipe: Recipe = recipe) -> None:
            rates[name] = Rate(recipe, report.device)

        report.attempt(f"`{name}`", begin)

    def work() -> None:
        turns: dict[str, list[float]] = {name: [] for name in rates}
        for _ in range(report.size.rounds):
            for name, rate in rates.items():
                turns[name].append(rate.measure(report.size.seconds / 2))
        for name, turn in turns.items():
            report.rate[name] = float(np.median(turn))
            is_whole = name in H100 and report.size == WHOLE
            ratio = spread([each / H100[name] for each in turn]) if is_whole else "-"
            report.page.row(f"`{name}`", spread(turn, ",.0f"), ratio, str(RATIO.get(name, "-")))

    report.attempt("all", work)


def one_epoch(report: Report) -> None:
    """Add the seconds of an epoch of as many windows as eclip91 has."""
    size = report.size
    report.page.table(f"epoch, {size.windows:,} windows", "training, s", "and scoring, s", "aim")
    trained, scored = size.windows * TRAINED // 100, size.windows * VALIDATED // 100
    for name in EPOCH:

        def work(name: str = name) -> None:
            recipe = narrowed(PRESETS[name], size.factor).with_({"train.epochs": EPOCHS})
            expected = trained / report.rate[name]
            if expected > SLOWEST:
                report.page.row(f"`{name}`", f"not run: {expected:.0f} s at the rate above", "-")
                return
            inputs = random_inputs(VECTORS[recipe.proteins], trained + scored)
            index_N = inputs.parts["train"]
            parts = {"train": index_N[:trained], "validation": index_N[trained:]}
            inputs = replace(inputs, parts=inputs.parts | parts)
            training = Training(recipe, 0, inputs, Machine(device=report.device))
            times, before = [], (time.perf_counter(), 0.0)
            for _ in training.epochs():
                now = time.perf_counter(), training.train_seconds
                times.append((now[1] - before[1], now[0] - before[0]))
                before = now
            cells = [spread(each) for each in zip(*times[1:], strict=True)]  # the first records
            report.page.row(f"`{name}`", *cells, str(EPOCH[name]))

        report.attempt(f"`{name}`", work)


def many_processes(report: Report) -> None:
    """Add the windows/s of several processes that share the GPU, in sum."""
    recipes = _recipes(report.size)
    count = report.size.processes
    report.page.table(f"{count} processes together", "windows/s", "times one process")

    def work() -> None:
        told = rates_together(list(recipes.values()), report.device, report.size)
        for name, rates in zip(recipes, told, strict=True):
            report.rate[f"many {name}"] = sum(rates)
            ratio = sum(rates) / report.rate[name]
            report.page.row(f"`{name}`", f"{sum(rates):,.0f}", f"{ratio:.2f}")

    report.attempt("all", work)


def seeds_together(report: Report) -> None:
    """Add the time of seeds that are trained together, against that of one."""
    report.page.table(
        "seeds together", "times the time of one", "aim", "windows/s", "against the processes"
    )
    clock = _after_the_gpu if report.device.startswith("cuda") else time.perf_counter
    for seeds in report.size.seeds:
        for row, recipe in report.size.stacked.items():

            def work(row: str = row, recipe: Recipe = recipe, seeds: int = seeds) -> None:
                name, factor = row.split(" /")
                batch, rounds = recipe.train.batch_size, report.size.rounds
                given = name, int(factor), batch, report.device, seeds, rounds, clock
                turns = np.array(measured(*given, singles=1))
                rate = seeds * batch / float(np.median(turns[:, 1]))
                beside = report.rate.get(f"many {row}")
                more = "not known" if beside is None else f"{rate / beside:.2f} times"
                times = spread(list(turns[:, 1] / turns[:, 0]))
                cells = times, TOGETHER[seeds], f"{rate:,.0f}", more
                report.page.row(f"`{row}`, {seeds} seeds", *cells)

            report.attempt(f"`{row}`, {seeds} seeds", work)


def _after_the_gpu() -> float:
    torch.cuda.synchronize()
    return time.perf_counter()


def main(
    device: str = "cuda",
    small: Annotated[bool, typer.Option("--small")] = False,
    out: Path | None = None,
) -> None:
    """Print the page."""
    if device.startswith("cuda") and not torch.cuda.is_available():
        print("No GPU is here. --device cpu --small exercises the script.", file=sys.stderr)
        raise typer.Exit(2)
    page = Page("One GPU" if device.startswith("cuda") else "No GPU", out, device)
    if small:
        page.add("", "Narrow models and few windows: an exercise, whose numbers say nothing.")
    report = Report(page, device, SMALL if small else WHOLE)
    for section in (check, one_process, one_epoch, many_processes, seeds_together):
        section(report)
    spent = time.monotonic() - report.began
    page.add("", f"{spent:.0f} s in all. {'Something failed.' if report.failed else ''}".rstrip())
    raise typer.Exit(int(report.failed))


if __name__ == "__main__":
    typer.run(main)
