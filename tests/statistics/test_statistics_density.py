"""Density: the rows of a window's own protein in its cluster and part. Shapes: N windows."""

import numpy as np

from rpbind.statistics.density import mean_auroc, own_rows_in_cluster


def test_density_counts_the_rows_of_one_protein_in_one_cluster_and_one_part() -> None:
    cluster_N = np.array([0, 0, 0, 0, 1, 1])
    protein_N = np.array([0, 0, 0, 1, 0, 0])
    part_N = np.array([0, 0, 2, 0, 0, 255])

    assert own_rows_in_cluster(cluster_N, protein_N).tolist() == [3, 3, 3, 1, 2, 2]
    assert own_rows_in_cluster(cluster_N, protein_N, part_N).tolist() == [2, 2, 1, 1, 1, 1]


def test_clusters_of_many_proteins_are_not_mixed_up() -> None:
    rng = np.random.default_rng(0)
    cluster_N, protein_N, part_N = rng.integers(0, [[300], [90], [3]], size=(3, 2000))
    triples = list(zip(cluster_N, protein_N, part_N, strict=True))

    counted = [triples.count(triple) for triple in triples]

    assert own_rows_in_cluster(*(a.astype(np.int32) for a in (cluster_N, protein_N)),
                               part_N.astype(np.uint8)).tolist() == counted  # fmt: skip


def test_tiled_bound_windows_are_ranked_without_a_letter() -> None:
    cluster_N = np.array([0, 0, 0, 1, 2, 3, 4, 4, 5, 6])
    protein_N = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
    label_N = np.array([1, 1, 1, 0, 0, 0, 1, 0, 1, 0], dtype=np.uint8)

    density_N = own_rows_in_cluster(cluster_N, protein_N).astype(float)

    assert mean_auroc(label_N, density_N, protein_N) == (1.0 + 0.5) / 2
    assert mean_auroc(label_N[:3], density_N[:3], protein_N[:3]) is None
