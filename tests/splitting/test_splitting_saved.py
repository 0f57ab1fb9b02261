"""A split that somebody published is kept in the dataset under a name, and used by this name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import rpbind as rb
from rpbind.data.dataset import Dataset, Protein
from rpbind.data.frozen_split import load_split
from rpbind.data.manifest import MadeBy
from rpbind.data.splits import PARTS, SplitSpec
from rpbind.data.writer import Origin, Windows, write_dataset
from rpbind.errors import UserError
from rpbind.splitting.folds import all_folds
from rpbind.splitting.saved import parts_from_words, save_split
from rpbind.splitting.text import parse_split, saved_names

N = 60
TRAIN, VALIDATION, TEST = range(3)


@pytest.fixture
def toy(tmp_path: Path) -> Dataset:
    """Windows 0 to 59 in pairs of one cluster each, with labels 0, 1, 0, 1, ..."""
    number_N = np.arange(N, dtype=np.int32)
    rng = np.random.default_rng(0)
    return write_dataset(
        tmp_path / "toy",
        Windows(
            rng.integers(0, 4, (N, 40), dtype=np.uint8),
            (number_N % 2).astype(np.uint8),
            number_N % 3,
            number_N // 2,
        ),
        [Protein(name, name, "MKV", n) for n, name in enumerate("ABC")],
        MadeBy(importer="toy"),
        origin=Origin(["windows.csv"], np.zeros(N, np.int32), number_N + 2),
    )


def thirds(dataset: Dataset) -> np.ndarray:
    return np.repeat(np.arange(3, dtype=np.uint8), len(dataset) // 3)


def write_parts(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def place(row: int) -> str:
    return f"file, line {row + 2}"


def test_a_saved_split_is_what_its_name_gives(toy: Dataset) -> None:
    save_split(toy, thirds(toy), name="mine")
    split = load_split(toy, parse_split("mine", toy.root))
    assert np.array_equal(split.part_N, thirds(toy))
    assert split.id == f"mine_given-{split.sha256[:8]}_neg-as-given"
    assert SplitSpec.from_id(f"{split.id} {split.sha256[:12]}") == split.spec


def test_a_name_is_never_given_to_other_parts(toy: Dataset) -> None:
    (first,) = save_split(toy, thirds(toy), name="mine")
    (again,) = save_split(toy, thirds(toy), name="mine")
    assert again.sha256 == first.sha256
    with pytest.raises(UserError, match="never replaced"):
        save_split(toy, np.roll(thirds(toy), 2), name="mine")


def test_without_a_validation_part_whole_clusters_of_the_training_part_become_it(
    toy: Dataset,
) -> None:
    given_N = np.where(np.arange(N) < 40, TRAIN, TEST).astype(np.uint8)
    (split,) = save_split(toy, given_N)
    assert split.spec.name == "published"
    assert np.array_equal(split.part_N == TEST, given_N == TEST)
    validation = split.indices("validation")
    assert len(validation) == 6  # 15 % of 40, in pairs
    assert not set(toy.cluster_N[validation]) & set(toy.cluster_N[split.indices("train")])
    assert "15.0 %" in split.note


def test_a_part_of_one_class_is_refused(toy: Dataset) -> None:
    part_N = np.where(toy.label_N == 1, TRAIN, TEST).astype(np.uint8)
    part_N[:10] = VALIDATION
    with pytest.raises(UserError, match="both classes"):
        save_split(toy, part_N)


def test_a_validation_part_that_cannot_be_made_is_no_fault_of_the_file(toy: Dataset) -> None:
    given_N = np.where(np.arange(N) < 6, TRAIN, TEST).astype(np.uint8)  # 15 % of 6 is no pair
    with pytest.raises(UserError, match=f"rpbind split {toy.root} --from") as made:
        save_split(toy, given_N)
    assert "Correct its file" not in str(made.value)
    given_N[6:] = np.where(toy.label_N[6:] == 1, TEST, 255)
    with pytest.raises(UserError, match="Correct its file"):
        save_split(toy, given_N)
    given_N[0], given_N[6:] = VALIDATION, TEST
    with pytest.raises(UserError, match="Correct its file"):
        save_split(toy, given_N)


def test_each_saved_fold_is_the_test_part_once_and_the_validation_part_once(toy: Dataset) -> None:
    fold_N = (np.arange(N) // 2 % 4).astype(np.uint8)
    splits = save_split(toy, fold_N, 4)
    assert [split.spec.name for split in splits] == ["fold0", "fold1", "fold2", "fold3"]
    for fold, split in enumerate(splits):
        assert np.array_equal(split.part_N == TEST, fold_N == fold)
        assert np.array_equal(split.part_N == VALIDATION, fold_N == (fold + 1) % 4)
    folds = all_folds(toy, parse_split("folds:fold", toy.root))
    assert np.array_equal(folds.fold_N, fold_N)


def test_saved_splits_whose_test_parts_overlap_are_no_folds(toy: Dataset) -> None:
    for number in range(3):
        save_split(toy, np.roll(thirds(toy), 4 * number), name=f"rep{number}")
    with pytest.raises(UserError, match="overlap"):
        all_folds(toy, parse_split("folds:rep", toy.root))


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["train", "Val", "TEST", "none"], [0, 1, 2, 255]),
        (["training", "dev", "testing", ""], [0, 1, 2, 255]),
        (["1", "2", "3", ""], [0, 1, 2, 255]),
        (["0", "2", "1", "1"], [0, 2, 1, 1]),
    ],
)
def test_the_usual_words_and_numbers_are_read(words: list[str], parts: list[int]) -> None:
    assert parts_from_words(words, place)[0].tolist() == parts


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "tests"], "line 3.*'tests'"),
        (["train", "0"], "line 2"),
        (["0", "2", "3"], "gap"),
        (["0", "1"], "third|others for training"),
    ],
)
def test_a_word_that_is_no_part_is_refused_with_its_line(words: list[str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        parts_from_words(words, place)


@pytest.mark.parametrize(
    ("key", "of"),
    [
        ("row", lambda toy, n: f"{n}"),
        ("line", lambda toy, n: f"{n + 2}"),
        ("rna\tprotein", lambda toy, n: f"{toy.iloc[n]['rna'].replace('U', 't')}\t{'ABC'[n % 3]}"),
    ],
)
def test_a_table_names_windows_by_row_line_or_letters(toy: Dataset, key: str, of: object) -> None:
    windows = rb.load_dataset(toy.root).windows()
    words = [PARTS[part] for part in thirds(toy)]
    shuffled = np.random.default_rng(1).permutation(N).tolist()
    lines = [f"{of(windows, n)}\t{words[n]}" for n in shuffled]  # type: ignore[operator]
    table = write_parts(toy.root.parent / "parts.tsv", [f"{key}\tpart", *lines])
    made = rb.split(toy.root, source=table)
    assert list(made.part_of) == words
    assert rb.split(toy.root, "published").sha256 == made.sha256


def test_a_subset_has_the_saved_splits_of_its_rows(toy: Dataset, tmp_path: Path) -> None:
    save_split(toy, thirds(toy), name="mine")
    save_split(toy, (np.arange(N) // 2 % 4).astype(np.uint8), 4)
    small = rb.subset(toy.root, tmp_path / "small", per_protein=12)
    rows = pq.read_table(small.folder / "windows.parquet")["source_row"].to_numpy() - 1
    for name in ("mine", "fold0", "fold3"):
        theirs = np.array(rb.split(toy.root, name).part_of)[rows]
        assert list(rb.split(small, name).part_of) == theirs.tolist()
    assert all_folds(Dataset.open(small.folder), parse_split("folds:fold", small.folder)).id


def test_the_history_of_a_subset_has_the_splits_that_were_saved_before(
    toy: Dataset, tmp_path: Path
) -> None:
    lines = [f"{n},{PARTS[part]}" for n, part in enumerate(thirds(toy))]
    rb.split(toy.root, source=write_parts(tmp_path / "parts.csv", ["row,part", *lines]))
    rb.split(toy.root, "random")
    small = rb.subset(toy.root, tmp_path / "small", per_protein=12)
    steps = rb.history(small.folder).steps
    assert [step.command for step in steps] == ["split", "subset"]
    assert "parts.csv" in steps[0].shell


def test_a_split_that_loses_a_class_in_a_subset_stays_behind_and_is_named(
    toy: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_split(toy, thirds(toy), name="mine")
    small = rb.subset(toy.root, tmp_path / "small", per_protein=1)
    assert saved_names(small.folder) == []
    assert "'mine' stays behind" in capsys.readouterr().err


@pytest.mark.parametrize("rule", ["shuffled", "other-proteins"])
@pytest.mark.parametrize("by", ["windows", "proteins"])
def test_negatives_go_to_the_part_of_the_window_that_they_are_made_from(
    rule: str, by: str, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    part = {"windows": lambda n: PARTS[n % 6 // 2], "proteins": lambda n: PARTS[n // 20]}[by]
    rows = [
        f"{''.join(rng.choice(list('ACGU'), 40))},{'ABC'[n // 20]},1,{part(n)}" for n in range(60)
    ]
    table = write_parts(tmp_path / "windows.csv", ["rna,protein,label,set", *rows])
    sequences = [">A", "MKVLAAGIV", ">B", "WWHHCCDDE", ">C", "PPQQRRSST"]
    proteins = write_parts(tmp_path / "proteins.fasta", sequences)
    bound = rb.import_table(table, proteins=proteins, out=tmp_path / "b", split_column="set")
    with pytest.raises(UserError, match="rpbind negatives"):
        rb.split(bound.dataset, "published")
    made = rb.negatives(bound.dataset, rule=rule, out=tmp_path / "made")
    windows = pq.read_table(made.dataset.folder / "windows.parquet").to_pandas()
    parts = np.array(rb.split(made.dataset, "published").part_of)
    origin = windows["source_row"].to_numpy() - 1
    if by == "windows":
        assert parts.tolist() == [part(n) for n in origin]
    else:
        protein_N = Dataset.open(made.dataset.folder).protein_N
        assert parts.tolist() == [PARTS[protein] for protein in protein_N]
    assert set(parts[made.dataset.positives :]) == set(PARTS)


def test_windows_that_the_table_does_not_name_are_unused_and_counted(toy: Dataset) -> None:
    lines = [f"{n},{PARTS[n % 6 // 2]}" for n in range(48)]
    table = write_parts(toy.root.parent / "parts.csv", ["row,part", *lines])
    made = rb.split(toy.root, source=table, name="most")
    assert made.part_of.count("unused") == 12
    assert any("12 windows" in note for note in made.notes)


@pytest.mark.parametrize(
    ("line", "said"),
    [("60,train", "line 5.*no window.*'60'"), ("0,train", "line 5.*earlier row")],
)
def test_a_window_that_is_not_there_or_named_twice_is_refused(
    toy: Dataset, line: str, said: str
) -> None:
    lines = ["row,part", "0,train", "1,test", "2,validation", line]
    with pytest.raises(UserError, match=said):
        rb.split(toy.root, source=write_parts(toy.root.parent / "parts.csv", lines))


def test_an_import_keeps_the_split_that_its_table_publishes(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [
        f"{''.join(rng.choice(list('ACGU'), 40))},A,{n % 2},{'train' if n % 6 < 4 else 'test'}"
        for n in range(60)
    ]
    table = write_parts(tmp_path / "windows.csv", ["rna,protein,label,set", *rows])
    proteins = write_parts(tmp_path / "proteins.fasta", [">A", "MKVLAAGIV"])
    made = rb.import_table(
        table, proteins=proteins, out=tmp_path / "made", split_column="set", homology="parasail"
    )
    parts = rb.split(made.dataset, "published").part_of
    assert [part == "test" for part in parts] == [n % 6 >= 4 for n in range(60)]
    assert any("--split published" in note for note in made.notes)
    assert any("validation part" in note for note in made.notes)


def test_percentages_follow_the_rule(toy: Dataset) -> None:
    spec = parse_split("cold-rna:50:30:20", toy.root)
    assert (spec.rule, spec.ratio, spec.text) == ("cold-rna", (50, 30, 20), "cold-rna:50:30:20")
    assert load_split(toy, spec).id == "cold-rna_50-30-20_seed0_neg-as-given"
    assert rb.split(toy.root, ratio="50:30:20").counts[0].windows == 30


@pytest.mark.parametrize(
    "text", ["cold-rna:80:20", "cold-rna:80:10:9", "publishd", "folds:2", "folds:nothing", "folds:"]
)
def test_a_text_that_denotes_no_split_is_refused(toy: Dataset, text: str) -> None:
    save_split(toy, thirds(toy))
    with pytest.raises(UserError):
        parse_split(text, toy.root)


def test_each_window_is_in_the_test_part_of_one_fold_and_clusters_stay_whole(toy: Dataset) -> None:
    spec = parse_split("folds:5", toy.root)
    folds = all_folds(toy, spec)
    assert sorted(np.unique(folds.fold_N)) == [0, 1, 2, 3, 4]
    assert all(len(set(folds.fold_N[toy.cluster_N == c])) == 1 for c in range(30))
    for seed in range(5):
        split = load_split(toy, spec.of_run(seed))
        assert np.array_equal(split.part_N == TEST, folds.fold_N == seed)


def test_another_repeat_divides_into_other_folds(toy: Dataset) -> None:
    spec = parse_split("folds:5", toy.root)
    first, second = (load_split(toy, spec.of_run(seed)) for seed in (2, 7))
    assert second.id == "fold2of5_seed1_neg-as-given"
    assert not np.array_equal(first.part_N, second.part_N)
