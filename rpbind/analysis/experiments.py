"""The test AUROC of each experiment (protein of the dataset), as a mean over runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rpbind.ledger import Row
from rpbind.ledger.scores import ProteinScores


@dataclass(frozen=True)
class Experiment:
    """The scores of some runs on one experiment.

    Parameters
    ----------
    name
        Its name, such as `AARS_K562`.
    cluster
        Its protein cluster.
    windows, positives
        Number of its test windows, and of those with label 1.
    auroc
        Mean over the runs; None if the test part has one class of it only.
    """

    name: str
    cluster: int
    windows: int
    positives: int
    auroc: float | None


def experiment_scores(rows: Sequence[Row]) -> tuple[Experiment, ...]:
    """Return the scores of runs on the test part, by protein cluster and name.

    All runs are scored on the same test windows, so the counts are those of the first one.
    """
    found: dict[str, tuple[tuple[int, int, int], list[float]]] = {}
    for row in rows:
        scores = ProteinScores.of(row.proteins)
        for place in np.flatnonzero(scores.on("test")).tolist():
            counts = (scores.cluster_N, scores.windows_N, scores.positives_N)
            cluster, windows, positives = (int(count_N[place]) for count_N in counts)
            name = scores.names[scores.protein_N[place]]
            known = found.setdefault(name, ((cluster, windows, positives), []))
            if np.isfinite(scores.auroc_N[place]):
                known[1].append(float(scores.auroc_N[place]))
    return tuple(
        Experiment(name, *counts, float(np.mean(aurocs)) if aurocs else None)
        for name, (counts, aurocs) in sorted(found.items(), key=lambda one: (one[1][0][0], one[0]))
    )
