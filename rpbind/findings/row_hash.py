"""A hash of the content of ledger rows, the same however they are kept in files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

import numpy as np

from rpbind.ledger import Row
from rpbind.ledger.scores import ProteinScores

DIGITS = 16
"""Hex digits of a row's hash: 64 bits, which no accident repeats."""


def row_hash(row: Row) -> str:
    """Return the hash of everything that a row says.

    Parameters
    ----------
    row
        A row of the ledger. Its recipe counts by its id, which the ledger checks.

    Returns
    -------
    str
        16 hex digits of a SHA-256. They do not depend on whether the row file was merged.
    """
    said = {
        "run": row.run,
        "attempt": row.attempt,
        "state": row.state,
        "metrics": row.metrics,
        "curve": row.curve,
        "findings": [finding.model_dump() for finding in row.findings],
        "cost": row.cost,
        "provenance": row.provenance,
        "error": row.error,
        "ended": row.ended,
    }
    digest = hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode())
    digest.update(_scores(ProteinScores.of(row.proteins)))
    return digest.hexdigest()[:DIGITS]


def _scores(scores: ProteinScores) -> bytes:
    """Return the scores as bytes; the names themselves, as their numbers depend on the file."""
    words = [scores.parts[part] for part in scores.part_N.tolist()]
    words += [scores.names[protein] for protein in scores.protein_N.tolist()]
    numbers = (scores.cluster_N, scores.windows_N, scores.positives_N)
    # NaN has several bit patterns; -1 is no AUROC
    floats = (np.where(np.isnan(each), -1.0, each) for each in (scores.auroc_N, scores.auprc_N))
    arrays = [np.ascontiguousarray(each, dtype="<i8").tobytes() for each in numbers]
    arrays += [np.ascontiguousarray(each, dtype="<f8").tobytes() for each in floats]
    return "\n".join(words).encode() + b"".join(arrays)


def hash_of(parts: Iterable[str]) -> str:
    """Return one hash of several texts in their order, with 16 hex digits."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:DIGITS]
