"""How a study is run; this module imports nothing heavy."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rpbind.errors import UserError, check_not_url
from rpbind.files.places import check_place
from rpbind.ledger.plan_records import DELTA, OwnPlan, Plan, PredictionPlan

if TYPE_CHECKING:
    from rpbind.design.source import DataSource
    from rpbind.run.resources import Resources
    from rpbind.search.search import Sweep

LONGEST_NAME = 100
"""Bytes of a study's name. File systems allow 255; its temporary files have longer names."""


@dataclass(frozen=True)
class RunOptions:
    """How an experiment is run.

    Parameters
    ----------
    source
        The dataset and its split.
    seeds
        Paired seeds per arm.
    resources
        What each run gets, and on which Ray.
    reports
        The folder that holds the folders of studies.
    name
        The folder of the study below `reports`; by default the study's own name.
    dry_run
        Plan, check and price the study without training.
    yes
        Allow more than 10,000 runs.
    sweep
        The searches that come first, if there are any.
    control
        The arm that is trained again with random and with constant protein vectors.
    add_seeds
        The number of seeds by which an existing study is extended.
    accept_code_change
        Continue a study whose rows were made by other code.
    delta
        Largest difference of the primary metric that counts as negligible.
    predictions
        What is expected of the contrasts.
    metrics, own_controls
        Metrics and controls of the user's own.
    smoke
        Whether it is a quick run, whose numbers are no result.
    notify
        Command or URL that is told when the study ends.
    study_file
        Returns the text of `study.toml` for a plan; None writes no such file.
    """

    source: DataSource
    seeds: int
    resources: Resources
    reports: Path
    name: str | None = None
    dry_run: bool = False
    yes: bool = False
    sweep: Sweep | None = None
    control: str | None = None
    add_seeds: int = 0
    accept_code_change: bool = False
    delta: float = DELTA
    predictions: tuple[PredictionPlan, ...] = ()
    metrics: tuple[OwnPlan, ...] = ()
    own_controls: tuple[OwnPlan, ...] = ()
    smoke: bool = False
    notify: str | None = None
    study_file: Callable[[Plan], str] | None = None

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """The seeds of an arm: of K folds, each of the `seeds` repeats has K of them."""
        return tuple(range(self.seeds * max(self.source.split.folds, 1)))


def check_destination(reports: Path, name: str | None) -> None:
    """Check that a study can be written to a folder of this name.

    Parameters
    ----------
    reports
        The folder that holds the folders of studies.
    name
        The name given by the user, if any.

    Raises
    ------
    UserError
        If the folder cannot be written, or if the name is no valid one.
    """
    check_not_url("--reports", reports)
    check_place(f"--reports {reports}", reports)
    if name is None:
        return
    if not re.fullmatch(r"[A-Za-z0-9][\w.+=-]*", name):
        raise UserError(
            "--name must consist of letters, digits and _ . + = -, and begin with a letter or "
            f"digit, because it names a folder below reports/; got '{name}'."
        )
    if (length := len(name.encode())) > LONGEST_NAME:
        raise UserError(
            f"--name must have at most {LONGEST_NAME} bytes, because it names a folder below "
            f"reports/; '{name[:20]}...' has {length}. Use a shorter name."
        )
