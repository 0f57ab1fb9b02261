"""Takes saved splits along to a dataset that was made from another one.

Shapes: N windows of the other dataset, M of the new one, P proteins.
"""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rpbind.data.dataset import Dataset
from rpbind.data.frozen_split import folder_of, freeze, load_split
from rpbind.data.manifest import WINDOWS
from rpbind.data.splits import Split, hash_parts, summarise
from rpbind.errors import UserError
from rpbind.files.draft import explain_denied_write
from rpbind.split_spec import SplitSpec
from rpbind.splitting.saved import lacks_windows
from rpbind.splitting.text import saved_names


def carry_splits(old: Dataset, new: Dataset) -> tuple[str, ...]:
    """Save the saved splits of a dataset in another one, whose windows come from its rows.

    A window has the part of the row that it comes from: a negative, that of the bound window whose
    place or letters it has. If a split keeps each protein in one part, a negative of another
    protein's letters has the part of its own protein.

    Parameters
    ----------
    old
        The dataset with the splits.
    new
        The dataset that was made from it; its `source_row` is a row of `old`, from 1.

    Returns
    -------
    tuple[str, ...]
        A sentence for the splits that were saved, and one for each that stays behind.
    """
    names = saved_names(old.root)
    if not names:
        return ()
    rows = pq.read_table(new.root / WINDOWS, columns=["source_row"])["source_row"]
    row_M = rows.to_numpy().astype(np.int64) - 1
    taken, behind = [], []
    for name in names:
        spec = SplitSpec("given", name=name)
        try:
            split = load_split(old, spec, one_class=True)
        except UserError as refusal:
            behind.append(f"The saved split '{name}' stays behind. {refusal}")
            continue
        part_M = _parts(old, new, split.part_N, row_M)
        summary = summarise(new, part_M)
        if lacking := lacks_windows(new, summary):
            behind.append(
                f"The saved split '{name}' stays behind: here it has {lacking}. "
                f"`rpbind split {new.root} --from FILE --name {name}` saves another one."
            )
            continue
        sha256 = hash_parts(part_M)
        split_id = spec.id_for(new.manifest.negatives, sha256)
        made = Split(split_id, new.id, spec, sha256, summary, part_M, split.note)
        with explain_denied_write(new.root, f"The split {name}", "the same command"):
            freeze(made, folder_of(new, spec), new.root)
        taken.append(name)
    said = f"Saved splits were taken along: {', '.join(taken)}." if taken else ""
    return tuple(filter(None, (said, *behind)))


def _parts(
    old: Dataset, new: Dataset, part_N: NDArray[np.uint8], row_M: NDArray[np.int64]
) -> NDArray[np.uint8]:
    part_M = part_N[row_M]
    proteins, first_P = np.unique(old.protein_N, return_index=True)
    part_P = np.zeros(len(old.proteins), dtype=np.uint8)
    part_P[proteins] = part_N[first_P]
    if not (part_P[old.protein_N] == part_N).all():
        return part_M
    return part_P[new.protein_N]
