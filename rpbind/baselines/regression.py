"""Logistic regression on counts of letters: one for all proteins, or one for each.

Ridge, fitted by liblinear on raw counts; how strong it is, is chosen on validation.
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
"""The ridge per training window, strongest first: sklearn's `C` is 1 / (penalty * windows)."""
MOST_WINDOWS = 100_000
"""The regression for all proteins sees so many training windows, spread over all of them."""
INTERCEPT = 10.0
"""liblinear shrinks the intercept as well; as the weight of a constant 10, a hundred times less."""

Index = Mapping[Part, NDArray[np.int64]]
"""The windows that one regression is fitted on, chosen by, and asked about."""


@dataclass(frozen=True)
class SharedRegression:
    """One regression for all proteins: it reads the RNA and does not know which protein asks."""

    features: Features

    def __call__(self, data: BaselineData, progress: Progress) -> Prediction:
        """Fit on a spread of the training windows and score every test window."""
        few: Index = {
            "train": spread(data.parts["train"], MOST_WINDOWS),
            "validation": spread(data.parts["validation"], MOST_WINDOWS // 2),
            "test": data.parts["test"],
        }
        return _regress(data, self.features, [few], progress)


@dataclass(frozen=True)
class ProteinRegression:
    """A regression of its own for every protein; a protein without training windows has none."""

    features: Features

    def __call__(self, data: BaselineData, progress: Progress) -> Prediction:
        """Fit and score protein by protein; raises `NotApplicableError` where none can be."""
        windows: list[Index] = [
            {part: data.windows_of(part, protein) for part in data.parts}
            for protein in range(len(data.proteins))
        ]
        can = [w for w in windows if len(w["test"]) and len(set(data.label_N[w["train"]])) == 2]
        if not can:
            raise NotApplicableError(
                "no protein of the test part has training windows of both classes, and there is "
                "no regression of its own without them"
            )
        return _regress(data, self.features, can, progress)


def spread(index_N: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return at most so many of the windows, evenly spread over all of them."""
    if len(index_N) <= most:
        return index_N
    return index_N[np.linspace(0, len(index_N) - 1, most).astype(np.int64)]


@dataclass(frozen=True, eq=False)
class _Fit:
    """One regression: its ridge, its cross-entropy summed over validation, and its scores."""

    penalty: float
    loss: float
    logit_T: NDArray[np.float64]


def _regress(
    data: BaselineData, features: Features, asked: Sequence[Index], progress: Progress
) -> Prediction:
    """Make every regression, as many at a time as there are processors: liblinear lets go."""
    fits: list[_Fit] = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for fit in pool.map(lambda index: _fit(data, features, index), asked):
            fits.append(fit)
            progress(len(fits), len(asked))
    chosen = Counter(f"{fit.penalty:g}" for fit in fits)
    return Prediction(
        index_T=np.concatenate([index["test"] for index in asked]),
        logit_T=np.concatenate([fit.logit_T for fit in fits]),
        settings={
            "regressions_by_penalty": dict(sorted(chosen.items())),
            "training_windows": sum(len(index["train"]) for index in asked),
        },
    )


def _fit(data: BaselineData, features: Features, index: Index) -> _Fit:
    """Weaken the ridge until cross-entropy on validation gets no better."""
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
