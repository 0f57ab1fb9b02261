from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from rpbind.data.alphabet import LETTERS, decode
from rpbind.data.dataset import Dataset
from rpbind.data.world import FAMILIES, World, simulate

MOTIFS = [motif for motif, _ in FAMILIES]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return simulate(tmp_path_factory.mktemp("data") / "world", World())


def texts(dataset: Dataset) -> list[str]:
    return [decode(tokens) for tokens in dataset.rna_NL]


def family_of(dataset: Dataset, window: int) -> int:
    return int(dataset.protein_N[window]) % len(FAMILIES)


def test_the_motifs_are_anagrams_and_none_lies_in_another() -> None:
    assert len({tuple(sorted(motif)) for motif in MOTIFS}) == 1
    assert len(set(MOTIFS)) == len(MOTIFS)


def test_protein_family_and_motif_determine_every_label(dataset: Dataset) -> None:
    holds = [MOTIFS[family_of(dataset, i)] in text for i, text in enumerate(texts(dataset))]
    assert holds == (dataset.label_N == 1).tolist()


def test_no_shuffled_motif_equals_the_motif(tmp_path: Path) -> None:
    """By chance, one in 1,680 would."""
    thousands = simulate(tmp_path / "world", World(proteins=3, sites=3000, shifts=1, decoys=0.0))
    for family, motif in enumerate(MOTIFS):
        mine = thousands.protein_N == family
        unbound_NL = thousands.rna_NL[mine & (thousands.label_N == 0)]
        assert not any(motif in decode(tokens) for tokens in unbound_NL)


def test_half_of_the_unbound_windows_hold_another_familys_motif(dataset: Dataset) -> None:
    unbound = [text for text, y in zip(texts(dataset), dataset.label_N, strict=True) if y == 0]
    decoys = np.mean([any(motif in text for motif in MOTIFS) for text in unbound])
    assert decoys == pytest.approx(0.5, abs=0.06)


def test_motifs_without_the_protein_predict_labels_only_in_part(dataset: Dataset) -> None:
    seen = [any(motif in text for motif in MOTIFS) for text in texts(dataset)]
    assert 0.6 < roc_auc_score(dataset.label_N, seen) < 0.85


def composition_auroc(dataset: Dataset) -> float:
    """AUROC of a logistic regression on letter counts, fitted on one half of the sites."""
    counts_N5 = np.array([[text.count(x) for x in LETTERS] for text in texts(dataset)])
    half_N = dataset.cluster_N % 2 == 0
    model = LogisticRegression(max_iter=1000).fit(counts_N5[half_N], dataset.label_N[half_N])
    score_N = model.predict_proba(counts_N5[~half_N])[:, 1]
    return float(roc_auc_score(dataset.label_N[~half_N], score_N))


def test_composition_predicts_labels_as_well_as_the_planted_gap_allows(dataset: Dataset) -> None:
    """The counts of G and C in n letters are two normals, 2 * gap * sqrt(n) deviations apart."""
    apart = 2 * World().gc_gap * (World().length - len(MOTIFS[0])) ** 0.5
    assert composition_auroc(dataset) == pytest.approx(norm.cdf(apart / 2**0.5), abs=0.04)


def test_without_a_planted_gap_composition_predicts_nothing(tmp_path: Path) -> None:
    level = simulate(tmp_path / "world", World(gc_gap=0.0))
    assert composition_auroc(level) == pytest.approx(0.5, abs=0.05)


def test_the_residues_of_a_protein_determine_its_family(dataset: Dataset) -> None:
    for index, protein in enumerate(dataset.proteins):
        shares = [
            sum(protein.sequence.count(residue) for residue in rich) / len(rich)
            for _, rich in FAMILIES
        ]
        assert int(np.argmax(shares)) == index % len(FAMILIES)


def test_windows_of_one_site_overlap_and_share_cluster_label_and_protein(dataset: Dataset) -> None:
    common = World().length - World().length // 8
    for cluster in range(0, dataset.manifest.clusters, 97):
        rows = np.flatnonzero(dataset.cluster_N == cluster)
        one, two = (decode(dataset.rna_NL[row]) for row in rows)
        assert {one[i : i + common] for i in range(9)} & {two[i : i + common] for i in range(9)}
        assert one != two
        assert len(set(dataset.label_N[rows])) == len(set(dataset.protein_N[rows])) == 1


def test_clusters_are_the_sites_and_never_span_proteins(dataset: Dataset) -> None:
    assert dataset.manifest.clusters == World().proteins * World().sites
    pairs = set(zip(dataset.cluster_N.tolist(), dataset.protein_N.tolist(), strict=True))
    assert len(pairs) == dataset.manifest.clusters


def test_the_share_of_bound_windows_is_planted_per_protein(dataset: Dataset) -> None:
    shares = [dataset.label_N[dataset.protein_N == p].mean() for p in range(World().proteins)]
    assert np.corrcoef(shares, np.linspace(0.35, 0.65, len(shares)))[0, 1] > 0.6
    assert np.mean(shares) == pytest.approx(0.5, abs=0.05)


def test_bound_windows_are_richer_in_g_and_c_by_gc_gap(tmp_path: Path) -> None:
    world = World(proteins=6, sites=150, gc_gap=0.2)
    dataset = simulate(tmp_path / "world", world)
    gc_N = np.array([(text.count("G") + text.count("C")) / len(text) for text in texts(dataset)])
    gap = gc_N[dataset.label_N == 1].mean() - gc_N[dataset.label_N == 0].mean()
    outside_the_motif = (world.length - len(MOTIFS[0])) / world.length
    assert gap == pytest.approx(world.gc_gap * outside_the_motif, abs=0.02)


def test_equal_worlds_are_equal_datasets_and_other_seeds_are_not(tmp_path: Path) -> None:
    small = World(proteins=3, sites=5)
    one, two = simulate(tmp_path / "one", small), simulate(tmp_path / "two", small)
    other = simulate(tmp_path / "other", World(proteins=3, sites=5, seed=1))
    assert one.id == two.id != other.id
    one.verify()
