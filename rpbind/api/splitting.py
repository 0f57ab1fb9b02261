"""Splits of datasets, and smaller datasets."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from rpbind.api.calls import face
from rpbind.api.dataset import Dataset, load_dataset

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class PartCounts:
    """What one part of a split holds.

    Parameters
    ----------
    part
        train, validation or test; unused for windows in none of them.
    windows, positives
        Numbers of windows.
    overlap_clusters, protein_clusters
        Numbers of clusters that the windows come from.
    """

    part: str
    windows: int
    positives: int
    overlap_clusters: int
    protein_clusters: int


@dataclass(frozen=True)
class Split:
    """A frozen split of a dataset.

    Parameters
    ----------
    name
        Rule, percentages, seed and negatives.
    sha256
        SHA-256 of the part of every window.
    counts
        What each part holds.
    part_of
        The part of each window, in the dataset's order.
    notes
        Sentences that a reader should know, such as that a part is too large.
    """

    name: str
    sha256: str
    counts: tuple[PartCounts, ...]
    part_of: tuple[str, ...] = field(repr=False)
    notes: tuple[str, ...] = ()

    def table(self) -> pd.DataFrame:
        """Return what each part holds.

        Returns
        -------
        pandas.DataFrame
            A row per part, with its numbers of windows, positives and clusters.
        """
        import pandas as pd

        return pd.DataFrame(self.counts)


@face
def split(data: str | Path | Dataset, rule: str = "cold-rna", seed: int = 0) -> Split:
    """Make a frozen split (70:15:15), or read it if it exists.

    Parameters
    ----------
    data
        The dataset, or its folder.
    rule
        What stays whole: "cold-rna" (overlap clusters), "cold-protein" (protein clusters),
        "cold-both", "cold-chromosome", or "random" (nothing, which leaks).
    seed
        Random seed of the split.

    Returns
    -------
    Split
        The part of each window, and what each part holds.

    Raises
    ------
    UserError
        If the dataset cannot be split by this rule.

    Examples
    --------
    >>> rb.split("data/eclip91", "cold-protein").table()
    """
    from rpbind.data.balance import imbalance
    from rpbind.data.splits import PARTS, UNUSED, Rule, SplitSpec
    from rpbind.errors import check_one_of

    check_one_of("A split rule", rule, get_args(Rule))
    opened = load_dataset(data).opened
    frozen = opened.split(SplitSpec(rule=cast(Rule, rule), seed=seed))
    counts = [
        PartCounts(part, held.windows, held.positives, held.rna_clusters, held.protein_clusters)
        for part, held in frozen.summary.items()
    ]
    names = {**dict(enumerate(PARTS)), UNUSED: "unused"}
    remark = imbalance(opened.dataset, frozen)
    return Split(
        frozen.id,
        frozen.sha256,
        tuple(counts),
        tuple(names[part] for part in frozen.part_N.tolist()),
        (remark,) if remark else (),
    )


@face
def subset(
    data: str | Path | Dataset, out: str | Path, *, per_protein: int, seed: int = 0
) -> Dataset:
    """Draw a smaller dataset from a larger one; overlap and protein clusters stay the same.

    Parameters
    ----------
    data
        The larger dataset, or its folder.
    out
        Folder of the new dataset; it must not exist yet.
    per_protein
        Number of windows to draw at random for each protein.
    seed
        Random seed of the draw.

    Returns
    -------
    Dataset
        The smaller dataset.

    Raises
    ------
    UserError
        If `out` exists or cannot be made, or no protein has more than `per_protein` windows.

    Examples
    --------
    >>> small = rb.subset("data/eclip91", "data/small", per_protein=200)
    """
    from rpbind.data.subset import subset as draw

    drawn = draw(load_dataset(data).opened.dataset, Path(out), per_protein, seed)
    return Dataset(drawn.root)
