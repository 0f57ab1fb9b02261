"""Splits of datasets, and smaller datasets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rpbind.api.calls import face
from rpbind.api.dataset import Dataset, load_dataset

if TYPE_CHECKING:
    import pandas as pd

    from rpbind.data.dataset import Dataset as DatasetOfWindows
    from rpbind.data.splits import Split as FrozenSplit
    from rpbind.split_spec import SplitSpec


@dataclass(frozen=True)
class PartCounts:
    """What one part of a split holds.

    Parameters
    ----------
    part
        train, validation or test, or a fold; unused for windows in none of them.
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
        Rule, percentages, seed and negatives; or the name under which it was saved.
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
def split(
    data: str | Path | Dataset,
    rule: str | None = None,
    seed: int = 0,
    *,
    ratio: str | None = None,
    source: str | Path | None = None,
    name: str | None = None,
    column: str | None = None,
) -> Split:
    """Make a frozen split, or read it if it exists; or save a split of your own.

    Parameters
    ----------
    data
        The dataset, or its folder.
    rule
        What stays whole: "cold-rna" (overlap clusters; the default), "cold-protein" (protein
        clusters), "cold-both", "cold-chromosome", or "random" (nothing, which leaks); or the name
        of a saved split; or "folds:5", or "folds:fold" for the saved folds fold0, fold1, ...
    seed
        Random seed of the split.
    ratio
        Percentages of train, validation and test (default: "70:15:15"). In a study, write them
        after the rule: "cold-rna:80:10:10".
    source
        Table from which a split is saved: a column part (train, validation, test, unused), or
        fold with numbers; and a column row (window of the dataset, from 0), line (of the imported
        file; with file if there were several), or rna and protein.
    name
        Name of the split to save (default: "published", or "fold" for fold0, fold1, ...).
    column
        The table's column with part or fold (default: part, split or fold).

    Returns
    -------
    Split
        The part of each window, and what each part holds; of folds, the fold of each window.

    Raises
    ------
    UserError
        If the dataset cannot be split so, or the table names windows that it does not have.

    Examples
    --------
    >>> rb.split("data/eclip91", "cold-protein").table()
    >>> rb.split("data/mine", source="published.tsv", name="published").counts
    """
    from rpbind.errors import UserError

    folder = Path(getattr(data, "folder", data))
    if source is not None:
        if rule is not None or ratio is not None or seed:
            raise UserError(
                "A split from a file has no rule, ratio or seed. Leave --rule, --ratio and --seed "
                "out, or --from."
            )
        return _saved(load_dataset(data).opened.dataset, Path(source), name or "", column)
    if name is not None or column is not None:
        raise UserError(
            "--name and --column belong to --from FILE, which saves a split under a name. To see "
            "a saved split, give its name as --rule."
        )
    from rpbind.splitting.text import parse_split

    text = (rule or "cold-rna") + ("" if ratio is None else f":{ratio}")
    spec = replace(parse_split(text, folder, "A split rule"), seed=seed)
    opened = load_dataset(data).opened
    return _folds(opened.dataset, spec) if spec.folds else _one(opened.dataset, opened.split(spec))


def _saved(dataset: DatasetOfWindows, source: Path, name: str, column: str | None) -> Split:
    """Save the split that a table holds, and return it."""
    from rpbind.history import add_step
    from rpbind.importers.split_file import read_split
    from rpbind.split_spec import SplitSpec
    from rpbind.splitting.saved import FOLD, save_split

    part_N, folds, file_hash, note = read_split(source, dataset, column)
    splits = save_split(dataset, part_N, folds, name)
    given = {"data": dataset.root, "source": source, "name": name, "column": column}
    arguments = {key: value for key, value in given.items() if value}
    add_step(dataset.root, "split", arguments, {source.name: file_hash.sha256})
    notes = (note,) if note else ()
    if folds:
        shown = _folds(dataset, SplitSpec("folds", name=name or FOLD, folds=folds))
    else:
        shown = _one(dataset, splits[0])
    return replace(shown, notes=(*notes, *shown.notes))


def _one(dataset: DatasetOfWindows, frozen: FrozenSplit) -> Split:
    from rpbind.data.splits import PARTS, UNUSED
    from rpbind.splitting.balance import imbalance
    from rpbind.splitting.leaks import leak_words

    counts = [
        PartCounts(part, held.windows, held.positives, held.rna_clusters, held.protein_clusters)
        for part, held in frozen.summary.items()
    ]
    names = {**dict(enumerate(PARTS)), UNUSED: "unused"}
    leaks = leak_words(dataset, [frozen])
    return Split(
        frozen.id,
        frozen.sha256,
        tuple(counts),
        tuple(names[part] for part in frozen.part_N.tolist()),
        tuple(filter(None, (imbalance(dataset, frozen), frozen.note, leaks))),
    )


def _folds(dataset: DatasetOfWindows, spec: SplitSpec) -> Split:
    from rpbind.splitting.folds import all_folds

    folds = all_folds(dataset, spec)
    counts = [
        PartCounts(part, held.windows, held.positives, held.rna_clusters, held.protein_clusters)
        for part, held in folds.summary.items()
    ]
    names = list(folds.summary)
    of = tuple(names[min(fold, spec.folds)] for fold in folds.fold_N.tolist())
    return Split(folds.id, folds.sha256, tuple(counts), of, folds.notes)


@face
def subset(
    data: str | Path | Dataset, out: str | Path, *, per_protein: int, seed: int = 0
) -> Dataset:
    """Draw a smaller dataset from a larger one; clusters and saved splits stay the same.

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
    from rpbind.splitting.carried import carry_splits
    from rpbind.verbosity import tell

    whole = load_dataset(data).opened.dataset
    drawn = draw(whole, Path(out), per_protein, seed)
    for remark in carry_splits(whole, drawn):
        tell(remark)
    return Dataset(drawn.root)
