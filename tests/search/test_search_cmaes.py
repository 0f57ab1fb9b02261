"""CMA-ES computes its state from the reported trials; a pickle in the storage is never read."""

import json
import pickle
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.samplers import CmaEsSampler
from toy_search import best_at_a_thousandth, drive, make, opened, toy_sweep

from rpbind.search import sampling
from rpbind.search.config import SearchConfig
from rpbind.search.storage import JOURNAL

optuna.logging.set_verbosity(optuna.logging.ERROR)
CMAES = SearchConfig(sampler="cmaes")
PIECE = "cma:optimizer:"


class Evil:
    """Creates a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.trace,)


def edit(journal: Path, evil: Evil) -> None:
    """Replace every optimizer in a journal, which Optuna stores in pieces, by the pickle."""
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    held = [attrs for line in lines if (attrs := line.get("system_attr"))]
    pieces = [(attrs, name) for attrs in held for name in attrs if name.startswith(PIECE)]
    assert pieces
    for attrs, name in pieces:
        attrs[name] = pickle.dumps(evil).hex() if name == f"{PIECE}0" else ""
    journal.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


@pytest.mark.parametrize("ours", [True, False])
def test_a_pickle_in_the_journal_runs_in_optunas_sampler_and_not_in_ours(
    ours: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sampling, "ReplayedCmaEs", CmaEsSampler)
        (loop,) = opened(toy_sweep(20, config=CMAES), tmp_path)
        drive(loop, tmp_path)
    edit(tmp_path / JOURNAL, Evil(tmp_path / "trace"))
    if not ours:
        monkeypatch.setattr(sampling, "ReplayedCmaEs", CmaEsSampler)
    (loop,) = opened(toy_sweep(21, config=CMAES), tmp_path)
    assert loop.ask() is not None
    assert (tmp_path / "trace").exists() != ours


def test_its_state_is_not_stored_and_it_reaches_later_generations(tmp_path: Path) -> None:
    (loop,) = opened(toy_sweep(40, config=CMAES), tmp_path)
    drive(loop, tmp_path)
    trials = loop.study.get_trials(deepcopy=False)
    assert not any("optimizer" in name for trial in trials for name in trial.system_attrs)
    assert max(trial.system_attrs.get("cma:generation", 0) for trial in trials) >= 3
    late = [trial.value for trial in trials[-10:]]
    assert min(late) > 0.8


def test_suggestions_do_not_depend_on_the_completion_order(tmp_path: Path) -> None:
    seen = []
    for name, order in (("one", 1), ("two", -1)):
        (loop,) = opened(toy_sweep(24, config=CMAES), tmp_path / name)
        while not loop.finished:
            tasks = [task for _ in range(2) if (task := loop.ask()) is not None]
            for task in tasks[::order]:
                make(loop, task, tmp_path / name, best_at_a_thousandth)
                loop.finish(task.arm)
        seen.append([trial.params for trial in loop.study.get_trials(deepcopy=False)])
    assert seen[0] == seen[1]
