"""Explained windows as a file beside a report, so that a page written again computes nothing."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from rpbind.files.atomic import write_atomic
from rpbind.logos.picture import Picture

FILE = "explained.json"
METHOD = "1"
"""How windows are chosen and explained; another number makes stored ones stale."""


@dataclass(frozen=True)
class Explained:
    """A few windows that a model was explained on.

    Parameters
    ----------
    arm
        The model's arm.
    run
        Name of its run, whose folder is in `runs/`.
    key
        Hash of the model and of the method, see `key_of`.
    windows
        The windows, the one with the highest logit first.
    """

    arm: str
    run: str
    key: str
    windows: tuple[Picture, ...]


FORM = TypeAdapter(Explained)


def read_explained(study: Path) -> Explained | None:
    """Return a study's explained windows; None if there are none, or none that can be read."""
    try:
        return FORM.validate_json((study / FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def write_explained(study: Path, explained: Explained) -> None:
    """Write a study's explained windows; the same ones give the same bytes."""
    write_atomic(study / FILE, FORM.dump_json(FORM.validate_python(asdict(explained))))


def key_of(model: Path) -> str:
    """Return a hash of a model folder's files, and of the method.

    Parameters
    ----------
    model
        The folder. Its description names dataset and split by their hashes, so the windows that
        are chosen are the same, too.

    Returns
    -------
    str
        Hexadecimal digits.
    """
    digest = hashlib.sha256(METHOD.encode())
    for file in sorted(path for path in model.iterdir() if path.is_file()):
        digest.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]
