"""Searches without Ray or training: scores are a function of the recipe, and rows are invented."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rpbind.data.splits import SplitSpec
from rpbind.ledger import Ledger, Row, Stage, State
from rpbind.recipe import Recipe
from rpbind.recipe.presets import FIXED
from rpbind.search.ask_tell import AskTellLoop
from rpbind.search.config import SearchConfig
from rpbind.search.restart import reconcile
from rpbind.search.search import Sweep
from rpbind.search.storage import open_storage, open_study
from rpbind.spaces.space import Space
from rpbind.train.task import Task

EPOCHS = 9
BASE = FIXED.with_({"train.epochs": EPOCHS})
RATE = {"path": "train.lr", "kind": "float", "low": 1e-5, "high": 1e-1, "log": True}
DECAY = {"path": "train.weight_decay", "kind": "float", "low": 0.0, "high": 1.0}
SPACE = Space.model_validate({"about": "Two numbers.", "dimension": [RATE, DECAY]})


def best_at_a_thousandth(recipe: Recipe) -> float:
    """Return a score that is 1 at a rate of 0.001 without decay, and less elsewhere."""
    return 1.0 - 0.1 * (math.log10(recipe.train.lr) + 3) ** 2 - 0.1 * recipe.train.weight_decay


def toy_sweep(
    trials: int, *, config: SearchConfig | None = None, space: Space = SPACE, **more: Any
) -> Sweep:
    return Sweep.of(BASE, space, trials, config or SearchConfig(), **more)


def opened(sweep: Sweep, folder: Path, width: int = 2) -> list[AskTellLoop]:
    """Open all searches, as a new process does."""
    folder.mkdir(exist_ok=True)
    storage = open_storage(sweep.config.storage, folder)
    rows = Ledger(folder).rows("search")
    template = Task("", BASE, (), Path("data"), SplitSpec(), folder / "runs", "search")
    loops = []
    for search in sweep.searches:
        study = open_study(storage, search, sweep.config, folder)
        loop = AskTellLoop(search, sweep, study, template, width)
        loop.write_row = Ledger(folder).append
        reconcile(loop, rows)
        loops.append(loop)
    return loops


def row(task: Task, seed: int, value: float, state: State = "done", stage: Stage = "search") -> Row:
    attempt = dict(task.seeds)[seed]
    return Row(
        arm=task.arm,
        seed=seed,
        state=state,
        stage=stage,
        attempt=attempt,
        recipe=task.recipe.model_dump(mode="json"),
        recipe_id=task.recipe.id,
        metrics={"validation.auroc_macro": value} if state == "done" else {},
        cost={"parameters": 1e6 * task.recipe.train.weight_decay, "train_seconds": 2.0},
        ended="2026-11-25T09:00:00+00:00",
    )


def make(
    loop: AskTellLoop,
    task: Task,
    folder: Path,
    score: Callable[[Recipe], float],
    epochs: int = EPOCHS,
) -> str:
    """Pretend to train a trial; return "pruned", or "done" after a row per seed.

    The score rises linearly over the epochs.
    """
    value = score(task.recipe)
    for place, (seed, _) in enumerate(task.seeds):
        for epoch in range(1, epochs + 1 if loop.prunes else 2):
            point = {"seed": float(seed), "epoch": float(epoch)}
            if loop.report(task.arm, point | {"validation.auroc_macro": value * epoch / EPOCHS}):
                stopped = row(task, seed, value, "stopped")
                kept = stopped.model_copy(update={"provenance": {"stopped_by": "asha"}})
                loop.add_row(kept)
                Ledger(folder).append(kept)
                return "pruned"
        done = row(task, seed, value + 0.01 * place)
        loop.add_row(done)
        Ledger(folder).append(done)
    return "done"


def drive(
    loop: AskTellLoop,
    folder: Path,
    score: Callable[[Recipe], float] = best_at_a_thousandth,
    stop: int | None = None,
) -> list[str]:
    """Make all trials of a search, and return their names.

    With `stop`, end after that many trials.
    """
    names: list[str] = []
    while not loop.finished or loop.running:
        if stop is not None and loop.ended >= stop:
            break
        batch = []
        while (task := loop.ask()) is not None:
            batch.append(task)
        for task in batch:
            make(loop, task, folder, score)
            loop.finish(task.arm)
            names.append(task.arm)
    return names
