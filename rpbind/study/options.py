"""What a study asks, and how it is run: said and checked before anything heavy is imported."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rpbind.errors import UserError, check_not_url
from rpbind.files.places import check_place

if TYPE_CHECKING:
    from rpbind.design.source import DataSource
    from rpbind.run.resources import Resources
    from rpbind.search.search import Sweep

LONGEST_NAME = 100
"""Bytes of a study's name: some 150 are left to the names of its temporary files."""


@dataclass(frozen=True)
class RunOptions:
    """How a page is run: on which source, with how many seeds, where, and under which name."""

    source: DataSource
    seeds: int
    where: Resources
    reports: Path
    name: str | None = None
    dry_run: bool = False
    yes: bool = False
    sweep: Sweep | None = None
    control: str | None = None
    """The arm that is trained again with a random vector per protein, and with one for all."""
    add_seeds: int = 0
    accept_code_change: bool = False


def check_landing(reports: Path, name: str | None) -> None:
    """Raise `UserError` where no study of this name can land in the folder `reports`."""
    check_not_url("--reports", reports)
    check_place(f"--reports {reports}", reports)
    if name is None:
        return
    if not re.fullmatch(r"[A-Za-z0-9][\w.+=-]*", name):
        raise UserError(
            f"--name is a folder's name below reports/: letters, digits and _ . + = -, beginning "
            f"with a letter or digit; got '{name}'."
        )
    if (length := len(name.encode())) > LONGEST_NAME:
        raise UserError(
            f"--name is a folder's name below reports/ of up to {LONGEST_NAME} bytes; got {length}:"
            f" '{name[:20]}...'. Choose a shorter one."
        )
