"""Datasets as Python objects: their windows and proteins as tables."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from rpbind.api.calls import face
from rpbind.counted import counted
from rpbind.terminal import phase

if TYPE_CHECKING:
    import pandas as pd

    from rpbind.train.opened import OpenData


class Dataset:
    """A dataset in its folder, whose files are those that its manifest describes.

    Parameters
    ----------
    folder
        The dataset's folder.

    Raises
    ------
    UserError
        If there is no dataset, or its files have changed since it was made.
    """

    def __init__(self, folder: str | Path) -> None:
        from rpbind.train.opened import OpenData

        self.folder = Path(folder)
        self.opened: OpenData = OpenData(self.folder)
        with phase(f"reading {self.folder}"):  # and hashing it: seconds for millions of windows
            self.opened.dataset  # noqa: B018 - a missing or changed dataset is an error here

    @property
    def id(self) -> str:
        """Hash of the content; equal for imports of the same sources."""
        return self.opened.dataset.id

    @property
    def length(self) -> int:
        """Nucleotides per window; of the longest, if the windows differ in length."""
        return self.opened.dataset.manifest.window_length

    @property
    def lengths(self) -> str:
        """The windows' length in words, such as "101 nt" or "20 to 400 nt"."""
        return self.opened.dataset.manifest.lengths

    @property
    def overlap_clusters(self) -> int:
        """Number of clusters of windows that overlap."""
        return self.opened.dataset.manifest.clusters

    @property
    def positives(self) -> int:
        """Number of windows that are bound."""
        return self.opened.dataset.manifest.positives

    @property
    def protein_names(self) -> list[str]:
        """Names of the proteins."""
        return [protein.id for protein in self.opened.dataset.proteins]

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.opened.dataset)

    def windows(self) -> pd.DataFrame:
        """Return the windows.

        Returns
        -------
        pandas.DataFrame
            A row per window: `rna`, `protein`, `label` (1 bound, 0 not bound) and `cluster`, the
            number of its overlap cluster. A dataset with genome coordinates also has `chrom`,
            `start` and `end` (0-based, half-open), `strand`, `gene` and `region`.
        """
        import numpy as np
        import pandas as pd

        from rpbind.data.alphabet import decode, lengths

        dataset = self.opened.dataset
        ends_N = np.cumsum(lengths(dataset.rna_NL)).tolist()
        letters = decode(dataset.rna_NL.ravel())
        windows = pd.DataFrame(
            {
                "rna": [letters[start:end] for start, end in pairwise([0, *ends_N])],
                "protein": pd.Series(self.protein_names).to_numpy()[dataset.protein_N],
                "label": dataset.label_N,
                "cluster": dataset.cluster_N,
            }
        )
        return windows if dataset.coordinates is None else windows.join(dataset.coordinates.table())

    def proteins(self) -> pd.DataFrame:
        """Return the proteins.

        Returns
        -------
        pandas.DataFrame
            A row per protein: `protein`, `gene`, `sequence`, `cluster` (of homologous proteins),
            and the numbers of its `windows` and `positives`.
        """
        import numpy as np
        import pandas as pd

        dataset = self.opened.dataset
        counts = [
            np.bincount(dataset.protein_N[chosen_N], minlength=len(dataset.proteins))
            for chosen_N in (slice(None), dataset.label_N == 1)
        ]
        return pd.DataFrame(
            {
                "protein": self.protein_names,
                "gene": [protein.gene for protein in dataset.proteins],
                "sequence": [protein.sequence for protein in dataset.proteins],
                "cluster": [protein.cluster for protein in dataset.proteins],
                "windows": counts[0],
                "positives": counts[1],
            }
        )

    def __fspath__(self) -> str:
        """Return the folder, so that a dataset can stand where a path is expected."""
        return str(self.folder)

    def __repr__(self) -> str:
        return (
            f"Dataset({str(self.folder)!r}: {counted(len(self), 'window')} of {self.lengths}, "
            f"{counted(len(self.protein_names), 'protein')})"
        )


@face
def load_dataset(folder: str | Path | Dataset) -> Dataset:
    """Open a dataset, and check that none of its files has changed.

    Parameters
    ----------
    folder
        The dataset's folder.

    Returns
    -------
    Dataset
        Its windows and proteins; every function that takes a folder also takes the dataset.

    Raises
    ------
    UserError
        If the folder holds no dataset, or a damaged one.

    Examples
    --------
    >>> data = rb.load_dataset("data/eclip91")
    >>> data.windows().groupby("protein")["label"].mean()
    """
    return folder if isinstance(folder, Dataset) else Dataset(folder)
