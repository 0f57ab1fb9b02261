"""An open dataset with its splits and embedding stores, each read and verified once."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rpbind.data.dataset import Dataset
from rpbind.data.frozen_split import load_split
from rpbind.data.splits import Split, SplitSpec
from rpbind.proteins.build import build_store
from rpbind.proteins.embedding_store import EmbeddingStore
from rpbind.proteins.encoders import make_encoder

if TYPE_CHECKING:
    from rpbind.train.inputs import Inputs


class OpenData:
    """A dataset folder whose contents are opened and verified at their first use, and then kept.

    A command makes one and passes it on, so that nothing is opened or hashed twice. Another
    process (a pickled copy) opens the folder for itself.

    Parameters
    ----------
    folder
        The dataset folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._splits: dict[SplitSpec, Split] = {}
        self._stores: dict[str, EmbeddingStore] = {}
        self._inputs: dict[tuple[SplitSpec, str], Inputs] = {}

    def __reduce__(self) -> tuple[type[OpenData], tuple[Path]]:
        return OpenData, (self.folder,)

    @cached_property
    def dataset(self) -> Dataset:
        """The dataset; `UserError` if there is none or its files have changed."""
        dataset = Dataset.open(self.folder)
        dataset.verify()
        return dataset

    def split(self, spec: SplitSpec) -> Split:
        """Return a split of the dataset; a new split is frozen now, see `load_split`.

        Parameters
        ----------
        spec
            Rule, ratio and seed.

        Returns
        -------
        The frozen split.
        """
        if spec not in self._splits:
            self._splits[spec] = load_split(self.dataset, spec)
        return self._splits[spec]

    def embeddings(self, encoder: str) -> EmbeddingStore:
        """Return the embedding store of an encoder; `UserError` if it is missing or has changed.

        Parameters
        ----------
        encoder
            Id of the protein encoder.

        Returns
        -------
        The verified store.
        """
        if encoder not in self._stores:
            store = EmbeddingStore.open(self.folder, encoder)
            store.verify()
            self._stores[encoder] = store
        return self._stores[encoder]

    def build_embeddings(self, encoder: str) -> None:
        """Make or extend the embedding store of an encoder, for every protein of the dataset.

        Parameters
        ----------
        encoder
            Name of a protein encoder that needs no weights file.
        """
        sequences = [protein.sequence for protein in self.dataset.proteins]
        self._stores[encoder] = build_store(self.folder, make_encoder(encoder), sequences)

    def inputs(self, spec: SplitSpec, encoder: str) -> Inputs:
        """Return the inputs of runs, as tensors over the same mapped memory.

        Parameters
        ----------
        spec
            Rule, ratio and seed of the split.
        encoder
            Id of the protein encoder.

        Returns
        -------
        The inputs.
        """
        from rpbind.train.inputs import Inputs  # torch takes seconds to import

        key = spec, encoder
        if key not in self._inputs:
            dataset, store = self.dataset, self.embeddings(encoder)  # before a split is frozen
            self._inputs[key] = Inputs.from_dataset(dataset, self.split(spec), store)
        return self._inputs[key]
