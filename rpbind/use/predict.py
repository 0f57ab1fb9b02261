"""Predict windows: logits, probabilities, and what is known of the model on their proteins.

Shapes: N windows, P proteins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from rpbind.counted import counted
from rpbind.data.alphabet import MOST_N, lengths, n_share
from rpbind.data.clusters import Progress, silent
from rpbind.errors import UserError
from rpbind.importers.remarks import spelling_remarks
from rpbind.names import key
from rpbind.naming.protein_table import ProteinTable, short_list
from rpbind.reading.fitting import Fit, Fitted, fitted
from rpbind.saved.known import ProteinContext
from rpbind.use.experiments import unknown_experiments, with_experiments
from rpbind.use.score import inputs_of_proteins, logits_of, with_windows
from rpbind.use.trained import TrainedModel
from rpbind.use.window_input import GivenWindows, WindowInput, read_windows
from rpbind.use.window_lengths import check_readable, length_notes

SHOWN = 5
"""Most names of proteins in a remark."""

TOO_LONG = "Give --fit centre, left or tile, which cuts longer windows."
"""Advice for windows that are longer than the model can read."""


@dataclass(frozen=True)
class PredictionInput:
    """The files of a prediction.

    Parameters
    ----------
    windows
        FASTA or table of windows, or windows that are given in Python.
    proteins
        FASTA of protein sequences; None for the proteins that the model knows.
    protein
        Score all windows for this protein, if they name no other; None for the one that each
        names.
    weights
        The weights, or the file of vectors, that the model was trained with, if it was.
    fit
        What is scored of windows that are longer than those in training: their "centre", their
        beginning ("left") or all of it in pieces ("tile"); None to score them as they are.
    """

    windows: Path | GivenWindows
    proteins: Path | None = None
    protein: str | None = None
    weights: Path | None = None
    fit: Fit | None = None


@dataclass(frozen=True)
class Predictions:
    """Predictions of windows.

    Parameters
    ----------
    table
        One row per window (or tile), in the order of the file. Columns: `row` (line of the FASTA
        header or of the table's row), `name` (FASTA only), `protein`, `start` and `length` (what
        was scored of the window, from 1), `n_share`, `logit`, `probability`,
        `calibrated` (these three are null if `n_share` is above `MOST_N`), `seen_in_training`,
        `training_base_rate` and `validation_auroc` (null if unknown).
    proteins
        What is known of the model on each protein, by name.
    unread
        Number of windows without a logit, because they are mostly N.
    window_M
        (M,) the given window of each row.
    remarks
        Sentences on protein names that were found in another spelling, on windows without a logit,
        and on proteins that are new to the model.
    """

    table: pa.Table
    proteins: dict[str, ProteinContext]
    unread: int
    window_M: NDArray[np.int64]
    remarks: tuple[str, ...] = ()


def predict_windows(
    trained: TrainedModel, given: PredictionInput, progress: Progress = silent
) -> Predictions:
    """Score every window of a file.

    Parameters
    ----------
    trained
        The model.
    given
        Files of windows and proteins.
    progress
        Called with the batches done and their total.

    Returns
    -------
    Predictions
        One row per window.

    Raises
    ------
    UserError
        If a file cannot be read, with file and line, the windows name other proteins than the one
        given, or the protein encoder is not the model's.
    """
    proteins = trained.proteins_table(given.proteins)
    windows = read_windows(given.windows, given.protein, proteins.sequences)
    cut = fitted(windows.rna_NL, trained.length, given.fit)
    check_readable(
        trained,
        lengths(cut.rna_ML),
        lambda row: windows.origin.place(int(cut.window_M[row])),
        TOO_LONG,
    )
    sequences = proteins.sequences_of(windows.proteins, windows.protein_N, windows.origin)
    if given.protein:
        _check_names_no_other(windows, proteins, given.protein)
    by_name = dict(zip(windows.proteins, sequences, strict=True))
    headers, encoder = proteins.headers_of(windows.proteins), trained.encoder(given.weights)
    with inputs_of_proteins(by_name, encoder, progress, headers) as inputs:
        known = with_experiments(trained, inputs)
        windows_with_proteins = with_windows(known, cut.rna_ML, windows.protein_N[cut.window_M])
        logit_N = logits_of(trained.model, windows_with_proteins, progress)
    contexts = {name: trained.context(name, sequence) for name, sequence in by_name.items()}
    table = _table(windows, cut, logit_N, trained, contexts)
    remarks = spelling_remarks(proteins.found_by_other_name(windows.proteins), windows.proteins)
    unread = table["logit"].null_count
    remarks += unknown_experiments(trained, windows.proteins)
    notes = _notes(unread, contexts, len(table))
    lengths_said = length_notes(trained, lengths(cut.rna_ML), cut, given.fit)
    return Predictions(table, contexts, unread, cut.window_M, (*remarks, *lengths_said, *notes))


def _check_names_no_other(windows: WindowInput, proteins: ProteinTable, protein: str) -> None:
    """Check that windows that are scored for one protein do not name another one."""
    sequence = proteins.find(protein)

    def is_other(name: str) -> bool:
        if key(name) == key(protein):
            return False
        try:
            return proteins.find(name) != sequence
        except UserError:  # after a number, any word of a FASTA header looks like a protein
            return not is_fasta

    is_fasta, source = any(windows.titles), windows.origin.files[0]
    if others := [name for name in windows.replaced if is_other(name)]:
        without = "headers such as '>w1'" if is_fasta else "no column protein"
        raise UserError(
            f"--protein {protein} scores all windows for {protein}, but {source} names "
            f"{short_list(others, SHOWN)}. Leave --protein out to score each window for the "
            f"protein that it names, or give windows with {without}."
        )


def _notes(unread: int, contexts: dict[str, ProteinContext], count: int) -> Iterator[str]:
    """Say how many windows are mostly N, and which proteins are new to the model."""
    new = [name for name, known in contexts.items() if not known.seen]
    if unread:
        yield (
            f"{counted(unread, 'window', count, 'have')} no logit and no probability: more than "
            f"{MOST_N:.0%} of their letters are N (column n_share)"
        )
    if new:
        yield (
            f"{counted(len(new), 'protein', len(contexts), 'were')} not in training, so "
            f"it is unknown how good the model is on them: {', '.join(new[:SHOWN])}"
            f"{' ...' if len(new) > SHOWN else ''}"
        )


def _table(
    windows: WindowInput,
    cut: Fitted,
    logit_M: np.ndarray,
    trained: TrainedModel,
    context_of: dict[str, ProteinContext],
) -> pa.Table:
    place_M = pa.array(windows.protein_N[cut.window_M])

    def of_proteins(values: list[object], kind: pa.DataType) -> pa.Array:
        return pa.array(values, kind).take(place_M)

    share_M = n_share(cut.rna_ML)
    unread_M = share_M > MOST_N
    contexts = [context_of[name] for name in windows.proteins]
    return pa.table(
        {
            "row": pa.array(windows.origin.row_N[cut.window_M], pa.int32()),
            "name": pa.array(windows.titles, pa.string()).take(pa.array(cut.window_M)),
            "protein": of_proteins(list(windows.proteins), pa.string()),
            "start": pa.array(cut.start_M + 1, pa.int32()),
            "length": pa.array(lengths(cut.rna_ML), pa.int32()),
            "n_share": pa.array(share_M, pa.float64()),
            "logit": pa.array(logit_M, pa.float32(), mask=unread_M),
            "probability": pa.array(expit(logit_M.astype(np.float64)), mask=unread_M),
            "calibrated": pa.array(trained.calibration.probability(logit_M), mask=unread_M),
            "seen_in_training": of_proteins([c.seen for c in contexts], pa.bool_()),
            "training_base_rate": of_proteins([c.base_rate for c in contexts], pa.float64()),
            "validation_auroc": of_proteins([c.auroc for c in contexts], pa.float64()),
        }
    )
