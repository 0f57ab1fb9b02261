"""The inputs of a run as tensors: a dataset's mapped arrays, a split and an embedding store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rpbind.data.dataset import Dataset, Protein
from rpbind.data.frozen_split import load_split
from rpbind.data.splits import Split, SplitSpec
from rpbind.gathering.alike import plan_alike
from rpbind.gathering.experiments import experiments_of
from rpbind.gathering.mapped import mapped_tensor
from rpbind.gathering.planned import (
    TOGETHER,
    Planned,
    Shape,
    gathered,
    plan,
    rows_of,
    sent,
)
from rpbind.metrics import WindowScores
from rpbind.model.group import Group, Reads
from rpbind.model.padding import PAD
from rpbind.parts.contents import FOLDER, seek_in
from rpbind.proteins.embedding_store import EmbeddingStore
from rpbind.proteins.store_manifest import VectorSource

COPIED = 2**30
"""Windows of at most so many bytes are copied to the device as a whole (10 million of 101 nt)."""


@dataclass(frozen=True)
class Inputs:
    """Windows, labels, parts of the split, and protein vectors.

    Parameters
    ----------
    rna_NL
        (N, L) uint8 tokens of the windows; shorter ones are padded.
    label_N
        (N,) uint8 labels.
    protein_N
        (N,) int32 index of each window's protein in `proteins`.
    parts
        Window indices (int64) of `train`, `validation` and `test`.
    mean_PW
        (P, W) float32: each protein's mean vector.
    residues_ND
        (residues, W) vectors of all residues of all proteins.
    offset_P, length_P
        (P,) int64: first row of each protein in `residues_ND`, and the number of its rows.
    proteins
        The P proteins.
    provenance
        Names and hashes of dataset, split, embedding store and encoder.
    source
        The protein encoder; None if the vectors were not read from a store.
    cluster_N, region_N
        (N,) overlap cluster (int32) and region type (int8) of each window; None where unknown.
    experiments
        {"name" or "parts": codes of the proteins' experiments (P, D)}; see `experiment_codes`.
    shortest
        Letters of the shortest window; None if all windows have `length`.
    """

    rna_NL: Tensor
    label_N: Tensor
    protein_N: Tensor
    parts: dict[str, Tensor]
    mean_PW: Tensor
    residues_ND: Tensor
    offset_P: Tensor
    length_P: Tensor
    proteins: tuple[Protein, ...]
    provenance: dict[str, str]
    source: VectorSource | None = None
    cluster_N: Tensor | None = None
    experiments: Mapping[str, Tensor] = field(default_factory=dict)
    region_N: NDArray[np.int8] | None = None
    shortest: int | None = None

    @classmethod
    def open(cls, data: Path, split: SplitSpec, encoder: str) -> Inputs:
        """Open inputs in a worker process, where the study's driver has verified them.

        A command uses `rpbind.train.opened.OpenData` instead.

        Parameters
        ----------
        data
            The dataset folder.
        split
            Which split; it is frozen now if it is new.
        encoder
            Id of the protein encoder.

        Returns
        -------
        The inputs.
        """
        dataset = Dataset.open(data)
        return cls.from_dataset(
            dataset, load_split(dataset, split), EmbeddingStore.open(data, encoder)
        )

    @classmethod
    def from_dataset(cls, dataset: Dataset, split: Split, store: EmbeddingStore) -> Inputs:
        """Wrap an open dataset as tensors; large arrays stay memory-mapped.

        Parameters
        ----------
        dataset
            The open dataset.
        split
            A split of it.
        store
            An embedding store with all of its proteins.

        Returns
        -------
        The inputs.
        """
        seek_in(store.folder / FOLDER)  # the encoder's class, if it is the user's own
        sequences = [protein.sequence for protein in dataset.proteins]
        offset_P, length_P = store.locate(sequences)
        return cls(
            rna_NL=mapped_tensor(dataset.rna_NL),
            label_N=mapped_tensor(dataset.label_N),
            protein_N=mapped_tensor(dataset.protein_N),
            parts={
                part: torch.from_numpy(np.asarray(split.indices(part), dtype=np.int64))
                for part in ("train", "validation", "test")
            },
            mean_PW=torch.from_numpy(store.mean_PW(sequences)),
            residues_ND=mapped_tensor(store.residues_ND),
            offset_P=torch.from_numpy(offset_P),
            length_P=torch.from_numpy(length_P),
            proteins=dataset.proteins,
            provenance={
                "dataset": f"{dataset.manifest.name} {dataset.id}",
                "split": f"{split.id} {split.sha256[:12]}",
                "bank": f"{store.folder.name} {store.sha256[:12]}",
                "encoder": f"{store.folder.name} {store.manifest.encoder_sha256[:12]}",
            },
            source=store.manifest.source,
            cluster_N=mapped_tensor(dataset.cluster_N),
            experiments=experiments_of(dataset, split),
            region_N=None if dataset.coordinates is None else dataset.coordinates.region_N,
            shortest=dataset.manifest.shortest_window,
        )

    @property
    def width(self) -> int:
        """Length W of a protein vector."""
        return self.mean_PW.shape[1]

    @property
    def length(self) -> int:
        """Length L of the longest window in nucleotides."""
        return self.rna_NL.shape[1]

    @property
    def varying(self) -> bool:
        """Whether the windows differ in length, so that batches are padded."""
        return self.shortest is not None

    def to(self, device: str) -> Inputs:
        """Copy letters, labels and vectors to a device, such as `cuda`.

        Many windows stay mapped, and go there batch by batch.
        """
        names = ["label_N", "mean_PW", "residues_ND"]
        if self.rna_NL.nbytes <= COPIED:
            names.append("rna_NL")
        moved = {name: getattr(self, name).to(device) for name in names}
        experiments = {by: code_PD.to(device) for by, code_PD in self.experiments.items()}
        return replace(self, **moved, experiments=experiments)

    def planned(
        self, batches: Sequence[Tensor], reads: Reads, shape: Shape | None = None
    ) -> Iterator[Planned]:
        """Plan batches (B,) on the host, and send the plans to the device, many at a time.

        With `shape`, batches of so many windows get it.
        """
        known = self.protein_N, self.offset_P, self.length_P, reads
        for first in range(0, len(batches), TOGETHER):
            plans = [
                plan(index_B.cpu(), *known)
                if shape is None or len(index_B) != shape.windows
                else plan_alike(index_B.cpu(), *known, shape)
                for index_B in batches[first : first + TOGETHER]
            ]
            yield from sent(plans, self.mean_PW.device)

    def batch(self, batch: Tensor | Planned, reads: Reads) -> tuple[Tensor, list[Group], Tensor]:
        """Gather a batch of windows.

        Parameters
        ----------
        batch
            (B,) window indices, or one of `planned`.
        reads
            Whether the model reads each protein's mean vector or its residues.

        Returns
        -------
        rna_BL (B, L) uint8, on a CPU L of the longest; groups of the batch's proteins; label_B (B,)
        float32.
        """
        planned = batch if isinstance(batch, Planned) else next(self.planned([batch], reads))
        vectors = self.mean_PW, self.residues_ND, self.experiments
        groups = [gathered(each, *vectors) for each in planned.groups]
        rna_BL = rows_of(self.rna_NL, planned)
        if self.varying and rna_BL.device.type == "cpu":
            rna_BL = rna_BL[:, : int((rna_BL != PAD).any(0).sum())]
        return rna_BL, groups, self.label_N[planned.there_B].float()

    def scores(self, logit_N: NDArray[np.float32], index_N: NDArray[np.int64]) -> WindowScores:
        """Put labels, proteins, overlap clusters and region types beside the logits of a part.

        Parameters
        ----------
        logit_N
            (N,) logits.
        index_N
            (N,) the window of each logit; they must be all windows of the part, in any order.

        Returns
        -------
        What metrics read.
        """
        chosen_N, cluster_N = torch.from_numpy(index_N), self.cluster_N
        return WindowScores(
            logit_N,
            self.label_N[chosen_N.to(self.label_N.device)].cpu().numpy(),
            self.protein_N[chosen_N].numpy().astype(np.int64),
            None if cluster_N is None else cluster_N[chosen_N].numpy(),
            None if self.region_N is None else self.region_N[index_N],
        )
