"""What `import rpbind` offers for a dataset's history."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rpbind.api.calls import face
from rpbind.api.dataset import Dataset, load_dataset
from rpbind.history import Step

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class History:
    """The commands that made and changed a dataset.

    Parameters
    ----------
    summary
        What the dataset holds, and its id.
    steps
        The commands in order; each has `shell`, the command line, and `python`, the same as a call
        of `import rpbind as rb`.
    missing
        A sentence if the command that made the dataset is not known; else "".
    """

    summary: str
    steps: tuple[Step, ...]
    missing: str = ""

    def table(self) -> pd.DataFrame:
        """Return the history as a table.

        Returns
        -------
        pandas.DataFrame
            A row per command: `created`, `rpbind` (its version), `shell`, `python`, and `sources`,
            {name: SHA-256}.
        """
        import pandas as pd

        names = ("created", "rpbind", "shell", "python", "sources")
        return pd.DataFrame(
            [[getattr(step, name) for name in names] for step in self.steps], columns=list(names)
        )

    def __str__(self) -> str:
        """Return the calls of `import rpbind as rb`, one per line."""
        return "\n".join(step.python for step in self.steps)


@face
def history(data: str | Path | Dataset) -> History:
    """Return the commands that made and changed a dataset.

    They are those of the dataset that it was drawn from, if any, then its own. Paths are as they
    were given, so the commands reproduce it in the folder in which they were run.

    Parameters
    ----------
    data
        The dataset, or its folder.

    Returns
    -------
    History
        The commands in order.

    Raises
    ------
    UserError
        If the folder holds no dataset, or a damaged one.

    Examples
    --------
    >>> print(rb.history("data/mine"))
    """
    opened = load_dataset(data).opened.dataset
    manifest, missing = opened.manifest, ""
    if not any(step.makes for step in manifest.history):
        made = manifest.made_by
        missing = (
            f"The command that made {opened.root} is not known: '{made.importer}' made it with "
            f"rpbind {made.rpbind} on {made.created}, without a command or before rpbind kept them."
        )
    summary = (
        f"{opened.root}: dataset {opened.id}, {len(opened):,} windows ({manifest.positives:,} "
        f"positive, negatives {manifest.negatives}), {manifest.proteins:,} proteins, "
        f"{manifest.clusters:,} overlap clusters"
    )
    return History(summary, manifest.history, missing)
