"""What shell completion offers as values: names from registries, and folders that are there.

Registries are imported when a value is completed, so that the command line itself stays quick.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import get_args

from rpbind.settings import defaults_from_files, variable

Complete = Callable[[str], list[str]]


def _split_rules() -> Iterable[str]:
    from rpbind.split_spec import RULES

    return RULES


def _parts() -> Iterable[str]:
    from rpbind.data.splits import Part

    return get_args(Part)


def _encoders() -> Iterable[str]:
    from rpbind.proteins.encoders import ENCODERS

    return ENCODERS


def _presets() -> Iterable[str]:
    from rpbind.recipe.presets import PRESETS

    return PRESETS


def _spaces() -> Iterable[str]:
    from rpbind.spaces.named import SPACES

    return SPACES


def _samplers() -> Iterable[str]:
    from rpbind.search.config import SAMPLERS

    return SAMPLERS


def _schedulers() -> Iterable[str]:
    from rpbind.search.config import SCHEDULERS

    return SCHEDULERS


def _repeats() -> Iterable[str]:
    from rpbind.search.config import REPEATED

    return REPEATED


def _objectives() -> Iterable[str]:
    from rpbind.ledger.trials import OBJECTIVES

    return OBJECTIVES


def _loggers() -> Iterable[str]:
    from rpbind.run.logger_registry import TRACKERS

    return TRACKERS


def _executors() -> Iterable[str]:
    from rpbind.run.resources import Executor

    return ("auto", *get_args(Executor))


def _designs() -> Iterable[str]:
    from rpbind.cli.ablate import DESIGNS

    return DESIGNS


def _formats() -> Iterable[str]:
    from rpbind.use.export_formats import FORMATS

    return FORMATS


def _conflicts() -> Iterable[str]:
    from rpbind.importers.conflicts import OnConflict

    return get_args(OnConflict)


def _homology() -> Iterable[str]:
    from rpbind.proteins.homology import Method

    return get_args(Method)


def _negative_rules() -> Iterable[str]:
    from rpbind.negatives.rules import RULES

    return RULES


def _paths() -> Iterable[str]:
    from rpbind.recipe.listing import hyperparameters

    return dict.fromkeys(one.path for one in hyperparameters(""))


def _reports() -> Path:
    """Return the folder of studies that holds without --reports."""
    default = defaults_from_files().get("reports")
    return Path(os.environ.get(variable("reports")) or (default.value if default else "reports"))


def _studies() -> Iterator[str]:
    return (str(plan.parent) for plan in sorted(_reports().glob("*/plan.json")))


def _models() -> Iterator[str]:
    from rpbind.saved.places import models_of_study

    return (str(model) for study in _studies() for model in models_of_study(Path(study)))


def _datasets() -> Iterator[str]:
    return (str(file.parent) for file in sorted(Path("data").glob("*/manifest.json")))


WORDS: dict[str, Callable[[], Iterable[str]]] = {
    "--split": _split_rules,
    "split --rule": _split_rules,
    "negatives --rule": _negative_rules,
    "--negatives": _negative_rules,
    "--part": _parts,
    "--proteins": _encoders,
    "--encoder": _encoders,
    "--preset": _presets,
    "--recipe": _presets,
    "--base": _presets,
    "--warm-start": _presets,
    "--space": _spaces,
    "--sampler": _samplers,
    "--scheduler": _schedulers,
    "--repeats": _repeats,
    "--objective": _objectives,
    "--log": _loggers,
    "--executor": _executors,
    "--design": _designs,
    "--format": _formats,
    "--on-conflict": _conflicts,
    "--homology": _homology,
    "hyperparameters path": _paths,
}
"""{option, also with its command before it: its values}, of options that take a word."""

FOLDERS: dict[str, Callable[[], Iterable[str]]] = {
    "report studies": _studies,
    "note study": _studies,
    "status study": _studies,
    "compare one": _studies,
    "compare other": _studies,
    "doctor subject": _studies,
    "predict model": _models,
    "evaluate model": _models,
    "explain model": _models,
    "export model": _models,
    "data": _datasets,
    "--data": _datasets,
}
"""The same for folders; the shell itself completes other paths."""


def completion_of(command: str, option: str, *, is_path: bool) -> Complete | None:
    """Return what completes an option or argument, or None if the shell does.

    Parameters
    ----------
    command
        Name of the command.
    option
        The option as it is typed, or the name of the argument.
    is_path
        Whether its value is a path.

    Returns
    -------
    callable or None
        From the beginning of a value to the values that begin so.
    """
    known = FOLDERS if is_path else WORDS
    values = known.get(f"{command} {option}") or known.get(option)
    if values is None:
        return None

    def complete(incomplete: str) -> list[str]:
        return [value for value in values() if value.startswith(incomplete)]

    return complete
