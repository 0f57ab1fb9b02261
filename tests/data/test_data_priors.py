"""Priors read counts and shares, no motif. Shapes: N windows, T asked windows."""

import numpy as np
import pytest

from rpbind.data.alphabet import encode
from rpbind.data.priors import PRIORS, Asked


def asked(*rows: str, train: tuple[int, ...] = ()) -> Asked:
    """Return windows, each given as 'RNA protein cluster label'; those not in `train` are asked."""
    cells = [row.split() for row in rows]
    label_N, protein_N, cluster_N = (
        np.array([int(row[column]) for row in cells], np.int32) for column in (3, 1, 2)
    )
    train_N = np.array(train, np.int64)
    return Asked(
        np.array([encode(row[0]) for row in cells]),
        label_N.astype(np.uint8),
        protein_N,
        cluster_N,
        np.setdiff1d(np.arange(len(rows)), train_N),
        train_N,
    )


def test_density_counts_own_rows_and_cluster_size_all_rows_of_the_asked_windows_only() -> None:
    windows = asked(
        "ACGU 0 0 1", "ACGA 0 0 1", "ACGC 1 0 0", "UUUU 0 1 0", "ACGG 0 0 1", train=(4,)
    )

    assert np.exp(PRIORS["density"](windows)) == pytest.approx([2, 2, 1, 1])
    assert np.exp(PRIORS["cluster-size"](windows)) == pytest.approx([3, 3, 3, 1])


def test_gc_is_a_share_of_the_known_letters_and_n_of_all() -> None:
    windows = asked("GGNN 0 0 1", "GUAU 0 1 0", "NNNN 0 2 0")

    assert PRIORS["gc"](windows).tolist() == [1.0, 0.25, 0.5]
    assert PRIORS["n-share"](windows).tolist() == [0.5, 0.0, 1.0]
    assert PRIORS["length"](windows).tolist() == [4, 4, 4]


def test_degree_priors_count_training_labels_alone() -> None:
    windows = asked(
        "ACGU 0 0 1", "ACGU 1 0 1", "AAAA 1 1 0", "ACGU 0 0 0", "UUUU 1 2 1", train=(0, 1, 2)
    )
    base = 2 / 3

    assert PRIORS["protein-degree"](windows) == pytest.approx([(1 + base) / 2, (1 + base) / 3])
    in_cluster = (2 + base) / 3
    assert PRIORS["rna-degree"](windows) == pytest.approx([(2 + in_cluster) / 3, base])
