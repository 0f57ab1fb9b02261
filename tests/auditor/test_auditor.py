"""An audit finds what was planted in a dataset, and nothing in one that gives nothing away.

Shapes: N windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rpbind.audit.findings import data_findings
from rpbind.audit.record import Audit, PriorScore, read_audit, write_audit
from rpbind.auditor import kept
from rpbind.auditor.consensus import consensus
from rpbind.auditor.kept import audit_of
from rpbind.auditor.measure import measure
from rpbind.data.alphabet import LETTERS, encode, pad
from rpbind.data.dataset import Dataset, Protein
from rpbind.data.manifest import MadeBy
from rpbind.data.splits import Split, SplitSpec, hash_parts
from rpbind.data.writer import Windows, write_dataset
from rpbind.report.audit_page import audit_page
from rpbind.wording.audit import counts, remarks, short

BALANCED = "GAUC" * 10


def written(
    out: Path,
    cluster: Sequence[int],
    label: Sequence[int],
    protein: Sequence[int] | None = None,
    rna: Sequence[str] | None = None,
    sequences: Sequence[str] = ("MK", "MV"),
    names: Sequence[str] = ("AAA1_K562", "BBB2_K562"),
) -> Dataset:
    """Write a dataset; windows without given letters are shuffled, so GC tells nothing."""
    rng = np.random.default_rng(0)
    given = rna or ["".join(rng.permutation(list(BALANCED))) for _ in label]
    windows = Windows(
        pad([encode(one)[None] for one in given]),
        np.array(label, np.uint8),
        np.array(protein or [0] * len(label), np.int32),
        np.array(cluster, np.int32),
    )
    proteins = [Protein(n, n, s, i) for i, (n, s) in enumerate(zip(names, sequences, strict=True))]
    return write_dataset(out, windows, proteins, MadeBy(importer="toy"))


def split_of(dataset: Dataset, parts: Sequence[int]) -> Split:
    part_N: NDArray[np.uint8] = np.array(parts, np.uint8)
    return Split("toy", dataset.id, SplitSpec(), hash_parts(part_N), {}, part_N)


def prior(audit: Audit, name: str) -> PriorScore:
    (found,) = [each for each in audit.priors if each.name == name]
    return found


def test_planted_density_of_point_8_is_found_and_flagged(tmp_path: Path) -> None:
    # six of ten bound windows have a neighbour, no unbound one has: .6 * 1 + .4 * .5
    cluster = [0, 0, 0, 1, 1, 1, *range(2, 16)]
    dataset = written(tmp_path / "toy", cluster, [1] * 10 + [0] * 10)

    audit = measure(dataset, None)

    assert prior(audit, "density").per_protein == pytest.approx(0.8)
    assert prior(audit, "density").overall == pytest.approx(0.8)
    assert [each.name for each in audit.flagged] == ["density", "cluster-size"]
    assert "density 0.800 per protein" in " ".join(short(audit))
    assert [one.name for one in data_findings(audit)][:1] == ["density ranks windows"]


def test_density_counts_own_windows_and_cluster_size_those_of_every_protein(tmp_path: Path) -> None:
    # every bound window of the one protein lies beside an unbound one of the other
    cluster, label = [0, 1, 2, 3, 0, 1, 4, 5], [1, 1, 0, 0, 0, 0, 1, 1]
    dataset = written(tmp_path / "toy", cluster, label, [0, 0, 0, 0, 1, 1, 1, 1])

    audit = measure(dataset, None)

    assert prior(audit, "density").per_protein == 0.5
    assert prior(audit, "cluster-size").per_protein == (1.0 + 0.0) / 2


def test_priors_rank_the_windows_of_the_test_part_alone(tmp_path: Path) -> None:
    cluster = [0, 0, 0, 0, 1, 2, 3, 4]
    dataset = written(tmp_path / "toy", cluster, [1, 1, 1, 1, 0, 0, 0, 0])

    audit = measure(dataset, split_of(dataset, [0, 0, 1, 2, 0, 1, 2, 2]))

    assert prior(audit, "density").per_protein == 0.5  # its neighbours are in other parts
    assert (audit.part, prior(audit, "density").proteins) == ("test", 1)


def test_negatives_that_differ_in_gc_only_are_ranked_by_gc_only(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rna = ["".join(rng.permutation(list("GGGCCAUU"))) for _ in range(8)]
    rna += ["".join(rng.permutation(list("GCAAAUUU"))) for _ in range(8)]
    dataset = written(tmp_path / "toy", range(16), [1] * 8 + [0] * 8, rna=rna)

    audit = measure(dataset, None)

    assert prior(audit, "gc").per_protein == 1.0
    assert [each.name for each in audit.flagged] == ["gc"]


def test_unbound_windows_that_are_shorter_and_have_n_are_found(tmp_path: Path) -> None:
    rna = ["GAUC" * 5] * 4 + ["GAUC" * 4] * 3 + ["GANC" * 4]
    dataset = written(tmp_path / "toy", range(8), [1] * 4 + [0] * 4, rna=rna)

    audit = measure(dataset, None)

    assert prior(audit, "length").per_protein == 1.0
    assert prior(audit, "n-share").per_protein == pytest.approx(0.5 * (1 - 1 / 4))
    assert audit.lengths == (16, 18, 20)


def test_nothing_is_flagged_where_bound_and_unbound_windows_are_tiled_alike(tmp_path: Path) -> None:
    cluster = [0, 0, 1, 2, 3, 3, 4, 5]
    dataset = written(tmp_path / "toy", cluster, [1, 1, 1, 1, 0, 0, 0, 0])

    audit = measure(dataset, None)

    assert audit.flagged == ()
    assert list(data_findings(audit)) == []


def test_shuffled_unbound_windows_are_said_to_be_easy_although_no_prior_ranks_them(
    tmp_path: Path,
) -> None:
    audit = measure(written(tmp_path / "toy", [0, 1, 2, 3], [1, 1, 0, 0]), None)
    assert not any("easy" in line for line in remarks(audit))
    assert any(
        "easy" in line for line in remarks(audit.model_copy(update={"negatives": "shuffled_x1_s0"}))
    )


def test_duplicates_across_parts_are_leaks_and_rank_by_rna_degree(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    letters = ["".join(rng.choice(list("ACGU"), 40)) for _ in range(6)]
    rna, label = [*letters[:4], *letters[:4], *letters[4:]], [1, 1, 0, 0, 1, 1, 0, 0, 1, 0]
    dataset = written(tmp_path / "toy", [0, 1, 2, 3, 0, 1, 2, 3, 4, 5], label, rna=rna)

    audit = measure(dataset, split_of(dataset, [0, 0, 0, 0, 2, 2, 2, 2, 1, 1]))

    validation, test = audit.leaks
    assert (test.equal, test.kmer, test.windows) == (4, 4, 4)
    assert (validation.equal, validation.kmer) == (0, 0)
    assert prior(audit, "rna-degree").per_protein == 1.0
    assert audit.distinct == 6
    assert "test overlaps training" in [one.name for one in data_findings(audit)]


def test_a_contradiction_is_one_window_with_two_labels_for_one_protein(tmp_path: Path) -> None:
    rna = ["AAAACC", "AAAACC", "AAAACC", "GGGGUU", "GGGGUU"]
    dataset = written(tmp_path / "toy", range(5), [1, 0, 1, 1, 0], [0, 0, 1, 1, 0], rna=rna)

    assert measure(dataset, None).contradictions == 2


def test_unbound_windows_of_few_places_are_told(tmp_path: Path) -> None:
    bound, unbound = list(range(200)), [200 + i % 4 for i in range(200)]
    dataset = written(tmp_path / "toy", bound + unbound, [1] * 200 + [0] * 200)

    audit = measure(dataset, None)

    (few,) = audit.few_places
    assert (few.label, few.clusters, few.clusters_of_half) == ("unbound", 4, 2)
    assert [one.clusters_of_half for one in audit.origins] == [100, 2]


def test_proteins_with_one_sequence_are_listed_together(tmp_path: Path) -> None:
    names = ("A_K562", "B_K562", "A_HepG2", "B_HepG2", "C_K562")
    dataset = written(
        tmp_path / "toy", [0, 1], [1, 0], [0, 1], sequences=("MK", "MV", "MK", "MV", "ML"),
        names=names,
    )  # fmt: skip

    audit = measure(dataset, None)

    assert audit.same_sequence == (("A_K562", "A_HepG2"), ("B_K562", "B_HepG2"))
    assert any("4 of 5 proteins" in line for line in remarks(audit))


def test_the_interval_of_a_prior_is_that_of_its_mean_over_proteins(tmp_path: Path) -> None:
    # density ranks the first protein's windows and not the second's: AUROCs 1 and .5
    cluster, label = [0, 0, 1, 2, 3, 4], [1, 1, 0, 0, 1, 0]
    dataset = written(tmp_path / "toy", cluster, label, [0, 0, 0, 0, 1, 1])

    found = prior(measure(dataset, None), "density")

    assert (found.per_protein, found.proteins) == (0.75, 2)
    assert (found.low, found.high) == (0.0, 1.0)  # .75 +- 12.7 * .25, cut
    alone = written(tmp_path / "one", [0, 0, 1, 2], [1, 1, 0, 0])
    assert prior(measure(alone, None), "density").low is None


def test_the_consensus_of_a_cluster_is_the_stretch_that_was_planted() -> None:
    rng = np.random.default_rng(3)
    planted = rng.integers(0, 4, 40)
    copies = rng.integers(0, 4, (30, 100))
    for row, start in zip(copies, rng.integers(0, 60, 30), strict=True):
        row[start : start + 40] = planted
    copies[0, :20] = 0  # a run of A, which names nothing

    found = consensus(copies.astype(np.uint8))

    assert "".join(LETTERS[i] for i in planted) in found
    assert len(found) <= 42


def test_windows_that_tile_a_peak_have_its_sequence_as_consensus() -> None:
    peak = np.random.default_rng(4).integers(0, 4, 120).astype(np.uint8)
    windows = np.array([peak[start : start + 60] for start in range(0, 61, 20)])

    found = consensus(windows)

    assert found in "".join(LETTERS[i] for i in peak)
    assert len(found) >= 60
    assert consensus(np.full((3, 20), LETTERS.index("N"), np.uint8)) == ""


def test_an_audit_is_kept_beside_the_data_and_measured_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = written(tmp_path / "toy", [0, 0, 1, 2], [1, 1, 0, 0])
    one, other = (split_of(dataset, parts) for parts in ([0, 0, 1, 2], [0, 1, 0, 2]))
    first = audit_of(dataset, one)
    (file,) = (dataset.root / kept.FOLDER).iterdir()

    def refuse(*_: object) -> Audit:
        raise AssertionError("measured again")

    with monkeypatch.context() as patch:
        patch.setattr(kept, "measure", refuse)
        assert audit_of(dataset, one) == first
        for again in (other, None):
            with pytest.raises(AssertionError):
                audit_of(dataset, again)
    file.write_text('{"version": 0}')
    assert audit_of(dataset, one) == first == read_audit(file)


def test_a_dataset_that_cannot_be_written_is_audited_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = written(tmp_path / "toy", [0, 0, 1, 2], [1, 1, 0, 0])

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(kept, "write_audit", denied)
    assert audit_of(dataset, None) == measure(dataset, None)


def test_an_audit_survives_its_file_and_shows_every_protein_on_its_page(tmp_path: Path) -> None:
    hostile = '<script>alert("x")</script>'
    dataset = written(tmp_path / "toy", [0, 0, 1, 2], [1, 1, 0, 0], names=(hostile, "BBB2"))
    audit = measure(dataset, split_of(dataset, [0, 1, 0, 2]))
    write_audit(tmp_path / "audit.json", audit)

    page = audit_page(audit)

    assert read_audit(tmp_path / "audit.json") == audit
    assert "BBB2" in page
    assert hostile not in page
    assert "://" not in page
    assert counts(audit).startswith("4 windows of 40 nt (50 % bound) of 2 proteins")
