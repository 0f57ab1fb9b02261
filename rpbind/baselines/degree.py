"""Baselines that read no motif: priors, degrees in training, and the protein's vector alone.

Shapes: P proteins, G groups of windows, W width of a protein vector, T test windows. `2P` has each
protein twice, as unbound and as bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from rpbind.baselines.data import BaselineData, Prediction
from rpbind.data import priors
from rpbind.data.clusters import Progress


def protein_degree(data: BaselineData, progress: Progress) -> Prediction:
    """Score a window by the share of bound windows among its protein's training windows.

    A protein without training windows gets the share of all training windows.
    """
    progress(1, 1)
    return Prediction(data.parts["test"], logit(priors.protein_degree(_asked(data))))


def rna_degree(data: BaselineData, progress: Progress) -> Prediction:
    """Score a window by how often the same RNA was bound in training, by any protein.

    A window that is not in training gets the share of its overlap cluster. If the cluster is new
    too, it gets the share of all training windows; on a cold-rna split these are all test windows.
    """
    progress(1, 1)
    return Prediction(data.parts["test"], logit(priors.rna_degree(_asked(data))))


def protein_only(data: BaselineData, progress: Progress) -> Prediction:
    """Score a window only by its protein's mean vector, by logistic regression."""
    train_N, test_T = data.parts["train"], data.parts["test"]
    windows_P, bound_P = _counts(data, data.protein_N, len(data.proteins))
    trained_P = windows_P > 0
    mean_PW = data.mean_PW.astype(np.float64)
    centre_W, scale_W = mean_PW[trained_P].mean(axis=0), mean_PW[trained_P].std(axis=0)
    unit_PW = (mean_PW - centre_W) / np.where(scale_W > 0, scale_W, 1.0)
    weight_2P = np.concatenate([windows_P - bound_P, bound_P]) / len(train_N)
    label_2P = np.repeat([0, 1], len(data.proteins))
    model = LogisticRegression().fit(np.tile(unit_PW, (2, 1)), label_2P, weight_2P)
    progress(1, 1)
    return Prediction(test_T, model.decision_function(unit_PW)[data.protein_N[test_T]])


@dataclass(frozen=True)
class Prior:
    """Score a window by a count or a share that reads no motif, such as its density.

    These scores are no log-odds: only their order means something.
    """

    score: priors.Prior

    def __call__(self, data: BaselineData, progress: Progress) -> Prediction:
        """Score the test windows; nothing is fitted."""
        progress(1, 1)
        return Prediction(data.parts["test"], self.score(_asked(data)))


def _asked(data: BaselineData) -> priors.Asked:
    """Return the test windows, as priors read them."""
    return priors.Asked(
        data.rna_NL,
        data.label_N,
        data.protein_N,
        data.cluster_N,
        data.parts["test"],
        data.parts["train"],
    )


def _counts(
    data: BaselineData, group_N: NDArray[np.integer], groups: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the number of training windows and of bound ones in each group, both (G,)."""
    train_N = data.parts["train"]
    windows_G = np.bincount(group_N[train_N], minlength=groups)
    bound_G = np.bincount(group_N[train_N], data.label_N[train_N], minlength=groups)
    return windows_G.astype(np.float64), bound_G.astype(np.float64)
