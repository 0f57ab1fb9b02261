"""Optuna's side of a search: samplers, pruners, and the storage that its dashboard opens."""

from __future__ import annotations

import copy
import json
import os
import re
import uuid
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import (
    BasePruner,
    HyperbandPruner,
    MedianPruner,
    NopPruner,
    SuccessiveHalvingPruner,
)
from optuna.samplers import (
    BaseSampler,
    NSGAIISampler,
    RandomSampler,
)
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial
from rich.console import Console

from rpbind.files.atomic import read
from rpbind.ledger import write_atomic
from rpbind.ledger.trials import OBJECTIVES
from rpbind.search.cmaes import ReplayedCmaEs
from rpbind.search.config import SearchConfig
from rpbind.search.database import open_database
from rpbind.search.failures import LearnsFromFailures, Tpe
from rpbind.search.quasirandom import QuasiRandom
from rpbind.search.search import Search
from rpbind.search.trials import INTERRUPTED
from rpbind.spaces.space import Space
from rpbind.terminal import PLAIN

REDUCTION = 3
"""A rung of ASHA and HyperBand lets one trial in three go on."""

JOURNAL = "optuna.journal"
FOLDER_ID = "optuna.name"


def make_sampler(name: str, space: Space, seed: int, asked: int) -> BaseSampler:
    """Return a sampler whose draw depends on (seed, `asked` trials before, what was told) alone.

    A sampler that draws on from a state in memory would begin anew after a restart, and draw its
    first configurations again.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return SAMPLERS[name](space, seed, asked)


def _drawn(seed: int, asked: int) -> int:
    """Return the seed of one draw."""
    return 100_000 * seed + asked


def _tpe(space: Space, seed: int, asked: int) -> BaseSampler:
    nested = any(dim.when or dim.kind == "layers" for dim in space.dimension)
    inner = Tpe(seed=_drawn(seed, asked), multivariate=True, group=nested)
    return LearnsFromFailures(inner)


def _cmaes(space: Space, seed: int, asked: int) -> BaseSampler:
    inner = ReplayedCmaEs(seed=_drawn(seed, asked), warn_independent_sampling=False)
    return LearnsFromFailures(inner)


def _nsga2(space: Space, seed: int, asked: int) -> BaseSampler:
    return LearnsFromFailures(NSGAIISampler(seed=_drawn(seed, asked), population_size=20))


def _random(space: Space, seed: int, asked: int) -> BaseSampler:
    return RandomSampler(seed=_drawn(seed, asked))


SAMPLERS: dict[str, Callable[[Space, int, int], BaseSampler]] = {
    "tpe": _tpe,
    "random": _random,
    "cmaes": _cmaes,
    "nsga2": _nsga2,
    "qmc": QuasiRandom,
    "grid": _random,  # its points are all queued
}
"""Name -> what makes it of (space, seed, trials before); what each is stands in `search.py`."""


class Asha(SuccessiveHalvingPruner):
    """Successive halving in which a trial that went on after an interruption stands on a rung once.

    Optuna has no trial that is resumed: what was cut off has failed, and goes on as another, with
    the same values on the same rungs.
    """

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Whether others are better where this trial is."""
        return super().prune(cast(optuna.Study, _Whole(study)), trial)


class _Whole:
    """A study without its interrupted trials."""

    def __init__(self, study: optuna.Study) -> None:
        self._study = study

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def get_trials(self, deepcopy: bool = True) -> list[FrozenTrial]:
        trials = self._study.get_trials(deepcopy=deepcopy)
        return [trial for trial in trials if INTERRUPTED not in trial.user_attrs]


class HyperBand(HyperbandPruner):
    """HyperBand in which a trial keeps its bracket, and its one place there, when it is resumed."""

    def _get_bracket_id(self, study: optuna.Study, trial: FrozenTrial) -> int:
        if INTERRUPTED in trial.user_attrs:
            return -1  # in none of them
        if (arm := trial.user_attrs.get("arm")) is not None:
            trial = copy.copy(trial)
            trial.number = int(arm.rpartition("-")[2])
        return super()._get_bracket_id(study, trial)


def make_pruner(name: str, epochs: int) -> BasePruner:
    """Return the pruner of a scheduler; its rungs are in the storage, and survive a restart."""
    return PRUNERS[name](epochs)


PRUNERS: dict[str, Callable[[int], BasePruner]] = {
    "none": lambda epochs: NopPruner(),
    "asha": lambda epochs: Asha(min_resource=1, reduction_factor=REDUCTION),
    "hyperband": lambda epochs: HyperBand(
        min_resource=1, max_resource=epochs, reduction_factor=REDUCTION
    ),
    "median": lambda epochs: MedianPruner(n_startup_trials=4, n_warmup_steps=1),
}
"""Name -> what makes it of the epochs of a run; what each is stands in `search.py`."""


def quiet() -> None:
    """Have Optuna say only what is wrong: our own lines tell of trials."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def open_storage(url: str | None, folder: Path) -> BaseStorage:
    """Return the storage at a URL, or the journal in the study's folder.

    A last line that a kill cut short is dropped; a journal that cannot be read is set aside, and
    the ledger tells a new one what it knew. Raises `UserError` where a URL cannot be opened.
    """
    if url is not None:
        return open_database(url)
    file = folder / JOURNAL
    if file.exists():
        _drop_half_a_line(file)
    try:
        return JournalStorage(WholeLines(str(file)))
    except (ValueError, KeyError, TypeError, AssertionError):
        file.replace(aside := file.with_name(f"{JOURNAL}.unreadable"))
        Console(stderr=True).print(
            f"{file} cannot be read; it is set aside as {aside.name}, and made anew from the "
            "ledger.",
            **PLAIN,
        )
        return JournalStorage(WholeLines(str(file)))


def _drop_half_a_line(journal: Path) -> None:
    lines = whole = journal.read_bytes().splitlines(keepends=True)
    while whole and not _is_entry(whole[-1]):
        whole = whole[:-1]
    if len(whole) < len(lines):
        write_atomic(journal, b"".join(whole))


def _is_entry(line: bytes) -> bool:
    try:
        return line.endswith(b"\n") and isinstance(json.loads(line), dict)
    except ValueError:
        return False


class WholeLines(JournalFileBackend):
    """A journal that takes back what a full disk let it write of a line: the next would join it."""

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Write entries, all or none."""
        before = Path(self._file_path).stat().st_size
        try:
            super().append_logs(logs)
        except OSError:
            os.truncate(self._file_path, before)
            raise


def open_study(
    storage: BaseStorage, search: Search, config: SearchConfig, folder: Path
) -> optuna.Study:
    """Return a lane's Optuna study, made where it is not there yet.

    A database may hold several studies: there, the folder's name comes first, and a sign that
    another folder of that name has not, be it elsewhere or this one after it was removed.
    """
    alone = isinstance(storage, JournalStorage)
    return optuna.create_study(
        storage=storage,
        study_name=search.name if alone else f"{folder.name}.{_sign(folder)}.{search.name}",
        directions=[
            "maximize" if OBJECTIVES[name].mode == "max" else "minimize"
            for name in config.objectives
        ],
        pruner=make_pruner(config.scheduler, search.base.train.epochs),
        load_if_exists=True,
    )


def _sign(folder: Path) -> str:
    """Return eight letters that a folder has for itself, drawn when it is first asked for them."""
    file = folder / FOLDER_ID
    if not file.exists() or not re.fullmatch(rb"[0-9a-f]{8}", read(file)):
        write_atomic(file, uuid.uuid4().hex[:8].encode())
    return file.read_text()
