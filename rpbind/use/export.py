"""Export a trained model as one file that other programs run: ONNX, or a program of torch.export.

The exported graph scores any number of windows with one protein. Shapes: B windows, L nucleotides,
R residues, W width of the protein vectors.
"""

from __future__ import annotations

import importlib.util
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rpbind.data.alphabet import LETTERS
from rpbind.errors import UserError
from rpbind.ledger import write_atomic
from rpbind.model.group import Group
from rpbind.model.pair_model import PairModel
from rpbind.saved.places import run_of_model
from rpbind.use.export_formats import FORMATS, NEEDS
from rpbind.use.trained import TrainedModel

TOLERANCE = 1e-5
"""Largest accepted difference between a logit of the exported file and one of the model, absolute
or relative to the logit."""

TRIED = ((1, 1), (3, 40), (64, 333))
"""(windows, residues) of the random inputs on which the exported file is compared."""

Runner = Callable[[NDArray[np.int64], NDArray[np.float32]], NDArray[np.float32]]
"""(rna (B, L), protein) -> logits (B,)."""


class ExportedModel(nn.Module):
    """A model that scores windows with one protein, given as plain tensors.

    Parameters
    ----------
    model
        The model, in evaluation mode.
    """

    def __init__(self, model: PairModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, rna: Tensor, protein: Tensor) -> Tensor:
        """Return the logit of each window.

        Parameters
        ----------
        rna
            Tokens (B, L) int64: 0 to 4 for A C G U N.
        protein
            The protein's mean vector (1, W) or, if the model reads residues, one vector per residue
            (R, W).

        Returns
        -------
        Tensor
            Logits (B,).
        """
        rows_B = torch.arange(rna.shape[0], device=rna.device)
        place_B = torch.zeros_like(rows_B)
        if self.model.reads == "mean":
            return self.model(rna, [Group(rows_B, place_B, protein)])
        real_1R = torch.ones(1, protein.shape[0], dtype=torch.bool, device=protein.device)
        mean_1W = protein.mean(0, keepdim=True)
        group = Group(rows_B, place_B, mean_1W, protein.unsqueeze(0), real_1R)
        return self.model(rna, [group])


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
            content, run = _WRITERS[format](model, (rna, protein), metadata(trained))
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


def metadata(trained: TrainedModel) -> dict[str, str]:
    """Describe an exported model: what goes in, what comes out, and where it comes from.

    Parameters
    ----------
    trained
        The model.

    Returns
    -------
    dict
        {key: text}, which the exported file carries.
    """
    reads, width = trained.model.reads, trained.width
    protein = (
        f"float32 (1, {width}): the mean over residues of the vectors of one protein"
        if reads == "mean"
        else f"float32 (residues, {width}): one vector per residue of one protein"
    )
    letters = ", ".join(f"{letter} {token}" for token, letter in enumerate(LETTERS))
    return {
        "run": run_of_model(trained.path),
        "input rna": f"int64 (batch, {trained.length}): tokens of windows; {letters}",
        "input protein": f"{protein}, by encoder {trained.provenance['encoder']} (name, SHA-256)",
        "output logit": "float32 (batch,): a greater logit means that they bind more probably",
        "calibration": json.dumps(
            {
                "probability": "1 / (1 + exp(-(slope * logit + intercept)))",
                "slope": trained.calibration.slope,
                "intercept": trained.calibration.intercept,
                "threshold": trained.calibration.threshold,
            }
        ),
        "dataset": trained.provenance["dataset"],
        "split": trained.provenance["split"],
        "recipe": trained.recipe.model_dump_json(),
    }


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


def _onnx(
    model: ExportedModel, inputs: tuple[Tensor, Tensor], described: dict[str, str]
) -> tuple[bytes, Runner]:
    import onnxruntime

    residues = {} if model.model.reads == "mean" else {0: "residues"}
    onnx = torch.onnx.export(
        model,
        inputs,
        dynamo=True,
        input_names=["rna", "protein"],
        output_names=["logit"],
        dynamic_shapes={"rna": {0: "batch"}, "protein": residues},
        verbose=False,
    )
    assert onnx is not None
    onnx.model.metadata_props.update(described)
    content = onnx.model_proto.SerializeToString()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return content, lambda rna, protein: session.run(None, {"rna": rna, "protein": protein})[0]


def _torch_export(
    model: ExportedModel, inputs: tuple[Tensor, Tensor], described: dict[str, str]
) -> tuple[bytes, Runner]:
    residues = {} if model.model.reads == "mean" else {0: torch.export.Dim("residues")}
    shapes = {"rna": {0: torch.export.Dim("batch")}, "protein": residues}
    program = torch.export.export(model, inputs, dynamic_shapes=shapes)
    buffer = io.BytesIO()
    torch.export.save(program, buffer, extra_files={"rpbind.json": json.dumps(described)})
    module = program.module()
    return buffer.getvalue(), lambda rna, protein: module(
        torch.from_numpy(rna), torch.from_numpy(protein)
    ).numpy()


_Writer = Callable[[ExportedModel, tuple[Tensor, Tensor], dict[str, str]], tuple[bytes, Runner]]
"""(model, inputs to trace it with, metadata) -> the file's content, and what runs it."""

_WRITERS: dict[str, _Writer] = {
    "onnx": _onnx,
    "torch-export": _torch_export,
}
assert _WRITERS.keys() == FORMATS.keys() == NEEDS.keys()


def _inputs(
    trained: TrainedModel, windows: int, residues: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    draw = np.random.default_rng(windows)
    rna_BL = draw.integers(0, len(LETTERS), (windows, trained.length))
    rows = 1 if trained.model.reads == "mean" else residues
    return rna_BL, draw.standard_normal((rows, trained.width), dtype=np.float32)


def _difference(trained: TrainedModel, model: ExportedModel, run: Runner) -> float:
    """Return the largest difference from the model's logits, as a multiple of what is accepted."""
    worst = 0.0
    for windows, residues in TRIED:
        rna, protein = _inputs(trained, windows, residues)
        expected_B = model(torch.from_numpy(rna), torch.from_numpy(protein)).numpy()
        accepted_B = TOLERANCE * np.maximum(1.0, np.abs(expected_B))
        worst = max(worst, float((np.abs(run(rna, protein) - expected_B) / accepted_B).max()))
    return worst


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
