from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from rpbind.data import writer
from rpbind.data.alphabet import PAD, decode, encode, pad
from rpbind.data.dataset import Dataset, Protein
from rpbind.data.manifest import MadeBy
from rpbind.data.writer import Origin, Windows, write_dataset
from rpbind.errors import UserError

PROTEINS = [Protein("AARS_K562", "AARS", "MDST", 0), Protein("FMR1_K562", "FMR1", "MEEL", 1)]
WINDOWS = Windows(
    rna_NL=np.stack([encode("ACGU"), encode("GGNN"), encode("UUUU")]),
    label_N=np.array([1, 0, 1], dtype=np.uint8),
    protein_N=np.array([0, 0, 1], dtype=np.int32),
    cluster_N=np.array([5, 6, 5], dtype=np.int32),
)


def write(out: Path, windows: Windows = WINDOWS, negatives: str = "as-given") -> Dataset:
    made_by = MadeBy(importer="toy", arguments={"seed": 0})
    return write_dataset(out, windows, PROTEINS, made_by, negatives=negatives)


def test_an_opened_dataset_has_what_was_written(tmp_path: Path) -> None:
    dataset = write(tmp_path / "toy")
    assert np.array_equal(dataset.rna_NL, WINDOWS.rna_NL)
    assert dataset.label_N.tolist() == [1, 0, 1]
    assert dataset.protein_N.tolist() == [0, 0, 1]
    assert dataset.cluster_N.tolist() == [5, 6, 5]
    assert dataset.proteins == tuple(PROTEINS)
    assert len(dataset) == 3


def test_the_manifest_counts_windows_proteins_and_clusters(tmp_path: Path) -> None:
    manifest = write(tmp_path / "toy").manifest
    assert (manifest.windows, manifest.positives, manifest.window_length) == (3, 2, 4)
    assert (manifest.proteins, manifest.protein_clusters, manifest.clusters) == (2, 2, 2)
    assert (manifest.name, manifest.made_by.importer) == ("toy", "toy")


def test_arrays_are_mapped_and_read_only(tmp_path: Path) -> None:
    dataset = write(tmp_path / "toy")
    assert isinstance(dataset.rna_NL, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        dataset.rna_NL[0, 0] = 1


def test_parquet_holds_the_same_windows_and_their_origin(tmp_path: Path) -> None:
    files, rows = np.array([0, 0, 1], dtype=np.int32), np.array([1, 2, 1], dtype=np.int32)
    origin = Origin(["first", "second"], files, rows)
    write_dataset(tmp_path / "toy", WINDOWS, PROTEINS, MadeBy(importer="toy"), origin=origin)
    table = pq.read_table(tmp_path / "toy" / "windows.parquet")
    assert table.column("rna").to_pylist() == [bytes(row) for row in WINDOWS.rna_NL]
    assert table.column("protein").to_pylist() == ["AARS_K562", "AARS_K562", "FMR1_K562"]
    assert table.column("label").to_pylist() == [1, 0, 1]
    assert table.column("source_file").to_pylist() == ["first", "first", "second"]
    assert table.column("source_row").to_pylist() == [1, 2, 1]


def test_the_id_depends_on_the_content_and_not_on_name_or_date(tmp_path: Path) -> None:
    first = write(tmp_path / "one")
    assert write(tmp_path / "other").id == first.id
    flipped = replace(WINDOWS, label_N=1 - WINDOWS.label_N)
    assert write(tmp_path / "flipped", flipped).id != first.id
    assert write(tmp_path / "shuffled", negatives="shuffled").id != first.id


def test_a_dataset_is_never_overwritten(tmp_path: Path) -> None:
    write(tmp_path / "toy")
    with pytest.raises(UserError, match="exists already"):
        write(tmp_path / "toy")


def test_an_interrupted_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writer, "_write_parquet", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "toy")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_manifest_is_not_a_dataset(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no manifest\.json"):
        Dataset.open(tmp_path)


@pytest.mark.parametrize("part", ["arrays/rna.npy", "windows.parquet", "proteins.parquet"])
def test_a_missing_part_is_named(tmp_path: Path, part: str) -> None:
    write(tmp_path / "toy")
    (tmp_path / "toy" / part).unlink()
    with pytest.raises(UserError, match=f"{part} is missing"):
        Dataset.open(tmp_path / "toy")


def test_a_truncated_part_is_named(tmp_path: Path) -> None:
    part = write(tmp_path / "toy").root / "arrays" / "label.npy"
    part.write_bytes(part.read_bytes()[:-1])
    with pytest.raises(UserError, match=r"label\.npy has 130 bytes and the manifest says 131"):
        Dataset.open(tmp_path / "toy")


@pytest.mark.parametrize("part", ["arrays/rna.npy", "arrays/cluster.npy", "proteins.parquet"])
def test_a_damaged_part_of_the_right_size_is_named(tmp_path: Path, part: str) -> None:
    path = write(tmp_path / "toy").root / part
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(UserError, match=rf"{part} is damaged.*Import the dataset again"):
        Dataset.open(tmp_path / "toy")


def test_an_array_of_another_shape_and_equal_size_is_refused(tmp_path: Path) -> None:
    part = write(tmp_path / "toy").root / "arrays" / "rna.npy"
    np.save(part, WINDOWS.rna_NL.reshape(4, 3))
    with pytest.raises(UserError, match=r"has shape \(4, 3\)"):
        Dataset.open(tmp_path / "toy")


def test_verifying_names_the_part_with_one_changed_byte(tmp_path: Path) -> None:
    dataset = write(tmp_path / "toy")
    dataset.verify()
    part = dataset.root / "arrays" / "label.npy"
    part.write_bytes(part.read_bytes()[:-1] + b"\0")
    with pytest.raises(UserError, match=r"SHA-256 of arrays/label\.npy differs"):
        Dataset.open(dataset.root).verify()


def test_a_manifest_of_another_schema_version_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "toy").root / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema_version": 2}))
    with pytest.raises(UserError, match=r"schema version 2; this rpbind .* reads version 1"):
        Dataset.open(tmp_path / "toy")


