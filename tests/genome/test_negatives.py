"""Negatives keep to their rule: gene, distance, letters; density tells nothing where matched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from toy_genome import MOTIFS, ToyGenome

import rpbind as rb
from rpbind.data.alphabet import decode, encode
from rpbind.data.coordinates import Coordinates
from rpbind.data.dataset import Dataset
from rpbind.data.splits import SplitSpec, make_split
from rpbind.negatives.density import density_auroc
from rpbind.negatives.sample import Draws
from rpbind.negatives.shuffle import shuffled_windows

Peaks = Callable[..., Any]
Toy = tuple[ToyGenome, Path]
PROTEIN = "AAA1_K562"
RULES = ["same-gene", "other-proteins", "shuffled"]


@pytest.fixture
def gtf(toy: Toy) -> Path:
    return toy[1] / "genes.gtf"


def opened(made: Any) -> Dataset:
    return Dataset.open(made.dataset.folder)


def density(dataset: Dataset) -> float:
    return density_auroc(dataset.label_N, dataset.protein_N, dataset.cluster_N)


def placed(dataset: Dataset) -> Coordinates:
    assert dataset.coordinates is not None
    return dataset.coordinates


def gaps(dataset: Dataset) -> NDArray[np.int64]:
    """Return the distance of each negative to the nearest bound window of its protein."""
    held = placed(dataset)
    key = np.stack([dataset.protein_N, held.chromosome_N, held.strand_N.astype(np.int32)])
    found = []
    for row in np.flatnonzero(dataset.label_N == 0).tolist():
        near = (dataset.label_N == 1) & (key == key[:, [row]]).all(axis=0)
        after = held.start_N[near] - held.end_N[row]
        before = held.start_N[row] - held.end_N[near]
        found.append(np.maximum(after, before).min(initial=10**6))
    return np.array(found)


def test_density_ranks_nothing_among_matched_negatives(peaks: Peaks, gtf: Path) -> None:
    for rule in RULES:
        dataset = opened(peaks(out=rule, gtf=gtf, negatives=rule, merge_distance=-1))
        assert density(dataset) == pytest.approx(0.5, abs=0.03)


def test_clusters_of_negatives_are_as_large_as_those_they_were_made_for(
    peaks: Peaks, gtf: Path
) -> None:
    dataset = opened(peaks(gtf=gtf, negatives="same-gene", merge_distance=-1))
    size_N = np.bincount(dataset.cluster_N)[dataset.cluster_N]
    n = dataset.manifest.positives
    assert sorted(size_N[:n]) == sorted(size_N[n:])
    assert max(size_N) > 3


def test_density_ranks_unmatched_negatives_and_the_import_says_so(peaks: Peaks, gtf: Path) -> None:
    made = peaks(gtf=gtf, negatives="same-gene", merge_distance=-1, match="none")
    assert density(opened(made)) > 0.7
    assert any("tiling" in note for note in made.notes)


@pytest.mark.parametrize("ratio", [1, 2])
def test_every_bound_window_has_its_negatives_of_its_protein(
    peaks: Peaks, gtf: Path, ratio: int
) -> None:
    for rule in RULES:
        dataset = opened(peaks(out=rule, gtf=gtf, negatives=rule, ratio=ratio))
        bound, unbound = (
            np.bincount(dataset.protein_N[dataset.label_N == label]) for label in (1, 0)
        )
        assert (unbound == ratio * bound).all()


def test_negatives_of_the_same_gene_lie_in_genes_of_bound_windows_away_from_peaks(
    peaks: Peaks, gtf: Path
) -> None:
    for match in ("tiling", "none"):
        dataset = opened(
            peaks(out=match, gtf=gtf, negatives="same-gene", distance=150, match=match)
        )
        held = placed(dataset)
        pairs = [
            Counter(zip(dataset.protein_N[rows].tolist(), held.gene_N[rows].tolist(), strict=True))
            for rows in (dataset.label_N == 1, dataset.label_N == 0)
        ]
        assert pairs[0] == pairs[1]
        assert gaps(dataset).min() >= 100  # 150 from a peak of 40 nt, whose window has 101


def test_region_and_gc_are_nearer_where_they_are_matched(peaks: Peaks, gtf: Path) -> None:
    regions, shares = {}, {}
    for match in ("tiling", "tiling,region,gc"):
        dataset = opened(peaks(out=match, gtf=gtf, negatives="same-gene", match=match))
        pairs = bound_and_negative(dataset)
        region_N = placed(dataset).region_N
        gc_N = np.isin(dataset.rna_NL, [1, 2]).mean(axis=1)
        regions[match] = np.mean([region_N[one] != region_N[other] for one, other in pairs])
        shares[match] = np.mean([abs(gc_N[one] - gc_N[other]) for one, other in pairs])
    assert regions["tiling,region,gc"] < regions["tiling"] / 4
    assert shares["tiling,region,gc"] < shares["tiling"]


def bound_and_negative(dataset: Dataset) -> list[tuple[int, int]]:
    """Return each bound window with the negative that was made for it: they have one origin."""
    table = pq.read_table(dataset.root / "windows.parquet", columns=["source_file", "source_row"])
    by_origin: dict[tuple[object, ...], list[int]] = {}
    for row, origin in enumerate(table.to_pylist()):
        by_origin.setdefault(tuple(origin.values()), []).append(row)
    assert {len(rows) for rows in by_origin.values()} == {2}
    return [(one, other) for one, other in by_origin.values()]


def test_a_weak_peak_is_no_negative(peaks: Peaks, toy: Toy, gtf: Path) -> None:
    gene = toy[0].genes[0]
    strong = f"{gene.chromosome}\t{gene.start + 500}\t{gene.start + 540}\tx\t9\t{gene.strand}\n"
    weak = "".join(
        f"{gene.chromosome}\t{gene.start + at}\t{gene.start + at + 40}\tx\t1\t{gene.strand}\n"
        for at in range(0, 6990, 300)
    )
    options = {"gtf": gtf, "negatives": "same-gene", "min_score": 5, "distance": 0, "width": 51}
    assert len(peaks({f"{PROTEIN}.bed": strong + weak}, **options).dataset) == 2
    with pytest.raises(rb.UserError, match="smaller --distance"):
        peaks({f"{PROTEIN}.bed": strong + weak}, "far", **(options | {"distance": 150}))


def test_negatives_from_other_proteins_are_windows_that_others_bind(
    peaks: Peaks, gtf: Path
) -> None:
    bound = peaks(out="bound", gtf=gtf, merge_distance=-1).dataset.windows()
    binders = bound.groupby("rna")["protein"].agg(set)
    made = peaks(gtf=gtf, negatives="other-proteins", merge_distance=-1)
    windows = made.dataset.windows()
    for rna, protein in windows[windows["label"] == 0][["rna", "protein"]].itertuples(index=False):
        assert binders[rna]
        assert protein not in binders[rna]
    assert gaps(opened(made)).min() >= 60


def test_shuffled_negatives_keep_dinucleotides_and_stay_in_the_cluster_of_their_window(
    peaks: Peaks,
) -> None:
    dataset = opened(peaks(negatives="shuffled", merge_distance=-1))
    n = dataset.manifest.positives
    for bound, shuffled in zip(dataset.rna_NL[:n], dataset.rna_NL[n:], strict=True):
        assert pair_counts(bound) == pair_counts(shuffled)
        assert (bound != shuffled).any()
    assert np.array_equal(dataset.cluster_N[:n], dataset.cluster_N[n:])
    split = make_split(dataset, SplitSpec(ratio=(40, 30, 30)))
    assert np.array_equal(split.part_N[:n], split.part_N[n:])


def pair_counts(tokens_L: NDArray[np.uint8]) -> Counter[tuple[int, int]]:
    letters = tokens_L.tolist()
    return Counter(pairwise(letters))


def test_every_order_with_the_same_dinucleotides_is_equally_likely() -> None:
    letters = "ACAGACCA"
    orders = {"".join(order) for order in permutations(letters)}
    same = {o for o in orders if pair_counts(encode(o)) == pair_counts(encode(letters))}
    n = 4000
    rna_NL, _ = shuffled_windows(np.tile(encode(letters), (n, 1)), Draws("test", 1))
    found = Counter(decode(row) for row in rna_NL)
    assert set(found) == same
    assert len(same) > 3
    expected = n / len(same)
    assert max(abs(count - expected) for count in found.values()) < 5 * np.sqrt(expected)


def test_given_negatives_come_from_files_and_not_near_peaks(peaks: Peaks, tmp_path: Path) -> None:
    (tmp_path / "unbound").mkdir()
    unbound = tmp_path / "unbound" / f"{PROTEIN}.bed"
    unbound.write_text("".join(f"chr1\t{at}\t{at + 40}\tx\t0\t+\n" for at in (1100, 5000, 6000)))
    text = "chr1\t1000\t1040\tx\t0\t+\n"
    made = peaks({f"{PROTEIN}.bed": text}, negatives="given", unbound=[unbound], distance=200)
    dataset = opened(made)
    assert dataset.label_N.tolist() == [1, 0, 0]
    assert placed(dataset).start_N.tolist() == [970, 4970, 5970]
    assert made.decisions["unbound_sites_near_peaks_dropped"] == 1
    assert dataset.manifest.negatives == "given_d200"


def test_the_rule_counts_in_the_ids_of_dataset_and_splits(peaks: Peaks, gtf: Path) -> None:
    ids, splits = set(), set()
    for number, options in enumerate(
        ({}, {"distance": 120}, {"match": "gc"}, {"ratio": 2}, {"negative_seed": 1})
    ):
        made = peaks(out=str(number), gtf=gtf, negatives="same-gene", **options)
        ids.add(made.dataset.id)
        splits.add(make_split(opened(made), SplitSpec(ratio=(40, 30, 30))).id)
    assert len(ids) == len(splits) == 5
    assert "cold-rna_40-30-30_seed0_neg-same-gene_x1_d120_tiling+region+gc_s0" in splits


def test_the_same_seed_gives_the_same_negatives(peaks: Peaks, gtf: Path) -> None:
    for rule in RULES:
        one, other = (peaks(out=f"{rule}{n}", gtf=gtf, negatives=rule) for n in (1, 2))
        assert one.dataset.id == other.dataset.id


@pytest.mark.parametrize("rule", RULES)
def test_negatives_can_be_made_later(
    peaks: Peaks, toy: Toy, gtf: Path, tmp_path: Path, rule: str
) -> None:
    bound = peaks(gtf=gtf, merge_distance=-1).dataset
    needs = {"genome": toy[1] / "genome.fa", "gtf": gtf} if rule == "same-gene" else {}
    made = rb.negatives(bound, rule=rule, out=tmp_path / "later", **needs)
    dataset = opened(made)
    n = dataset.manifest.positives
    dropped = made.decisions.get("bound_windows_without_negatives_dropped", 0)
    assert (n, len(dataset)) == (len(bound) - dropped, 2 * n)
    assert dropped <= 10
    assert np.array_equal(made.dataset.windows()["rna"][:n], np.array(kept_letters(bound, dataset)))
    assert density(dataset) == pytest.approx(0.5, abs=0.03)
    assert dataset.manifest.negatives.startswith(rule)
    assert len(placed(dataset).start_N) == 2 * n


def kept_letters(bound: rb.Dataset, dataset: Dataset) -> list[str]:
    """Return the letters of the bound windows that are in the new dataset, by their origin."""
    origin = pq.read_table(dataset.root / "windows.parquet", columns=["source_row"])["source_row"]
    rows = origin.to_numpy()[: dataset.manifest.positives] - 1
    return list(bound.windows()["rna"].iloc[rows])


def test_a_table_of_bound_windows_gets_negatives_without_a_genome(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    (tmp_path / "proteins.fasta").write_text("".join(f">{name}\nMKVLAW\n" for name in MOTIFS))
    rows = "".join(
        f"{''.join(rng.choice(list('ACGU'), 40))},{list(MOTIFS)[number % 4]},1\n"
        for number in range(40)
    )
    (tmp_path / "bound.csv").write_text(f"rna,protein,label\n{rows}")
    bound = rb.import_table(
        tmp_path / "bound.csv", proteins=tmp_path / "proteins.fasta", out=tmp_path / "bound"
    )
    for rule in ("other-proteins", "shuffled"):
        made = rb.negatives(bound.dataset, rule=rule, out=tmp_path / rule)
        assert (len(made.dataset), made.dataset.positives) == (80, 40)
        assert density(opened(made)) == pytest.approx(0.5, abs=0.03)


def test_another_genome_build_is_recognised(
    peaks: Peaks, toy: Toy, gtf: Path, tmp_path: Path
) -> None:
    made, folder = toy
    bound = peaks(gtf=gtf).dataset
    moved = "".join(f">{name}\nACGTA{''.join(letters)}\n" for name, letters in made.letters.items())
    (tmp_path / "other.fa").write_text(moved)
    with pytest.raises(rb.UserError, match=r"other letters than (\d+) of \1 windows.*build"):
        rb.negatives(
            bound, rule="same-gene", out=tmp_path / "x", genome=tmp_path / "other.fa", gtf=gtf
        )
    short = "".join(
        f">{name}\n{''.join(letters[:9000])}\n" for name, letters in made.letters.items()
    )
    (tmp_path / "short.fa").write_text(short)
    few = tmp_path / "few.gtf"
    few.write_text("".join(gtf.read_text().splitlines(keepends=True)[:4]))
    with pytest.raises(rb.UserError, match="end beyond their chromosome"):
        rb.negatives(
            bound, rule="same-gene", out=tmp_path / "x", genome=tmp_path / "short.fa", gtf=few
        )
    with pytest.raises(rb.UserError, match="another genome build"):
        peaks(out="x", gtf=gtf, genome=tmp_path / "short.fa", off_genome="drop")
    assert not (tmp_path / "x").exists()
    assert folder.is_dir()
