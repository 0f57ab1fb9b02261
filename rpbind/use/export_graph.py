"""The graph of an exported model, its description, and the formats that it is written in.

The graph scores any number of windows with one protein. Shapes: B windows, L nucleotides, R
residues, W width of the protein vectors.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rpbind.data.alphabet import LETTERS, PAD
from rpbind.model.fast import plain_forms
from rpbind.model.group import Group
from rpbind.model.pair_model import PairModel
from rpbind.recipe.model import Model
from rpbind.saved.places import run_of_model
from rpbind.use.export_formats import FORMATS, NEEDS
from rpbind.use.trained import TrainedModel

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
            Tokens (B, L) int64: 0 to 4 for A C G U N, 5 for padding if windows differ in length.
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
            return self._plain(rna, Group(rows_B, place_B, protein))
        real_1R = torch.ones(1, protein.shape[0], dtype=torch.bool, device=protein.device)
        mean_1W = protein.mean(0, keepdim=True)
        group = Group(rows_B, place_B, mean_1W, protein.unsqueeze(0), real_1R)
        return self._plain(rna, group)

    def _plain(self, rna: Tensor, group: Group) -> Tensor:
        """Return the logits in the plain form, whose operations no value decides."""
        with plain_forms(self.model):
            logit_B: Tensor = self.model(rna, [group])
        return logit_B


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
    config = trained.recipe.model
    without = (
        {"experiment": "none: every protein is scored without the vector of its experiment"}
        if isinstance(config, Model) and config.experiment
        else {}
    )
    letters = ", ".join(f"{letter} {token}" for token, letter in enumerate(LETTERS))
    padding = f", {PAD} after the end of a shorter window" if trained.model.varying else ""
    return without | {
        "run": run_of_model(trained.path),
        "input rna": f"int64 (batch, {trained.length}): tokens of windows; {letters}{padding}",
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


Writer = Callable[[ExportedModel, tuple[Tensor, Tensor], dict[str, str]], tuple[bytes, Runner]]
"""(model, inputs to trace it with, metadata) -> the file's content, and what runs it."""

WRITERS: dict[str, Writer] = {
    "onnx": _onnx,
    "torch-export": _torch_export,
}
assert WRITERS.keys() == FORMATS.keys() == NEEDS.keys()