def test_a_manifest_that_is_not_json_is_refused(tmp_path: Path) -> None:
    (write(tmp_path / "toy").root / "manifest.json").write_text("{")
    with pytest.raises(UserError, match=r"manifest\.json is not a readable manifest"):
        Dataset.open(tmp_path / "toy")


def test_one_gene_in_two_protein_clusters_is_refused(tmp_path: Path) -> None:
    torn = [Protein("A_K562", "A", "M", 0), Protein("A_HepG2", "A", "M", 1)]
    with pytest.raises(ValueError, match="one gene is in two"):
        write_dataset(tmp_path / "toy", WINDOWS, torn, MadeBy(importer="toy"))


def test_a_dataset_without_windows_is_refused(tmp_path: Path) -> None:
    no_rows = np.zeros(0, dtype=np.int32)
    empty = Windows(WINDOWS.rna_NL[:0], WINDOWS.label_N[:0], no_rows, no_rows)
    with pytest.raises(UserError, match="at least one window"):
        write(tmp_path / "toy", empty)


ANY_LENGTH = replace(
    WINDOWS, rna_NL=pad([encode(window)[None] for window in ("ACGUA", "GGN", "UUUU")])
)


def test_a_dataset_may_hold_windows_of_different_lengths(tmp_path: Path) -> None:
    dataset = write(tmp_path / "toy", ANY_LENGTH)
    assert [decode(window) for window in dataset.rna_NL] == ["ACGUA", "GGN", "UUUU"]
    assert (dataset.shortest, dataset.manifest.window_length) == (3, 5)
    assert write(tmp_path / "fixed").shortest == 4


def test_columns_without_a_letter_are_not_kept(tmp_path: Path) -> None:
    wider = replace(WINDOWS, rna_NL=np.pad(WINDOWS.rna_NL, ((0, 0), (0, 2)), constant_values=PAD))
    assert write(tmp_path / "wider", wider).id == write(tmp_path / "toy").id


def test_padding_is_only_at_the_end_of_a_window(tmp_path: Path) -> None:
    for place in (0, 3):  # a window without letters, and a gap within one
        rna_NL = np.array(ANY_LENGTH.rna_NL)
        rna_NL[0, place] = PAD
        with pytest.raises(ValueError, match="padding"):
            write(tmp_path / "toy", replace(ANY_LENGTH, rna_NL=rna_NL))
