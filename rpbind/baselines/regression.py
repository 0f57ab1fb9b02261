"""Logistic regression on counts of k-mers: one for all proteins, or one for each.

It has a ridge penalty whose strength is chosen on validation, and is fitted by liblinear.
Shapes: N training, V validation and T test windows of one regression.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from rpbind.baselines.data import BaselineData, NotApplicableError, Prediction
from rpbind.baselines.kmers import Features
from rpbind.data.clusters import Progress
from rpbind.data.splits import Part

PENALTIES = (1.0, 0.1, 0.01, 0.001)
"""Penalties per training window, strongest first; sklearn's `C` is 1 / (penalty * windows)."""
MOST_WINDOWS = 100_000
"""Most training windows of the regression for all proteins, evenly spaced over all of them."""
INTERCEPT = 10.0
"""liblinear penalises the intercept too. As the weight of a constant 10 instead of 1, the intercept
is penalised a hundred times less."""

Index = Mapping[Part, NDArray[np.int64]]
"""The windows of one regression: it is fitted on train, chosen on validation, and scores test."""


@dataclass(frozen=True)
class SharedRegression:
    """One regression for all proteins: it reads the RNA and not which protein it is scored for."""

    features: Features

    def __call__(self, data: BaselineData, progress: Progress) -> Prediction:
        """Fit on evenly spaced training windows and score every test window."""
        index: Index = {
            "train": spread(data.parts["train"], MOST_WINDOWS),
            "validation": spread(data.parts["validation"], MOST_WINDOWS // 2),
            "test": data.parts["test"],
        }
        return _regress(data, self.features, [index], progress)


@dataclass(frozen=True)
class ProteinRegression:
    """One regression for each protein; a protein without training windows has none."""

    features: Features

    def __call__(self, data: BaselineData, progress: Progress) -> Prediction:
        """Fit and score protein by protein; raises `NotApplicableError` if none can be fitted."""
        windows: list[Index] = [
            {part: data.windows_of(part, protein) for part in data.parts}
            for protein in range(len(data.proteins))
        ]
        fittable = [
            w for w in windows if len(w["test"]) and len(set(data.label_N[w["train"]])) == 2
        ]
        if not fittable:
            raise NotApplicableError(
                "no protein of the test part has training windows of both classes, which a "
                "regression per protein needs"
            )
        return _regress(data, self.features, fittable, progress)


def spread(index_N: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return at most `most` of the windows, evenly spaced over all of them."""
    if len(index_N) <= most:
        return index_N
    return index_N[np.linspace(0, len(index_N) - 1, most).astype(np.int64)]


@dataclass(frozen=True, eq=False)
class _Fit:
    """One fitted regression: penalty, cross-entropy summed over validation, and test scores."""

    penalty: float
    loss: float
    logit_T: NDArray[np.float64]


def _regress(
    data: BaselineData, features: Features, indices: Sequence[Index], progress: Progress
) -> Prediction:
    """Fit all regressions, one per CPU at a time: threads work, as liblinear releases the GIL."""
    fits: list[_Fit] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for fit in pool.map(lambda index: _fit(data, features, index), indices):
            fits.append(fit)
            progress(len(fits), len(indices))
    chosen = Counter(f"{fit.penalty:g}" for fit in fits)
    return Prediction(
        index_T=np.concatenate([index["test"] for index in indices]),
        logit_T=np.concatenate([fit.logit_T for fit in fits]),
        settings={
            "regressions_by_penalty": dict(sorted(chosen.items())),
            "training_windows": sum(len(index["train"]) for index in indices),
        },
    )


def _fit(data: BaselineData, features: Features, index: Index) -> _Fit:
    """Lower the penalty until the cross-entropy on validation no longer improves."""
    counts = {part: features(data.rna_NL[rows]) for part, rows in index.items()}
    label_N, label_V = (data.label_N[index[part]] for part in ("train", "validation"))
    best: _Fit | None = None
    for penalty in PENALTIES:
        model = LogisticRegression(
            C=1 / (penalty * len(label_N)), solver="liblinear", intercept_scaling=INTERCEPT
        ).fit(counts["train"], label_N)
        logit_V = _logits(model, counts["validation"])
        loss = float(np.sum(np.logaddexp(0.0, logit_V) - logit_V * label_V))
        if best is not None and loss >= best.loss:
            break
        best = _Fit(penalty, loss, _logits(model, counts["test"]))
    assert best is not None
    return best


def _logits(model: LogisticRegression, counts: sp.csr_matrix) -> NDArray[np.float64]:
    logit_N: NDArray[np.float64] = counts @ model.coef_[0] + model.intercept_[0]
    return logit_N
