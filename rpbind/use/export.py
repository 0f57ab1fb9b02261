"""Export a trained model as one file that other programs run: ONNX, or a torch.export program."""

from __future__ import annotations

import importlib.util
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from rpbind.data.alphabet import LETTERS, PAD
from rpbind.errors import UserError
from rpbind.ledger import write_atomic
from rpbind.use.export_formats import NEEDS
from rpbind.use.export_graph import WRITERS, ExportedModel, Runner, metadata
from rpbind.use.trained import TrainedModel

TOLERANCE = 1e-5
"""Largest accepted difference between a logit of the exported file and one of the model, absolute
or relative to the logit."""

TRIED = ((1, 1), (3, 40), (64, 333))
"""(windows, residues) of the random inputs on which the exported file is compared."""


def export_model(trained: TrainedModel, format: str, out: Path) -> float:
    """Export a model, compare the export with the model, and write it whole or not at all.

    Parameters
    ----------
    trained
        The model.
    format
        A name of `FORMATS`.
    out
        The file to write.

    Returns
    -------
    float
        Largest difference between a logit of the export and one of the model, on random inputs.

    Raises
    ------
    UserError
        If a package is missing, the model cannot be exported in this format (with the reason), or
        the export computes other logits.
    """
    check_packages(format)
    model = ExportedModel(trained.model).eval()
    with _quiet(), torch.no_grad():
        rna, protein = map(torch.from_numpy, _inputs(trained, 2, 5))
        try:
            content, run = WRITERS[format](model, (rna, protein), metadata(trained))
        except Exception as error:
            raise _cannot(trained, format, error) from None
        difference = _difference(trained, model, run)
    if not difference <= 1:
        raise UserError(
            f"{trained.path} cannot be exported as {format}: the logits of the export differ from "
            f"the model's by {difference:.1f} times the tolerance of {TOLERANCE}. Nothing was "
            "written."
        )
    write_atomic(out, content)
    return difference * TOLERANCE


def check_packages(format: str) -> None:
    """Check that the packages of a format are installed.

    Parameters
    ----------
    format
        A name of `FORMATS`.

    Raises
    ------
    UserError
        If one is missing; it names the extra of rpbind that installs it.
    """
    missing = [name for name in NEEDS[format] if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(
            f"--format {format} needs {', '.join(missing)}, which is not installed. Install the "
            f"extra: pip install 'rpbind[{format}]', or --editable '.[{format}]' in rpbind's "
            "folder."
        )


def _inputs(
    trained: TrainedModel, windows: int, residues: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    draw = np.random.default_rng(windows)
    rna_BL = draw.integers(0, len(LETTERS), (windows, trained.length))
    if trained.model.varying:
        length_B1 = draw.integers(trained.shortest, trained.length + 1, (windows, 1))
        rna_BL[np.arange(trained.length) >= length_B1] = PAD
    rows = 1 if trained.model.reads == "mean" else residues
    return rna_BL, draw.standard_normal((rows, trained.width), dtype=np.float32)


def _difference(trained: TrainedModel, model: ExportedModel, run: Runner) -> float:
    """Return the largest difference from the model's logits, as a multiple of what is accepted."""
    apart = []
    for windows, residues in TRIED:
        rna, protein = _inputs(trained, windows, residues)
        expected_B = model(torch.from_numpy(rna), torch.from_numpy(protein)).numpy()
        accepted_B = TOLERANCE * np.maximum(1.0, np.abs(expected_B))
        apart.append((np.abs(run(rna, protein) - expected_B) / accepted_B).max())
    return float(np.max(apart))  # NaN if any logit is; Python's max would lose it


def _cannot(trained: TrainedModel, format: str, error: Exception) -> UserError:
    """Say why a model cannot be exported: the first line of what torch says."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    first = next((line.strip() for line in str(cause).splitlines() if line.strip()), "")
    return UserError(
        f"{trained.path} cannot be exported as {format}: {type(cause).__name__}: {first}\n"
        "Everything in the model's forward must be operations on tensors that torch.export can "
        "trace; `rpbind predict` needs no export."
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Hide the exporters' own warnings, such as one on a missing torchvision."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
