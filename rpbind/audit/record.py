"""The audit of a dataset: what its windows give away without a motif being read.

`rpbind.auditor` makes it. A study keeps the audit of its data in `audit.json`, which its report
reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from rpbind.files.atomic import read, write_atomic
from rpbind.ledger.records import Record
from rpbind.statistics.density import FLAGGED

FILE = "audit.json"
VERSION = 1
"""Changes with what is measured: audits of other versions are measured again."""

FEW_PLACES = 20
"""If half of the unbound windows come from fewer overlap clusters, they are flagged ..."""
MANY_WINDOWS = 25
"""... unless a cluster has fewer of them than this: then the dataset is only small."""


class ProteinCounts(Record):
    """The windows of a protein, and how many of them are bound."""

    protein: str
    windows: int
    positives: int


class LargeCluster(Record):
    """An overlap cluster, and the sequence that most of its windows have in common.

    Parameters
    ----------
    windows, positives, proteins
        Numbers of windows, of bound ones, and of proteins that they belong to.
    consensus
        The most frequent stretch of its windows.
    """

    windows: int
    positives: int
    proteins: int
    consensus: str


class Origin(Record):
    """Where the windows of one label come from.

    Parameters
    ----------
    label
        bound or unbound.
    windows, distinct
        Numbers of windows, and of different ones.
    clusters, clusters_of_half
        Number of overlap clusters, and of the largest ones that together hold half of the windows.
    genes, genes_of_half
        The same of genes; None where genes are not known.
    regions
        {region type: number of windows}; empty where region types are not known.
    """

    label: Literal["bound", "unbound"]
    windows: int
    distinct: int
    clusters: int
    clusters_of_half: int
    genes: int | None = None
    genes_of_half: int | None = None
    regions: dict[str, int] = Field(default_factory=dict)


class RegionCounts(Record):
    """The asked windows of a region type, and the number of bound ones and of proteins."""

    region: str
    windows: int
    positives: int
    proteins: int


class LeakRecord(Record):
    """What a part has in common with training; see `rpbind.data.leaks.Leak`."""

    part: str
    windows: int
    equal: int
    kmer: int
    k: int
    interval: int | None
    proteins: int
    known: int
    related: int


class PriorScore(Record):
    """How well a prior ranks the asked windows.

    Parameters
    ----------
    name
        The prior; see `rpbind.data.priors`.
    proteins
        Number of proteins with both labels.
    per_protein
        Mean of their AUROCs.
    low, high
        95 % interval of this mean over proteins; None with fewer than two.
    overall
        AUROC over the windows of all proteins; None if a label is missing.
    """

    name: str
    proteins: int
    per_protein: float | None
    low: float | None
    high: float | None
    overall: float | None

    @property
    def is_flagged(self) -> bool:
        """Whether an AUROC is further from 0.5 than chance should bring it."""
        found = [value for value in (self.per_protein, self.overall) if value is not None]
        return any(abs(value - 0.5) > FLAGGED for value in found)


class Audit(Record):
    """What a dataset, and a split of it, give away.

    Parameters
    ----------
    version
        See `VERSION`.
    dataset, split
        Name and hash; the split is empty if none was asked for.
    part
        The part whose windows the priors rank: test, or all without a split.
    negatives
        How the unbound windows were made.
    windows, positives, distinct
        Numbers of windows, of bound ones, and of different ones.
    lengths
        Shortest, median and longest window, in nucleotides.
    contradictions
        Windows that are bound and unbound for the same protein.
    proteins
        Windows of each protein.
    same_sequence
        Groups of proteins with one amino-acid sequence.
    clusters, single
        Numbers of overlap clusters, and of those with one window.
    largest
        The largest clusters.
    origins
        Where bound and unbound windows come from.
    leaks
        What validation and test have in common with training; empty without a split.
    priors
        How well each prior ranks the asked windows.
    regions
        The asked windows of each region type; empty where region types are not known.
    """

    version: int = VERSION
    dataset: str
    split: str
    part: Literal["all", "test"]
    negatives: str
    windows: int
    positives: int
    distinct: int
    lengths: tuple[int, int, int]
    contradictions: int
    proteins: tuple[ProteinCounts, ...]
    same_sequence: tuple[tuple[str, ...], ...]
    clusters: int
    single: int
    largest: tuple[LargeCluster, ...]
    origins: tuple[Origin, ...]
    leaks: tuple[LeakRecord, ...]
    priors: tuple[PriorScore, ...]
    regions: tuple[RegionCounts, ...] = ()

    @property
    def flagged(self) -> tuple[PriorScore, ...]:
        """The priors that rank windows."""
        return tuple(prior for prior in self.priors if prior.is_flagged)

    @property
    def few_places(self) -> tuple[Origin, ...]:
        """The unbound windows, if most of them come from few places."""
        return tuple(self._few())

    def _few(self) -> Iterator[Origin]:
        for origin in self.origins:
            places = origin.clusters_of_half
            many = origin.windows >= 2 * MANY_WINDOWS * places
            if origin.label == "unbound" and 0 < places < FEW_PLACES and many:
                yield origin


def read_audit(file: Path) -> Audit | None:
    """Read an audit.

    Parameters
    ----------
    file
        The file.

    Returns
    -------
    Audit or None
        None if there is no file, or it is not an audit of this version: it can be made again.
    """
    try:
        audit = Audit.model_validate_json(read(file))
    except (FileNotFoundError, NotADirectoryError, ValidationError):
        return None
    return audit if audit.version == VERSION else None


def study_audit(study: Path) -> Audit | None:
    """Read the audit of a study's data; None for a study that has none."""
    return read_audit(study / FILE)


def write_audit(file: Path, audit: Audit) -> None:
    """Write an audit, whole or not at all.

    Parameters
    ----------
    file
        The file; an existing one is replaced.
    audit
        The audit.
    """
    write_atomic(file, audit.model_dump_json(indent=1).encode())
