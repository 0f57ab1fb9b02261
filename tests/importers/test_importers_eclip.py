from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rpbind.data.alphabet import decode
from rpbind.data.dataset import Dataset
from rpbind.errors import UserError
from rpbind.importers.importers import ImportOptions, import_eclip

Folder = Callable[..., Path]


def letters(dataset: Dataset) -> list[str]:
    return [decode(row_L) for row_L in dataset.rna_NL]


def test_a_protein_is_named_after_its_file_and_its_gene_finds_the_sequence(
    eclip: Folder, options: ImportOptions
) -> None:
    folder = eclip(FMR1_HepG2="ACGU\t0\n", AARS_K562="ACGU\t1\nGGGG\t0\n")
    dataset = import_eclip(folder, options).dataset
    assert [(p.id, p.gene, p.sequence) for p in dataset.proteins] == [
        ("AARS_K562", "AARS", "MDSTLTAS"),
        ("FMR1_HepG2", "FMR1", "MEELVV"),
    ]
    assert letters(dataset) == ["ACGU", "GGGG", "ACGU"]
    assert dataset.label_N.tolist() == [1, 0, 0]
    assert dataset.protein_N.tolist() == [0, 0, 1]


def test_two_cell_lines_of_one_gene_share_a_protein_cluster(
    eclip: Folder, options: ImportOptions
) -> None:
    folder = eclip(AARS_HepG2="ACGU\t1\n", AARS_K562="ACGU\t0\n", FMR1_K562="ACGU\t0\n")
    clusters = [p.cluster for p in import_eclip(folder, options).dataset.proteins]
    assert clusters[0] == clusters[1] != clusters[2]


@pytest.mark.parametrize(
    "file",
    [
        {"AARS_K562": "acgt\t1\r\nGgNn\t0\r\n"},
        {"AARS_K562": "ACGU\t1\nGGNN\t0"},
        {"AARS_K562": "ACGT\t1\nGGNN\t0\n\n"},
        {"AARS_K562__gz": gzip.compress(b"ACGU\t1\nGGNN\t0\n")},
    ],
    ids=["lower case, T, CRLF", "no last line end", "blank last line", "gz"],
)
def test_other_spellings_of_the_same_windows_give_the_same_dataset(
    eclip: Folder, options: ImportOptions, file: dict[str, str]
) -> None:
    dataset = import_eclip(eclip(**file), options).dataset
    assert letters(dataset) == ["ACGU", "GGNN"]
    assert dataset.label_N.tolist() == [1, 0]
    assert dataset.proteins[0].id == "AARS_K562"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("ACGU\t1\nACXU\t0\n", "line 2: RNA has the letters .* got 'X' at letter 3 of 4"),
        ("ACGU\t1\nACGUU\t0\n", "line 2: the window has 5 letters; expected 4"),
        ("ACGU\t1\nAC\t0\nACGUAC\t0\n", "line 2: the window has 2 letters; expected 4"),
        ("ACGU\t1\nACGU\n", "line 2: the label is missing"),
        ("ACGU\t1\n\nACGU\t0\n", "line 2: the label is missing"),
        ("ACGU\t1\nACGA\t2\n", "line 2: expected the label 0 or 1; got '2'"),
        ("ACGU\t1\nACGA\t-\n", "line 2: expected the label 0 or 1; got '-'"),
        ("ACGU 1\n", "line 1: the label is missing"),
        ("ACGU\t1\nACGA 0\n", "line 2: the label is missing"),
        ("ACGU\t1\nACGA\t0,GGGG\t0\n", "line 2: expected the label 0 or 1; got '0,GGGG"),
        ("\t1\n", "line 1: the window has 0 letters; expected at least one"),
        ("ACGU\t1\nAC\tU1\n", "line 2: expected the label 0 or 1; got 'U1'"),
    ],
)
def test_a_bad_line_is_refused_with_its_number(
    eclip: Folder, options: ImportOptions, lines: str, message: str
) -> None:
    with pytest.raises(UserError, match=f"AARS_K562, {message}"):
        import_eclip(eclip(AARS_K562=lines), options)
    assert not options.out.exists()


def test_files_with_short_windows_of_two_lengths_are_refused(
    eclip: Folder, options: ImportOptions
) -> None:
    folder = eclip(AARS_K562="ACGU\t1\n", FMR1_K562="ACGUA\t1\n")
    with pytest.raises(UserError, match="FMR1_K562, line 1: the window has 5 letters; expected 4"):
        import_eclip(folder, options)


