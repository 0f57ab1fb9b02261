"""Frozen, named, hashed splits of a dataset into train, validation and test.

A split is made once, kept under `splits/<id>/` in the dataset's folder, and read from there ever
after; its id says rule, ratio, seed and how the negatives were made. Shapes: N windows, G groups.
"""

from __future__ import annotations

import hashlib
import shutil
import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from rpbind.data.dataset import Dataset
from rpbind.data.split_advice import refusal
from rpbind.errors import UserError, check_one_of, reason
from rpbind.files.arrays import load_array, save_array
from rpbind.files.atomic import errors_name
from rpbind.files.draft import explain_denied_write

Rule = Literal["random", "cold-rna", "cold-protein", "cold-both"]
Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = ("train", "validation", "test")
UNUSED = 255


@dataclass(frozen=True)
class SplitSpec:
    """How to split: `ratio` is train, validation and test in percent.

    `random` goes by window and leaks; `cold-rna` by overlap cluster; `cold-protein` by homology
    cluster of the protein; `cold-both` by both at once: a window whose two clusters were drawn
    for different parts is unused (at 70:15:15 about half of all). Clusters stay whole, so a very
    large one may carry its part beyond its percentage: the split's summary says what came out.
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
        """Return the split's name for a dataset whose negatives were made by that rule."""
        return f"{self.rule}_{'-'.join(map(str, self.ratio))}_seed{self.seed}_neg-{negatives}"


