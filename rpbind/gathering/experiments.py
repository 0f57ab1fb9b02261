"""Codes of experiments, from which a model with `model.experiment` learns a vector for each.

Shapes: P proteins, D numbers of a code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from rpbind.data.dataset import Dataset
from rpbind.data.splits import Split
from rpbind.model.experiment import CODE
from rpbind.names import key
from rpbind.proteins.experiments import parts_of

TERMS: dict[str, Callable[[str], tuple[str, ...]]] = {
    "name": lambda name: (key(name),),
    "parts": parts_of,
}
"""Value of `model.experiment` -> what an experiment's name says, each with a code of its own."""


def experiment_codes(names: Sequence[str], trained: Collection[str]) -> dict[str, Tensor]:
    """Return the codes of experiments, zero where training had none of what a name says.

    Parameters
    ----------
    names
        The P experiments.
    trained
        The names of those with training windows.

    Returns
    -------
    dict[str, Tensor]
        {"name" or "parts": (P, D) float32}, as `model.experiment` says.
    """
    codes = {}
    for by, terms_of in TERMS.items():
        known = {term for name in trained for term in terms_of(name)}
        rows = [[_code(term) for term in terms_of(name) if term in known] for name in names]
        zero = np.zeros(CODE, dtype=np.float32)
        codes[by] = torch.from_numpy(np.stack([sum(row, zero) for row in rows]).reshape(-1, CODE))
    return codes


def experiments_of(dataset: Dataset, split: Split) -> dict[str, Tensor]:
    """Return the codes of a dataset's experiments, of which those of the part train are known."""
    names = [protein.id for protein in dataset.proteins]
    trained = np.unique(dataset.protein_N[split.indices("train")]).tolist()
    return experiment_codes(names, [names[protein] for protein in trained])


def codes_of(experiments: Mapping[str, Tensor], members: Tensor) -> dict[str, Tensor]:
    """Return the codes of some proteins, given by their indices."""
    return {by: code_PD[members] for by, code_PD in experiments.items()}


def _code(term: str) -> np.ndarray:
    """Return a vector of length 1 with signs from the term's hash, equal on every machine."""
    salt = int.from_bytes(hashlib.sha256(f"experiment {term}".encode()).digest()[:16], "little")
    bits = np.random.PCG64(salt).random_raw(CODE) >> np.uint64(63)
    return ((2 * bits.astype(np.float32) - 1) / np.float32(CODE**0.5)).astype(np.float32)
