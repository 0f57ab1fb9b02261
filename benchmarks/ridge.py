"""How much the ridge matters to a regression on k-mers of one protein.

    python benchmarks/ridge.py data/eclip91 --every 8

Prints a Markdown table: mean test AUROC over every so many proteins of the cold-rna split, by
sklearn's `C` and by what is counted.
"""

from functools import partial
from pathlib import Path

import numpy as np
import typer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from rpbind.baselines.data import BaselineData
from rpbind.baselines.kmers import FEATURES, Features, count_kmers
from rpbind.baselines.regression import INTERCEPT
from rpbind.data.splits import SplitSpec
from rpbind.train.opened import OpenData

C = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
COUNTED: dict[str, Features] = {
    "all k-mers to 5": FEATURES["5mer"],
    "5-mers alone": partial(count_kmers, sizes=(5,)),
}


def main(data: Path, every: int = 8) -> None:
    """Fit every regression and print the table."""
    opened = OpenData(data)
    windows = BaselineData.from_dataset(
        opened.dataset, opened.split(SplitSpec()), opened.embeddings("physchem")
    )
    proteins = range(every // 2 - 1, len(windows.proteins), every)
    print(f"| counted, mean of {len(proteins)} proteins | {' | '.join(f'C = {c:g}' for c in C)} |")
    print("|" + "---|" * (len(C) + 1))
    for name, features in COUNTED.items():
        auroc_PC = np.array([_aurocs(windows, features, protein) for protein in proteins])
        print(f"| {name} | {' | '.join(f'{mean:.4f}' for mean in auroc_PC.mean(axis=0))} |")


def _aurocs(windows: BaselineData, features: Features, protein: int) -> list[float]:
    train_N, test_N = (windows.windows_of(part, protein) for part in ("train", "test"))
    train, test = features(windows.rna_NL[train_N]), features(windows.rna_NL[test_N])
    return [
        float(
            roc_auc_score(
                windows.label_N[test_N],
                LogisticRegression(C=c, solver="liblinear", intercept_scaling=INTERCEPT)
                .fit(train, windows.label_N[train_N])
                .decision_function(test),
            )
        )
        for c in C
    ]


if __name__ == "__main__":
    typer.run(main)