class PartSummary(BaseModel):
    """What is in one part: windows, positives and the clusters that they come from."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    windows: int
    positives: int
    rna_clusters: int
    protein_clusters: int


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    dataset: str
    rule: Rule
    ratio: tuple[int, int, int]
    seed: int
    sha256: str
    parts: dict[str, PartSummary]


@dataclass(frozen=True, eq=False)
class Split:
    """Which part each window is in: `part_N` is 0 train, 1 validation, 2 test, 255 unused.

    `sha256` is the hash of `part_N`; `summary` has a line for each part and for `unused`.
    """

    id: str
    dataset_id: str
    spec: SplitSpec
    sha256: str
    summary: dict[str, PartSummary] = field(repr=False)
    part_N: NDArray[np.uint8] = field(repr=False)

    def indices(self, part: Part) -> NDArray[np.int64]:
        """Return the window indices of a part, ascending."""
        return np.flatnonzero(self.part_N == PARTS.index(part))


def make_split(dataset: Dataset, spec: SplitSpec) -> Split:
    """Split a dataset: the same content and spec give the same split on every machine.

    Raises `UserError` where a part comes out empty or with one class only.
    """
    part_N = _assign(dataset, spec)
    part_N.flags.writeable = False
    summary = _summarise(dataset, part_N)
    if lacking := _lacking(summary):
        by_rule = {rule: _assign(dataset, replace(spec, rule=rule)) for rule in get_args(Rule)}
        others = [rule for rule in by_rule if not _lacking(_summarise(dataset, by_rule[rule]))]
        raise UserError(refusal(dataset, spec.rule, lacking, others))
    return Split(
        id=spec.id_for(dataset.manifest.negatives),
        dataset_id=dataset.id,
        spec=spec,
        sha256=_hash(part_N),
        summary=summary,
        part_N=part_N,
    )


def _lacking(summary: dict[str, PartSummary]) -> str:
    """Say which part has not both classes; "" where each has."""
    for part in PARTS:
        seen = summary[part]
        if seen.positives in (0, seen.windows):
            return f"{part} {seen.windows} windows, {seen.positives} of them positive"
    return ""


def load_split(dataset: Dataset, spec: SplitSpec) -> Split:
    """Return the frozen split of a dataset, making and freezing it where it is not there yet.

    Raises `UserError` where the frozen one was changed or belongs to another dataset, and where
    the dataset of a new one was changed.
    """
    folder = dataset.root / "splits" / spec.id_for(dataset.manifest.negatives)
    if not folder.exists():
        dataset.verify()
        command = f"rpbind split {dataset.root} --rule {spec.rule} --seed {spec.seed}"
        with explain_denied_write(dataset.root, f"The split {folder.name}", command):
            _freeze(make_split(dataset, spec), folder)
    return _read(folder, dataset, spec)


def _assign(dataset: Dataset, spec: SplitSpec) -> NDArray[np.uint8]:
    n = len(dataset)
    if spec.rule == "random":
        part_N = np.empty(n, dtype=np.uint8)
        cuts = np.round(np.cumsum(spec.ratio[:2]) * n / 100).astype(int)
        for number, rows in enumerate(np.split(shuffled(n, spec.seed, "window"), cuts)):
            part_N[rows] = number
        return part_N
    by_rna_N = _assign_groups(dataset.cluster_N, spec, "rna")
    by_protein_N = _assign_groups(_protein_clusters(dataset), spec, "protein")
    if spec.rule == "cold-both":
        return np.where(by_rna_N == by_protein_N, by_rna_N, np.uint8(UNUSED))
    return by_rna_N if spec.rule == "cold-rna" else by_protein_N


def _assign_groups(group_N: NDArray[np.int32], spec: SplitSpec, what: str) -> NDArray[np.uint8]:
    """Give whole groups, in shuffled order, each to the part that still misses most windows."""
    _, index_N, size_G = np.unique(group_N, return_inverse=True, return_counts=True)
    missing = [len(group_N) * percent / 100 for percent in spec.ratio]
    part_G = np.empty(len(size_G), dtype=np.uint8)
    for group in shuffled(len(size_G), spec.seed, what):
        part = missing.index(max(missing))
        part_G[group] = part
        missing[part] -= int(size_G[group])
    return part_G[index_N]


def shuffled(n: int, seed: int, what: str) -> NDArray[np.int64]:
    """Return 0..n-1 in an order that depends on (what, seed) alone, on every machine."""
    # numpy promises the raw stream of a bit generator for ever, that of `permutation` not
    salt = int.from_bytes(hashlib.sha256(f"{what} {seed}".encode()).digest()[:8], "little")
    return np.argsort(np.random.PCG64(salt).random_raw(n), kind="stable")


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


def _hash(part_N: NDArray[np.uint8]) -> str:
    return hashlib.sha256(part_N.tobytes()).hexdigest()


def _freeze(split: Split, folder: Path) -> None:
    record = _Record(
        id=split.id,
        dataset=split.dataset_id,
        rule=split.spec.rule,
        ratio=split.spec.ratio,
        seed=split.spec.seed,
        sha256=split.sha256,
        parts=split.summary,
    )
    draft = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    try:
        with errors_name(folder, draft):
            draft.mkdir(parents=True)
            save_array(draft / "part.npy", split.part_N)
            (draft / "split.json").write_text(record.model_dump_json(indent=1))
            draft.rename(folder)
    except OSError:
        if not folder.exists():  # else another process has frozen the same split meanwhile
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _read(folder: Path, dataset: Dataset, spec: SplitSpec) -> Split:
    try:
        record = _Record.model_validate_json((folder / "split.json").read_bytes())
        part_N = load_array(folder / "part.npy")
    except (OSError, ValueError, EOFError) as error:
        raise UserError(
            f"{folder} is no split that can be read ({reason(error)}). Delete it."
        ) from None
    if record.dataset != dataset.id:
        raise UserError(
            f"{folder} was made for dataset {record.dataset}, and this is {dataset.id}. Delete it."
        )
    if _hash(part_N) != record.sha256 or len(part_N) != len(dataset):
        raise UserError(f"{folder} was changed since it was frozen. Delete it to make it again.")
    part_N.flags.writeable = False
    return Split(
        id=record.id,
        dataset_id=record.dataset,
        spec=spec,
        sha256=record.sha256,
        summary=record.parts,
        part_N=part_N,
    )
