"""What Ray costs per trial: a sweep against the same trainings in plain Python, and against nests.

    python benchmarks/overhead.py --trials 32

Ways to make the same short trainings, each in a process of its own; the first three make two at a
time:

- `sweep`: what `experiments/tune.py` does, trials of Ray Tune drawn by Optuna, in reused processes;
- `plain`: the same recipes and seeds, one after another in each of two warm Python processes;
- `nested`: the usual pattern with Ray's default settings, a new actor and a worker group per trial;
- `group`: what `--executor train` does, one worker group for all seeds of a recipe;
- `alone`: the same runs as the group's, one after another in one process of plain Python.

A span is from the begin of the first training to the end of the last, as the runs' own files tell
it: what comes before, Ray's start or the imports of plain Python, is told apart. The last line is
`ratio R`, the span of the sweep over that of plain Python.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from rpbind.data.splits import SplitSpec
from rpbind.design.source import simulated
from rpbind.ledger import Ledger, Plan, Row
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import FIXED
from rpbind.run.environment import prepare
from rpbind.run.resources import Resources
from rpbind.search.config import SearchConfig
from rpbind.search.search import Sweep
from rpbind.spaces.space import load_space
from rpbind.train.inputs import Inputs
from rpbind.train.machine import Machine
from rpbind.train.run import train_run, train_task
from rpbind.train.task import Task

SPACE = Path(__file__).parents[1] / "search_spaces" / "original.toml"
BASE = narrowed(FIXED, 8).with_({"train.epochs": 2})
AT_ONCE, SEEDS, LONGER = 2, 3, 10


@dataclass(frozen=True)
class Span:
    """Seconds from the first begin to the last end, those before, and those spent in runs."""

    span: float
    before: float
    runs: float
    trials: int
    epochs: int

    @property
    def each(self) -> float:
        """Seconds of the span per trial."""
        return self.span / self.trials


def main(
    trials: int = 32,
    nested: Annotated[int, typer.Option(help="Trials of the nested pattern; it is slow.")] = 8,
    mode: Annotated[str | None, typer.Option(hidden=True)] = None,
    folder: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Time all four; with `mode` be one of them."""
    if mode is not None and folder is not None:
        MODES[mode](folder, trials)
        return
    with tempfile.TemporaryDirectory() as home:
        data = simulated(Path(home) / "data").folder
        (Path(home) / "data" / "here").symlink_to(data.resolve())
        counts = {
            "sweep": trials,
            "plain": trials,
            "nested": nested,
            "group": SEEDS,
            "alone": SEEDS,
        }
        told = {name: timed(name, Path(home), count) for name, count in counts.items()}
    print("| way | runs | span s | s per run | before s | in runs s | runs' share of the span |")
    print("|---|---|---|---|---|---|---|")
    for name, each in told.items():
        share = each.runs / (each.span * (1 if name in ("group", "alone") else AT_ONCE))
        print(
            f"| {name} | {each.trials} | {each.span:.1f} | {each.each:.2f} | {each.before:.1f} | "
            f"{each.runs:.1f} | {share:.0%} |"
        )
    group, alone = told["group"], told["alone"]
    report = (group.span - alone.span) / (group.epochs + group.trials)
    print(f"a report of Ray Train costs {report:.3f} s: (group - alone) / (epochs + rows)")
    print(f"nested against sweep, per run: {told['nested'].each / told['sweep'].each:.1f}")
    print(f"ratio {told['sweep'].span / told['plain'].span:.3f}")


def timed(mode: str, home: Path, trials: int) -> Span:
    """Run one way in a process of its own and read from its runs' files how long it took."""
    command = [sys.executable, __file__, "--mode", mode, "--folder", str(home)]
    began = time.time()
    subprocess.run([*command, "--trials", str(trials)], check=True, stdout=subprocess.DEVNULL)
    rows = [(f.stat().st_mtime, read(f)) for f in (home / mode / "runs").glob("*.json")]
    first = min(end - row.cost["seconds"] for end, row in rows)
    seconds = sum(row.cost["seconds"] for _, row in rows)
    epochs = sum(len(row.curve) for _, row in rows)
    span = max(end for end, _ in rows) - first
    return Span(span, first - began, seconds, len(rows), epochs)


def read(file: Path) -> Row:
    """Return the row that a run has left."""
    return Row.model_validate_json(file.read_bytes())


