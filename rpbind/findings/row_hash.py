"""A hash of the content of ledger rows, the same however they are kept in files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

import numpy as np

from rpbind.ledger import Ledger, Row, Stage
from rpbind.ledger.scores import ProteinScores

STAGES: Mapping[str, tuple[Stage, ...]] = {
    "contrast": ("ablation",),
    "tuned contrast": ("ablation", "search"),
    "claim": ("ablation", "control"),
}
"""Kind of a card -> stages of the rows from which its family of hypotheses is computed."""

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


class RowHashes:
    """The latest row of every run of a study with its hash, each computed once.

    Parameters
    ----------
    ledger
        The ledger of the study.
    """

    def __init__(self, ledger: Ledger) -> None:
        latest = {row.run: row for row in ledger.attempts()}
        self._known = [(row, row_hash(row)) for row in latest.values()]
        self._family: dict[str, str] = {}

    @property
    def last(self) -> str:
        """When the latest run ended; "" without a row."""
        return max((row.ended for row, _ in self._known), default="")

    @property
    def whole(self) -> str:
        """The hash of all of them."""
        return hash_of(each for _, each in self._known)

    def of(self, kind: str, arms: Mapping[str, str]) -> dict[str, tuple[Row, str]]:
        """Return {run: (row, hash)} of the rows that a card of some kind lists for its arms."""
        stages = STAGES[kind]
        return {
            row.run: (row, each)
            for row, each in self._known
            if row.stage in stages and self._belongs(row, kind, arms)
        }

    def _belongs(self, row: Row, kind: str, arms: Mapping[str, str]) -> bool:
        if kind == "tuned contrast":
            return True  # arms of winners and trials have names of their own
        return row.stage != "ablation" or arms.get(row.arm) == row.recipe_id

    def family(self, kind: str) -> str:
        """Return the hash of all rows that a family of hypotheses depends on."""
        if kind not in self._family:
            stages = STAGES[kind]
            self._family[kind] = hash_of(each for row, each in self._known if row.stage in stages)
        return self._family[kind]
