"""All folds of a dataset at once: what each holds, and their name in plans.

Shapes: N windows.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpbind.data.dataset import Dataset
from rpbind.data.frozen_split import load_split
from rpbind.data.splits import UNUSED, PartSummary, summary_of
from rpbind.errors import UserError
from rpbind.split_spec import SplitSpec
from rpbind.splitting.balance import imbalance
from rpbind.splitting.leaks import leak_words


@dataclass(frozen=True, eq=False)
class Folds:
    """The folds of a dataset.

    Parameters
    ----------
    id
        Their name; see `SplitSpec.id_for`.
    sha256
        SHA-256 (hex) of the parts of all folds.
    summary
        Counts for each fold, under "fold 0", and for "unused".
    fold_N
        (N,) uint8: the fold whose test part has the window; 255 for none.
    notes
        What a reader should know, such as that one fold is larger than the others.
    """

    id: str
    sha256: str
    summary: dict[str, PartSummary]
    fold_N: NDArray[np.uint8]
    notes: tuple[str, ...] = ()


def all_folds(dataset: Dataset, spec: SplitSpec) -> Folds:
    """Return the folds that a specification names; each is frozen as a split.

    Parameters
    ----------
    dataset
        The dataset.
    spec
        The number of folds and the seed, or the name of saved folds.

    Returns
    -------
    Folds
        The folds.

    Raises
    ------
    UserError
        If a fold lacks a class, or if the test parts of saved folds overlap.
    """
    fold_N = np.full(len(dataset), UNUSED, dtype=np.uint8)
    digest, splits = hashlib.sha256(), []
    for fold in range(spec.folds):
        split = load_split(dataset, spec.of_run(spec.seed * spec.folds + fold), one_class=True)
        test_T = split.indices("test")
        if (fold_N[test_T] != UNUSED).any():
            raise UserError(
                f"The test parts of the saved folds {spec.name}0, {spec.name}1, ... overlap, so "
                "they are no folds. Use one of them at a time, or save others."
            )
        fold_N[test_T] = fold
        splits.append(split)
        digest.update(bytes.fromhex(split.sha256))
    sha256 = digest.hexdigest()
    numbers = {f"fold {fold}": fold for fold in range(spec.folds)} | {"unused": UNUSED}
    summary = {name: summary_of(dataset, fold_N == number) for name, number in numbers.items()}
    remark = imbalance(dataset, load_split(dataset, spec, one_class=True))
    leaks = leak_words(dataset, splits)
    name = spec.id_for(dataset.manifest.negatives, sha256)
    return Folds(name, sha256, summary, fold_N, tuple(filter(None, (remark, leaks))))