def sweep(home: Path, trials: int) -> None:
    """Search as `experiments/tune.py` does; at random, so that recipes do not depend on timing."""
    where = Resources()
    prepare(where.address)
    from rpbind.run import ray_tune as run
    from rpbind.run import sweep as searching

    asked = Sweep.of(BASE, load_space(SPACE, BASE), trials, SearchConfig(sampler="random"))
    ledger = begun(home / "sweep")
    template = Task("", BASE, (), data_of(home), SplitSpec(), ledger.runs, "search")
    with ledger.drive("benchmark"), run.ray_running(where):
        assert searching.run_searches(template, asked, ledger, where)


def begun(folder: Path) -> Ledger:
    """Return the ledger of a study that has a plan without arms."""
    ledger = Ledger(folder)
    ledger.begin(
        Plan(
            study=folder.name, question="", prediction="", rule="", design="", arms=(),
            contrasts=(), seeds=(), dataset="", split="", created="",
        )
    )  # fmt: skip
    return ledger


def plain(home: Path, trials: int) -> None:
    """Make the sweep's runs again, in two warm processes of plain Python."""
    tasks = tasks_of(home, "plain", trials)
    with ProcessPoolExecutor(AT_ONCE, initializer=warm, initargs=(data_of(home),)) as pool:
        list(pool.map(direct, tasks))


def warm(data: Path) -> None:
    """Have what every process needs once: the inputs, as Ray's reused processes have them."""
    Inputs.open(data, SplitSpec(), BASE.proteins)


def direct(task: Task) -> None:
    """Make a task's runs in this process."""
    inputs = Inputs.open(task.data, task.split, task.recipe.proteins)
    for job in task.jobs:
        train_run(job, inputs, Machine(), "plain", lambda point: None)


def nest(home: Path, trials: int) -> None:
    """Make runs by the usual pattern: a function trial that drives a Ray Train worker group."""
    os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    import ray
    from ray import train, tune
    from ray.train.torch import TorchConfig, TorchTrainer
    from ray.tune.integration.ray_train import TuneReportCallback

    def work(config: dict[str, Any]) -> None:
        train_task(config["task"], Machine(), "nested", train.report)

    def drive(config: dict[str, Any]) -> None:
        TorchTrainer(
            work,
            train_loop_config=config,
            torch_config=TorchConfig(backend="gloo"),
            scaling_config=train.ScalingConfig(num_workers=1),
            run_config=train.RunConfig(
                name=f"train_{tune.get_context().get_trial_id()}",
                storage_path=str(home / "nested" / "ray"),
                callbacks=[TuneReportCallback()],
            ),
        ).fit()

    ray.init("local", num_cpus=os.cpu_count(), resources={"trial_slot": 64}, log_to_driver=False)
    tune.Tuner(
        tune.with_resources(drive, {"trial_slot": 1}),
        param_space={"task": tune.grid_search(list(tasks_of(home, "nested", trials)))},
        tune_config=tune.TuneConfig(max_concurrent_trials=AT_ONCE),
        run_config=tune.RunConfig(storage_path=str(home / "nested" / "tune"), verbose=0),
    ).fit()
    ray.shutdown()


def group(home: Path, trials: int) -> None:
    """Make all seeds of the sweep's first recipe as `--executor train` does."""
    where = Resources(requested="train")
    prepare(where.address)
    from rpbind.run import ray_tune as run

    ledger = begun(home / "group")
    with ledger.drive("benchmark"), run.ray_running(where):
        run.run_grid([of_one_recipe(home, "group", trials)], ledger, where)


def alone(home: Path, trials: int) -> None:
    """Make the group's runs in this process."""
    warm(data_of(home))
    direct(of_one_recipe(home, "alone", trials))


def of_one_recipe(home: Path, mode: str, seeds: int) -> Task:
    """Return the sweep's first recipe with so many seeds, as one task."""
    first, *_ = tasks_of(home, mode, 1)
    longer = first.recipe.with_({"train.epochs": LONGER})
    return replace(first, arm=mode, recipe=longer, seeds=tuple((s, 0) for s in range(seeds)))


def tasks_of(home: Path, mode: str, count: int) -> Sequence[Task]:
    """Return the sweep's first runs as tasks whose files go to another folder."""
    rows = sorted(map(read, (home / "sweep" / "runs").glob("*.json")), key=lambda row: row.arm)
    return [
        Task(
            row.arm,
            Recipe.model_validate(row.recipe),
            ((row.seed, 0),),
            data_of(home),
            SplitSpec(),
            home / mode / "runs",
            "search",
        )
        for row in rows[:count]
    ]


def data_of(home: Path) -> Path:
    """The simulated world of this run."""
    return home / "data" / "here"


MODES = {"sweep": sweep, "plain": plain, "nested": nest, "group": group, "alone": alone}


if __name__ == "__main__":
    typer.run(main)
