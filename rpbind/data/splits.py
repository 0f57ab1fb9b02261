"""Splits of a dataset into train, validation and test.

`rpbind.data.frozen_split` writes and reads them. Shapes: N windows, G groups.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from rpbind.data.dataset import Dataset
from rpbind.data.split_advice import refusal
from rpbind.errors import UserError, check_one_of

Rule = Literal["random", "cold-rna", "cold-protein", "cold-both", "cold-chromosome"]
Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = ("train", "validation", "test")
UNUSED = 255
CHROMOSOME: Rule = "cold-chromosome"


@dataclass(frozen=True)
class SplitSpec:
    """How to split a dataset.

    `random` splits by window and leaks; `cold-rna` splits by overlap cluster, `cold-protein` by
    protein cluster. `cold-both` splits by both: a window whose two clusters were drawn for
    different parts is unused (about half of all windows at 70:15:15). Clusters stay whole, so a
    very large one can push its part beyond its percentage; see `Split.summary`. `cold-chromosome`
    splits by chromosome and needs a dataset with genome coordinates.

    Parameters
    ----------
    rule
        What stays whole.
    ratio
        Percentages of train, validation and test.
    seed
        Random seed, 0 or more.
    """

    rule: Rule = "cold-rna"
    ratio: tuple[int, int, int] = (70, 15, 15)
    seed: int = 0

    def __post_init__(self) -> None:
        check_one_of("A split rule", self.rule, get_args(Rule))
        if len(self.ratio) != 3 or min(self.ratio) < 1 or sum(self.ratio) != 100:
            raise UserError(
                "A split ratio is three whole percentages for train, validation and test that "
                f"sum to 100, such as 70:15:15; got {':'.join(map(str, self.ratio))}."
            )
        if self.seed < 0:
            raise UserError(f"A split seed is 0 or more; got {self.seed}.")

    def id_for(self, negatives: str) -> str:
        """Return the name of this split of a dataset.

        Parameters
        ----------
        negatives
            How the dataset's negatives were made, from its manifest.

        Returns
        -------
        str
            Rule, ratio, seed and negatives, such as `cold-rna_70-15-15_seed0_neg-as-given`.
        """
        return f"{self.rule}_{'-'.join(map(str, self.ratio))}_seed{self.seed}_neg-{negatives}"


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
    """

    id: str
    dataset_id: str
    spec: SplitSpec
    sha256: str
    summary: dict[str, PartSummary] = field(repr=False)
    part_N: NDArray[np.uint8] = field(repr=False)

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
    summary = _summarise(dataset, part_N)
    if lacking := _lacking(summary):
        rules = [rule for rule in get_args(Rule) if rule != CHROMOSOME or dataset.coordinates]
        by_rule = {rule: _assign(dataset, replace(spec, rule=rule)) for rule in rules}
        others = [rule for rule in by_rule if not _lacking(_summarise(dataset, by_rule[rule]))]
        raise UserError(refusal(dataset, spec.rule, lacking, others))
    return Split(
        id=spec.id_for(dataset.manifest.negatives),
        dataset_id=dataset.id,
        spec=spec,
        sha256=hash_parts(part_N),
        summary=summary,
        part_N=part_N,
    )


def _lacking(summary: dict[str, PartSummary]) -> str:
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
    if spec.rule == CHROMOSOME:
        return _assign_groups(_chromosomes(dataset), spec, "chromosome")
    by_rna_N = _assign_groups(dataset.cluster_N, spec, "rna")
    by_protein_N = _assign_groups(_protein_clusters(dataset), spec, "protein")
    if spec.rule == "cold-both":
        return np.where(by_rna_N == by_protein_N, by_rna_N, np.uint8(UNUSED))
    return by_rna_N if spec.rule == "cold-rna" else by_protein_N


def _assign_groups(group_N: NDArray[np.int32], spec: SplitSpec, what: str) -> NDArray[np.uint8]:
    """Assign each group, in shuffled order, to the part that still lacks the most windows.

    Chromosomes are few: they go to the part that lacks the largest share of its windows, so that
    three are enough for three parts.
    """
    _, index_N, size_G = np.unique(group_N, return_inverse=True, return_counts=True)
    missing = [len(group_N) * percent / 100 for percent in spec.ratio]
    unit = spec.ratio if spec.rule == CHROMOSOME else (1, 1, 1)
    part_G = np.empty(len(size_G), dtype=np.uint8)
    for group in shuffled(len(size_G), spec.seed, what):
        part = max(range(len(PARTS)), key=lambda one: missing[one] / unit[one])
        part_G[group] = part
        missing[part] -= int(size_G[group])
    return part_G[index_N]


def shuffled(n: int, seed: int, what: str) -> NDArray[np.int64]:
    """Return 0..n-1 in a random order that depends only on `what` and `seed`."""
    # numpy keeps the raw stream of a bit generator in all versions, but not `permutation`
    salt = int.from_bytes(hashlib.sha256(f"{what} {seed}".encode()).digest()[:8], "little")
    return np.argsort(np.random.PCG64(salt).random_raw(n), kind="stable")


def _chromosomes(dataset: Dataset) -> NDArray[np.int32]:
    if dataset.coordinates is None:
        raise UserError(
            f"{dataset.root} cannot be split by chromosome: its windows have no genome "
            "coordinates. Use cold-rna, or import it with `rpbind import peaks`."
        )
    return dataset.coordinates.chromosome_N


def _protein_clusters(dataset: Dataset) -> NDArray[np.int32]:
    return np.array([protein.cluster for protein in dataset.proteins], np.int32)[dataset.protein_N]


def _summarise(dataset: Dataset, part_N: NDArray[np.uint8]) -> dict[str, PartSummary]:
    protein_cluster_N = _protein_clusters(dataset)
    summary = {}
    for name, number in zip((*PARTS, "unused"), (0, 1, 2, UNUSED), strict=True):
        rows = np.flatnonzero(part_N == number)
        summary[name] = PartSummary(
            windows=len(rows),
            positives=int(dataset.label_N[rows].sum(dtype=np.int64)),
            rna_clusters=len(np.unique(dataset.cluster_N[rows])),
            protein_clusters=len(np.unique(protein_cluster_N[rows])),
        )
    return summary


def hash_parts(part_N: NDArray[np.uint8]) -> str:
    """Return the SHA-256 (hex) of the parts of a split."""
    return hashlib.sha256(part_N.tobytes()).hexdigest()
