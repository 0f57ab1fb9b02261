"""Splits of a dataset into train, validation and test.

`rpbind.data.frozen_split` writes and reads them. Shapes: N windows, G groups.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from rpbind.data.dataset import Dataset
from rpbind.data.groups import assign_groups
from rpbind.data.groups import shuffled as shuffled
from rpbind.data.split_advice import refusal, refusal_of_folds
from rpbind.errors import UserError
from rpbind.split_spec import RULES
from rpbind.split_spec import Rule as Rule
from rpbind.split_spec import SplitSpec as SplitSpec

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = ("train", "validation", "test")
UNUSED = 255
CHROMOSOME: Rule = "cold-chromosome"


class PartSummary(BaseModel):
    """Counts of one part: windows, positives, and the clusters that they come from."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    windows: int
    positives: int
    rna_clusters: int
    protein_clusters: int


@dataclass(frozen=True, eq=False)
class Split:
    """A division of a dataset's windows into parts.

    Parameters
    ----------
    id
        Its name; see `SplitSpec.id_for`.
    dataset_id
        Id of the dataset.
    spec
        How it was made.
    sha256
        SHA-256 (hex) of `part_N`.
    summary
        Counts for each part, and for "unused".
    part_N
        (N,) uint8: 0 train, 1 validation, 2 test, 255 unused.
    note
        What a reader should know of how a saved split was completed.
    """

    id: str
    dataset_id: str
    spec: SplitSpec
    sha256: str
    summary: dict[str, PartSummary] = field(repr=False)
    part_N: NDArray[np.uint8] = field(repr=False)
    note: str = ""

    def indices(self, part: Part) -> NDArray[np.int64]:
        """Return the windows of a part.

        Parameters
        ----------
        part
            The part.

        Returns
        -------
        NDArray[np.int64]
            Window indices, ascending.
        """
        return np.flatnonzero(self.part_N == PARTS.index(part))


def make_split(dataset: Dataset, spec: SplitSpec) -> Split:
    """Split a dataset; the same content and spec give the same split on every machine.

    Parameters
    ----------
    dataset
        The dataset.
    spec
        How to split it.

    Returns
    -------
    Split
        The split; nothing is written.

    Raises
    ------
    UserError
        If a part has no windows, or windows of one class only, or if the rule needs genome
        coordinates that the dataset does not have.
    """
    part_N = _assign(dataset, spec)
    part_N.flags.writeable = False
    summary = summarise(dataset, part_N)
    if lacking := lacks_class(summary):
        if spec.rule == "folds":
            raise UserError(refusal_of_folds(dataset, spec.folds, lacking))
        rules = [rule for rule in RULES if rule != CHROMOSOME or dataset.coordinates]
        by_rule = {rule: _assign(dataset, replace(spec, rule=rule)) for rule in rules}
        others = [rule for rule in by_rule if not lacks_class(summarise(dataset, by_rule[rule]))]
        raise UserError(refusal(dataset, spec.rule, lacking, others))
    return Split(
        id=spec.id_for(dataset.manifest.negatives),
        dataset_id=dataset.id,
        spec=spec,
        sha256=hash_parts(part_N),
        summary=summary,
        part_N=part_N,
    )


def lacks_class(summary: dict[str, PartSummary]) -> str:
    """Describe the first part that lacks a class; "" if every part has both."""
    for part in PARTS:
        counts = summary[part]
        if counts.positives in (0, counts.windows):
            return f"{part} {counts.windows} windows, {counts.positives} of them positive"
    return ""


def _assign(dataset: Dataset, spec: SplitSpec) -> NDArray[np.uint8]:
    n = len(dataset)
    if spec.rule == "random":
        part_N = np.empty(n, dtype=np.uint8)
        cuts = np.round(np.cumsum(spec.ratio[:2]) * n / 100).astype(int)
        for number, rows in enumerate(np.split(shuffled(n, spec.seed, "window"), cuts)):
            part_N[rows] = number
        return part_N
    if spec.rule == "folds":
        return parts_of_fold(folds_of(dataset, spec), spec.fold or 0, spec.folds)
    if spec.rule == CHROMOSOME:
        return assign_groups(_chromosomes(dataset), spec.ratio, spec.seed, "chromosome")
    by_rna_N = assign_groups(dataset.cluster_N, spec.ratio, spec.seed, "rna")
    by_protein_N = assign_groups(_protein_clusters(dataset), spec.ratio, spec.seed, "protein")
    if spec.rule == "cold-both":
        return np.where(by_rna_N == by_protein_N, by_rna_N, np.uint8(UNUSED))
    return by_rna_N if spec.rule == "cold-rna" else by_protein_N


def folds_of(dataset: Dataset, spec: SplitSpec) -> NDArray[np.uint8]:
    """Return the fold of each window; overlap clusters stay whole.

    Parameters
    ----------
    dataset
        The dataset.
    spec
        The number of folds, and the seed.

    Returns
    -------
    NDArray[np.uint8]
        (N,) fold numbers from 0.
    """
    return assign_groups(dataset.cluster_N, (1,) * spec.folds, spec.seed, "rna")


def parts_of_fold(fold_N: NDArray[np.uint8], fold: int, folds: int) -> NDArray[np.uint8]:
    """Return the part of each window if a fold is the test part and the next one validation.

    Parameters
    ----------
    fold_N
        (N,) fold of each window; `UNUSED` for a window in none.
    fold
        The fold that is the test part.
    folds
        The number of folds.

    Returns
    -------
    NDArray[np.uint8]
        (N,) parts.
    """
    part_N = np.full(len(fold_N), PARTS.index("train"), dtype=np.uint8)
    part_N[fold_N == (fold + 1) % folds] = PARTS.index("validation")
    part_N[fold_N == fold] = PARTS.index("test")
    part_N[fold_N == UNUSED] = UNUSED
    return part_N


def _chromosomes(dataset: Dataset) -> NDArray[np.int32]:
    if dataset.coordinates is None:
        raise UserError(
            f"{dataset.root} cannot be split by chromosome: its windows have no genome "
            "coordinates. Use cold-rna, or import it with `rpbind import peaks`."
        )
    return dataset.coordinates.chromosome_N


def _protein_clusters(dataset: Dataset) -> NDArray[np.int32]:
    return np.array([protein.cluster for protein in dataset.proteins], np.int32)[dataset.protein_N]


def summarise(dataset: Dataset, part_N: NDArray[np.uint8]) -> dict[str, PartSummary]:
    """Return the counts of each part, and of "unused"."""
    numbers = zip((*PARTS, "unused"), (0, 1, 2, UNUSED), strict=True)
    return {name: summary_of(dataset, part_N == number) for name, number in numbers}


def summary_of(dataset: Dataset, chosen_N: NDArray[np.bool_]) -> PartSummary:
    """Return the counts of some windows.

    Parameters
    ----------
    dataset
        The dataset.
    chosen_N
        (N,) whether each window is counted.

    Returns
    -------
    PartSummary
        Windows, positives and clusters.
    """
    rows = np.flatnonzero(chosen_N)
    return PartSummary(
        windows=len(rows),
        positives=int(dataset.label_N[rows].sum(dtype=np.int64)),
        rna_clusters=len(np.unique(dataset.cluster_N[rows])),
        protein_clusters=len(np.unique(_protein_clusters(dataset)[rows])),
    )


def hash_parts(part_N: NDArray[np.uint8]) -> str:
    """Return the SHA-256 (hex) of the parts of a split."""
    return hashlib.sha256(part_N.tobytes()).hexdigest()
