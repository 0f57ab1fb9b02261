from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rpbind.data.dataset import Dataset, Protein
from rpbind.data.frozen_split import load_split
from rpbind.data.manifest import MadeBy
from rpbind.data.splits import PARTS, Rule, Split, SplitSpec, make_split
from rpbind.data.writer import Windows, write_dataset
from rpbind.errors import UserError

RULES: list[Rule] = ["random", "cold-rna", "cold-protein", "cold-both"]


def toy(out: Path, windows: int = 2000, rna_groups: int = 200, genes: int = 20) -> Dataset:
    """Random windows; two cell lines of every gene, in one protein cluster."""
    rng = np.random.default_rng(windows)
    names = [f"G{i // 2}_{'K562' if i % 2 else 'HepG2'}" for i in range(2 * genes)]
    return write_dataset(
        out,
        Windows(
            rng.integers(0, 4, (windows, 8), dtype=np.uint8),
            rng.integers(0, 2, windows, dtype=np.uint8),
            rng.integers(0, len(names), windows, dtype=np.int32),
            rng.integers(0, rna_groups, windows, dtype=np.int32),
        ),
        [Protein(name, name.partition("_")[0], "M", i // 2) for i, name in enumerate(names)],
        MadeBy(importer="toy"),
    )


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return toy(tmp_path / "toy")


def protein_clusters(dataset: Dataset) -> NDArray[np.int32]:
    return np.array([p.cluster for p in dataset.proteins], dtype=np.int32)[dataset.protein_N]


def crossing(group_N: NDArray[np.int32], split: Split) -> set[int]:
    """Return the groups that have windows in more than one part."""
    one, two, three = (set(group_N[split.indices(part)].tolist()) for part in PARTS)
    return (one & two) | (one & three) | (two & three)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    windows=st.integers(600, 1500),
    rna_groups=st.integers(40, 300),
    genes=st.integers(12, 30),
    seed=st.integers(0, 2**40),
)
def test_no_cluster_and_no_gene_crosses_a_cold_split(
    windows: int, rna_groups: int, genes: int, seed: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        dataset = toy(Path(folder) / "toy", windows, rna_groups, genes)
        by_rna = make_split(dataset, SplitSpec("cold-rna", (50, 25, 25), seed))
        by_protein = make_split(dataset, SplitSpec("cold-protein", (50, 25, 25), seed))
        by_both = make_split(dataset, SplitSpec("cold-both", (50, 25, 25), seed))
        rna_N, protein_N = np.array(dataset.cluster_N), protein_clusters(dataset)
    assert not crossing(rna_N, by_rna)
    assert not crossing(protein_N, by_protein)
    assert not crossing(rna_N, by_both) | crossing(protein_N, by_both)


def test_in_a_random_split_clusters_cross_parts(dataset: Dataset) -> None:
    assert crossing(dataset.cluster_N, make_split(dataset, SplitSpec("random")))


@pytest.mark.parametrize("rule", ["random", "cold-rna", "cold-protein"])
def test_the_parts_are_within_two_percent_of_the_ratio(dataset: Dataset, rule: Rule) -> None:
    split = make_split(dataset, SplitSpec(rule, (60, 20, 20)))
    shares = [len(split.indices(part)) / len(dataset) for part in PARTS]
    assert shares == pytest.approx([0.6, 0.2, 0.2], abs=0.02)


@pytest.mark.parametrize("rule", RULES)
def test_every_window_is_in_one_part_or_unused(dataset: Dataset, rule: Rule) -> None:
    split = make_split(dataset, SplitSpec(rule))
    placed = np.concatenate([split.indices(part) for part in PARTS])
    assert len(set(placed.tolist())) == len(placed)
    assert len(placed) + split.summary["unused"].windows == len(dataset)
    assert (split.summary["unused"].windows > 0) == (rule == "cold-both")


def test_the_summary_counts_what_is_in_each_part(dataset: Dataset) -> None:
    split = make_split(dataset, SplitSpec("cold-both"))
    test = split.indices("test")
    summary = split.summary["test"]
    assert summary.windows == len(test)
    assert summary.positives == int(dataset.label_N[test].sum())
    assert summary.rna_clusters == len(set(dataset.cluster_N[test].tolist()))
    assert summary.protein_clusters == len(set(protein_clusters(dataset)[test].tolist()))


def test_the_id_contains_rule_ratio_seed_and_negatives(dataset: Dataset) -> None:
    assert make_split(dataset, SplitSpec()).id == "cold-rna_70-15-15_seed0_neg-as-given"


def test_the_same_seed_gives_the_same_split_and_another_seed_another(dataset: Dataset) -> None:
    first, again, other = (make_split(dataset, SplitSpec(seed=seed)) for seed in (3, 3, 4))
    assert np.array_equal(first.part_N, again.part_N)
    assert first.sha256 == again.sha256 != other.sha256


def test_the_assignment_of_a_toy_dataset_never_changes(tmp_path: Path) -> None:
    number_N = np.arange(40, dtype=np.int32)
    label_N = (number_N % 2).astype(np.uint8)
    windows = Windows(np.zeros((40, 8), np.uint8), label_N, number_N * 0, number_N // 2)
    made_by = MadeBy(importer="toy")
    dataset = write_dataset(tmp_path / "toy", windows, [Protein("A", "A", "M", 0)], made_by)
    split = make_split(dataset, SplitSpec("cold-rna", (60, 20, 20)))
    assert "".join(map(str, split.part_N[::2])) == "20200012010011002000"


def test_a_frozen_split_is_read_and_not_remade(dataset: Dataset) -> None:
    frozen = load_split(dataset, SplitSpec())
    folder = dataset.root / "splits" / frozen.id
    before = (folder / "part.npy").stat().st_ino
    again = load_split(Dataset.open(dataset.root), SplitSpec())
    assert np.array_equal(again.part_N, frozen.part_N)
    assert (folder / "part.npy").stat().st_ino == before
    assert again.sha256 == hashlib.sha256(again.part_N.tobytes()).hexdigest()
    assert [path.name for path in folder.parent.iterdir()] == [frozen.id]


def test_no_split_is_frozen_from_a_dataset_that_was_changed(dataset: Dataset) -> None:
    labels = dataset.root / "arrays" / "label.npy"
    labels.write_bytes(labels.read_bytes()[:-1] + b"\x09")
    with pytest.raises(UserError, match=r"has changed since it was made.*label\.npy"):
        load_split(Dataset.open(dataset.root), SplitSpec())
    assert not (dataset.root / "splits").exists()


def test_a_frozen_split_that_was_changed_is_refused(dataset: Dataset) -> None:
    split = load_split(dataset, SplitSpec())
    changed = split.part_N.copy()
    changed[0] = (changed[0] + 1) % 3
    np.save(dataset.root / "splits" / split.id / "part.npy", changed)
    with pytest.raises(UserError, match="has changed since it was frozen"):
        load_split(dataset, SplitSpec())


def test_a_frozen_split_of_another_dataset_is_refused(tmp_path: Path, dataset: Dataset) -> None:
    split = load_split(dataset, SplitSpec())
    other = toy(tmp_path / "other", 1000)
    (other.root / "splits").mkdir()
    (dataset.root / "splits" / split.id).rename(other.root / "splits" / split.id)
    with pytest.raises(UserError, match=f"made for dataset {dataset.id}, and this is {other.id}"):
        load_split(other, SplitSpec())


def test_a_split_without_its_record_is_refused(dataset: Dataset) -> None:
    split = load_split(dataset, SplitSpec())
    (dataset.root / "splits" / split.id / "split.json").unlink()
    with pytest.raises(UserError, match="is not a readable split"):
        load_split(dataset, SplitSpec())


def test_an_empty_part_is_refused_with_the_cause_and_the_rules_that_work(
    tmp_path: Path,
) -> None:
    one_cluster = toy(tmp_path / "toy", 100, rna_groups=1)
    with pytest.raises(UserError, match="gives validation 0 windows") as refused:
        load_split(one_cluster, SplitSpec())
    assert "1 overlap clusters, the largest with 100% of them" in str(refused.value)
    works = str(refused.value).partition("can be split by ")[2]
    for rule in RULES:
        if rule in works:
            make_split(one_cluster, SplitSpec(rule=rule))
        else:
            with pytest.raises(UserError):
                make_split(one_cluster, SplitSpec(rule=rule))
    assert not (one_cluster.root / "splits").exists()


def made_with(dataset: Dataset, **changes: Any) -> Dataset:
    made_by = dataset.manifest.made_by
    manifest = dataset.manifest.model_copy(
        update={"made_by": made_by.model_copy(update={"arguments": changes})}
    )
    return replace(dataset, manifest=manifest)


@pytest.mark.parametrize(
    ("method", "advice", "never"),
    [
        ("given", "no --cluster-column", "random"),
        ("shared 7-mer", "larger --k than 7", "cluster-column"),
        ("shared 31-mer", "import more windows", "larger --k"),
    ],
)
def test_the_advice_depends_on_how_the_overlap_clusters_were_made(
    tmp_path: Path, method: str, advice: str, never: str
) -> None:
    dataset = made_with(toy(tmp_path / "toy", 100, rna_groups=1), clusters=method)
    with pytest.raises(UserError, match=advice) as refused:
        make_split(dataset, SplitSpec())
    assert never not in str(refused.value)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("label", [0, 1])
def test_no_rule_is_advised_for_a_dataset_of_one_class(
    tmp_path: Path, rule: Rule, label: int
) -> None:
    dataset = toy(tmp_path / "toy", 100)
    one_class = replace(dataset, label_N=np.full_like(dataset.label_N, label))
    with pytest.raises(UserError, match=rf"Every window is .*label {label}.*both classes") as said:
        make_split(one_class, SplitSpec(rule=rule))
    assert not any(other in str(said.value) for other in RULES)


@pytest.mark.parametrize("ratio", [(70, 15, 10), (100, 0, 0), (80, 20)])
def test_a_ratio_that_is_not_three_parts_of_100_is_refused(ratio: tuple[int, int, int]) -> None:
    with pytest.raises(UserError, match="three whole percentages"):
        SplitSpec(ratio=ratio)


def test_an_unknown_rule_is_refused_with_the_nearest() -> None:
    with pytest.raises(UserError, match="Did you mean 'cold-rna'"):
        SplitSpec("cold_rna")  # type: ignore[arg-type]
