"""Predictions for windows of RNA: logits, probabilities, and how far to trust them.

Shapes: N windows, P proteins.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from scipy.special import expit

from rpbind.data.alphabet import MOST_N, n_share
from rpbind.data.clusters import Progress, silent
from rpbind.importers.protein_table import read_proteins
from rpbind.importers.remarks import spelling_remarks
from rpbind.use.score import ask, embedded, logits_of
from rpbind.use.trained import Context, Trained
from rpbind.use.window_input import WindowInput, read_asked


@dataclass(frozen=True)
class PredictionInput:
    """What is asked: a file of windows, one of proteins, and perhaps one protein for all.

    `weights` is the ESM-2 checkpoint, where the model was trained with one.
    """

    windows: Path
    proteins: Path
    protein: str | None = None
    weights: Path | None = None


@dataclass(frozen=True)
class Predictions:
    """One row per window, in the order of the file, and the context of each protein.

    Columns: `row` (line of the header in FASTA, of the row in a table), `name` (FASTA alone),
    `protein`, `n_share`, `logit`, `probability`, `calibrated` (these three are null where `n_share`
    is above `MOST_N`: `unread` counts them), `seen_in_training`, `training_base_rate` and
    `validation_auroc` (null where training or validation cannot tell). `remarks` say which names
    were found in another spelling.
    """

    table: pa.Table
    proteins: dict[str, Context]
    unread: int
    remarks: tuple[str, ...] = ()


def predict_windows(
    trained: Trained, question: PredictionInput, progress: Progress = silent
) -> Predictions:
    """Score every window; raises `UserError` with file and line on what cannot be read."""
    asked = read_asked(question.windows, trained.length, question.protein)
    proteins = read_proteins(question.proteins)
    sequences = proteins.sequences_of(asked.proteins, asked.protein_N, asked.origin)
    by_name = dict(zip(asked.proteins, sequences, strict=True))
    with embedded(by_name, trained.encoder(question.weights), progress) as inputs:
        windows = ask(inputs, asked.rna_NL, asked.protein_N)
        logit_N = logits_of(trained.model, windows, progress)
    known = {name: trained.context(name, sequence) for name, sequence in by_name.items()}
    table = _table(asked, logit_N, trained, known)
    remarks = spelling_remarks(proteins.found_by_other_name(asked.proteins), asked.proteins)
    return Predictions(table, known, table["logit"].null_count, remarks)


def _table(
    asked: WindowInput, logit_N: np.ndarray, trained: Trained, known: dict[str, Context]
) -> pa.Table:
    place_N = pa.array(asked.protein_N)

    def each(values: list[object], kind: pa.DataType) -> pa.Array:
        return pa.array(values, kind).take(place_N)

    share_N = n_share(asked.rna_NL)
    unread_N = share_N > MOST_N
    contexts = [known[name] for name in asked.proteins]
    return pa.table(
        {
            "row": pa.array(asked.origin.row_N, pa.int32()),
            "name": pa.array(asked.titles, pa.string()),
            "protein": each(list(asked.proteins), pa.string()),
            "n_share": pa.array(share_N, pa.float64()),
            "logit": pa.array(logit_N, pa.float32(), mask=unread_N),
            "probability": pa.array(expit(logit_N.astype(np.float64)), mask=unread_N),
            "calibrated": pa.array(trained.calibration.probability(logit_N), mask=unread_N),
            "seen_in_training": each([c.seen for c in contexts], pa.bool_()),
            "training_base_rate": each([c.base_rate for c in contexts], pa.float64()),
            "validation_auroc": each([c.auroc for c in contexts], pa.float64()),
        }
    )
