"""Optuna's side of a search: samplers, pruners, and the storage that its dashboard opens."""

from __future__ import annotations

import warnings
from pathlib import Path

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
    QMCSampler,
    RandomSampler,
    TPESampler,
)
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend

from rpbind.analysis.search import OBJECTIVES
from rpbind.ledger import replace
from rpbind.study.cmaes import ReplayedCmaEs
from rpbind.study.database import open_database
from rpbind.study.search import How, Lane
from rpbind.study.space import Space

REDUCTION = 3
"""A rung of ASHA and HyperBand lets one trial in three go on."""

JOURNAL = "optuna.journal"


def sampler(name: str, space: Space, seed: int, asked: int) -> BaseSampler:
    """Return a sampler whose draw depends on (seed, `asked` trials before, what was told) alone.

    A sampler that draws on from a state in memory would begin anew after a restart, and draw its
    first configurations again.
    """
    drawn = 100_000 * seed + asked
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        match name:
            case "tpe":
                nested = any(dim.when or dim.kind == "layers" for dim in space.dimension)
                return TPESampler(seed=drawn, multivariate=True, group=nested)
            case "cmaes":
                return ReplayedCmaEs(seed=drawn, warn_independent_sampling=False)
            case "nsga2":
                return NSGAIISampler(seed=drawn, population_size=20)
            case "qmc":
                # one scrambled sequence: its place in it is in the storage, the seed stays
                return QMCSampler(seed=seed, scramble=True, warn_independent_sampling=False)
            case _:
                return RandomSampler(seed=drawn)  # a grid's points are all queued


def pruner(name: str, epochs: int) -> BasePruner:
    """Return the pruner of a scheduler; its rungs are in the storage, and survive a restart."""
    match name:
        case "asha":
            return SuccessiveHalvingPruner(min_resource=1, reduction_factor=REDUCTION)
        case "hyperband":
            return HyperbandPruner(min_resource=1, max_resource=epochs, reduction_factor=REDUCTION)
        case "median":
            return MedianPruner(n_startup_trials=4, n_warmup_steps=1)
        case _:
            return NopPruner()


def open_storage(url: str | None, folder: Path) -> BaseStorage:
    """Return the storage at a URL, or the journal in the study's folder.

    A last line that a kill cut short is dropped; a journal that cannot be read is set aside, and
    the ledger tells a new one what it knew. Raises `UserError` where a URL cannot be opened.
    """
    if url is not None:
        return open_database(url)
    file = folder / JOURNAL
    if file.exists() and not (content := file.read_bytes()).endswith(b"\n"):
        replace(file, content[: content.rfind(b"\n") + 1])
    try:
        return JournalStorage(JournalFileBackend(str(file)))
    except (ValueError, KeyError, TypeError):
        file.replace(file.with_name(f"{JOURNAL}.unreadable"))
        return JournalStorage(JournalFileBackend(str(file)))


def open_study(storage: BaseStorage, lane: Lane, how: How, folder: Path) -> optuna.Study:
    """Return a lane's Optuna study, made where it is not there yet.

    A database may hold several studies: there, the folder's name comes first.
    """
    alone = isinstance(storage, JournalStorage)
    return optuna.create_study(
        storage=storage,
        study_name=lane.name if alone else f"{folder.name}.{lane.name}",
        directions=[
            "maximize" if OBJECTIVES[name].mode == "max" else "minimize" for name in how.objectives
        ],
        pruner=pruner(how.scheduler, lane.base.train.epochs),
        load_if_exists=True,
    )
