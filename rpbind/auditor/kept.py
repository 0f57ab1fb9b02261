"""Audits are kept beside the dataset, because a study shows one each time it begins."""

from __future__ import annotations

import errno

from rpbind.audit.record import Audit, read_audit, write_audit
from rpbind.auditor.measure import measure, name_of, split_name
from rpbind.data.dataset import Dataset
from rpbind.data.splits import Split
from rpbind.terminal import phase

FOLDER = "audits"
UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT)


def audit_of(dataset: Dataset, split: Split | None) -> Audit:
    """Return the audit of a dataset and split; measure it if it is not kept yet.

    Parameters
    ----------
    dataset
        The dataset.
    split
        A split of it; without one, the priors rank all windows.

    Returns
    -------
    Audit
        The same as `measure` returns. Where the dataset's folder cannot be written, it is not kept.
    """
    name = "all" if split is None else f"{split.id}_{split.sha256[:12]}"
    file = dataset.root / FOLDER / f"{dataset.id}_{name}.json"
    kept = read_audit(file)
    if kept is not None and (kept.dataset, kept.split) == (name_of(dataset), split_name(split)):
        return kept
    with phase(f"auditing {dataset.root}"):
        audit = measure(dataset, split)
    try:
        file.parent.mkdir(exist_ok=True)
        write_audit(file, audit)
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
    return audit
