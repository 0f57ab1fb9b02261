"""Toy data for baselines: written by hand, or with shuffled labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rpbind.baselines.data import BaselineData
from rpbind.data.alphabet import encode
from rpbind.data.dataset import Protein


def by_hand(train: list[str], test: list[str]) -> BaselineData:
    """Data from lines such as "A ACGU c0 1": protein, letters, overlap cluster, label."""
    lines = [line.split() for line in train + test]
    names = sorted({name for name, *_ in lines})
    return BaselineData(
        rna_NL=np.stack([encode(letters) for _, letters, _, _ in lines]),
        label_N=np.array([int(label) for *_, label in lines], dtype=np.uint8),
        protein_N=np.array([names.index(name) for name, *_ in lines], dtype=np.int32),
        cluster_N=np.array([int(cluster[1:]) for _, _, cluster, _ in lines], dtype=np.int32),
        parts={
            "train": np.arange(len(train)),
            "validation": np.arange(len(train)),
            "test": np.arange(len(train), len(lines)),
        },
        proteins=tuple(Protein(name, name, "M", place) for place, name in enumerate(names)),
        mean_PW=np.eye(len(names), 3, dtype=np.float32),
        provenance={},
    )


def relabelled(data: BaselineData, seed: int = 0) -> BaselineData:
    """The same data with the labels of each protein shuffled within each part."""
    rng = np.random.default_rng(seed)
    label_N = np.array(data.label_N)
    for part in data.parts:
        for protein in range(len(data.proteins)):
            rows = data.windows_of(part, protein)
            label_N[rows] = rng.permutation(label_N[rows])
    return replace(data, label_N=label_N)