def test_an_unknown_protein_is_refused_with_the_nearest_known(
    eclip: Folder, options: ImportOptions
) -> None:
    with pytest.raises(UserError, match=r"AARZ_K562, line 1: .* no protein 'AARZ_K562'.*'AARS'"):
        import_eclip(eclip(AARZ_K562="ACGU\t1\n"), options)


@pytest.mark.parametrize("content", ["", "\n\n", "\r\n"])
def test_an_empty_file_is_refused(eclip: Folder, options: ImportOptions, content: str) -> None:
    with pytest.raises(UserError, match="AARS_K562 is empty"):
        import_eclip(eclip(AARS_K562=content), options)


def test_a_file_both_packed_and_unpacked_is_refused(eclip: Folder, options: ImportOptions) -> None:
    folder = eclip(AARS_K562="ACGU\t1\n", AARS_K562__gz=gzip.compress(b"GGGG\t1\n"))
    with pytest.raises(UserError, match="AARS_K562 exists twice"):
        import_eclip(folder, options)


def test_a_folder_without_files_is_refused(eclip: Folder, options: ImportOptions) -> None:
    with pytest.raises(UserError, match="has no files"):
        import_eclip(eclip(__swp="hidden"), options)


def test_a_truncated_gzip_file_is_refused(eclip: Folder, options: ImportOptions) -> None:
    packed = gzip.compress(b"ACGU\t1\nGGNN\t0\n")[:-12]
    with pytest.raises(UserError, match="not a complete gzip file"):
        import_eclip(eclip(AARS_K562__gz=packed), options)


def test_given_clusters_are_kept_line_by_line(eclip: Folder, options: ImportOptions) -> None:
    folder = eclip(AARS_K562="ACGU\t1\nGGGG\t0\n", FMR1_K562="ACGU\t0\n")
    clusters = eclip("clusters", AARS_K562="7\n3\n", FMR1_K562="7\r\n")
    assert import_eclip(folder, options, clusters).dataset.cluster_N.tolist() == [7, 3, 7]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"AARS_K562": "7\n"}, "has 1 lines, and its file of windows has 2"),
        ({"AARS_K562": "7\nx\n"}, "line 2: expected a cluster, a whole number .* got 'x'"),
        ({"FMR1_K562": "7\n3\n"}, r"no clusters for AARS_K562 \(no gene AARS is present\)"),
        ({"AARS_K56": "7\n3\n"}, "no clusters for AARS_K562 .*AARS is present as AARS_K56"),
    ],
)
def test_clusters_that_do_not_match_the_windows_are_refused(
    eclip: Folder, options: ImportOptions, files: dict[str, str], message: str
) -> None:
    folder = eclip(AARS_K562="ACGU\t1\nGGGG\t0\n")
    with pytest.raises(UserError, match=message):
        import_eclip(folder, options, eclip("clusters", **files))


def test_without_clusters_they_are_computed_over_all_files(
    eclip: Folder, options: ImportOptions
) -> None:
    folder = eclip(AARS_K562="ACGU\t1\nGGGG\t0\n", FMR1_K562="UACG\t0\n")
    assert import_eclip(folder, options).dataset.cluster_N.tolist() == [0, 1, 0]


def test_importing_again_gives_the_same_id(eclip: Folder, options: ImportOptions) -> None:
    folder = eclip(AARS_K562="ACGU\t1\nGGGG\t0\n")
    first = import_eclip(folder, options).dataset
    again = import_eclip(folder, replace(options, out=options.out.with_name("again"))).dataset
    assert first.id == again.id
    assert first.manifest.made_by.sources == again.manifest.made_by.sources
    assert set(first.manifest.made_by.sources) == {"AARS_K562", "proteins/proteins.fasta"}


def test_progress_rises_to_100(eclip: Folder, options: ImportOptions) -> None:
    seen: list[tuple[int, int]] = []
    watched = replace(options, progress=lambda done, total: seen.append((done, total)))
    import_eclip(eclip(AARS_K562="ACGU\t1\n", FMR1_K562="GGGG\t0\n"), watched)
    assert seen == sorted(seen)
    assert seen[-1] == (100, 100)
