"""An embedding store holds each protein once, and its build continues after an interruption."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from rpbind.errors import UserError
from rpbind.proteins.build import LOCK, build_store
from rpbind.proteins.embedding_store import EmbeddingStore
from rpbind.proteins.physchem import PhysChem
from rpbind.proteins.simple import RandomVector


@dataclass
class Counting:
    """A toy encoder: a vector is (letter code, length). It records the sequences it encodes."""

    id: str = "counting"
    width: int = 2
    dtype: str = "float32"
    sha256: str = "0" * 64
    fails_on: str = "none"
    encoded: list[str] = field(default_factory=list)

    def encode(self, sequence: str) -> NDArray[np.float32]:
        if sequence == self.fails_on:
            raise KeyboardInterrupt
        self.encoded.append(sequence)
        return np.array([[ord(letter), len(sequence)] for letter in sequence], dtype=np.float32)


def test_a_store_locates_the_rows_of_each_protein(tmp_path: Path) -> None:
    store = build_store(tmp_path, Counting(), ["MK", "AAA"])
    offset_P, length_P = store.locate(["AAA", "MK"])
    assert length_P.tolist() == [3, 2]
    assert store.residues_ND[offset_P[0] : offset_P[0] + 3].tolist() == [[65.0, 3.0]] * 3
    assert store.residues_ND[offset_P[1], 0] == ord("M")
    assert store.mean_PW(["MK"]).tolist() == [[(ord("M") + ord("K")) / 2, 2.0]]


def test_two_proteins_with_one_sequence_share_rows(tmp_path: Path) -> None:
    encoder = Counting()
    store = build_store(tmp_path, encoder, ["MKV", "mkv*", "MKV"])
    assert len(store.residues_ND) == 3
    assert len(encoder.encoded) == 1
    assert store.locate(["MKV", "mkv*"])[0].tolist() == [0, 0]


def test_a_store_is_memory_mapped_and_not_copied(tmp_path: Path) -> None:
    store = build_store(tmp_path, PhysChem(), ["MKV"])
    assert isinstance(store.residues_ND, np.memmap)
    tensor = torch.from_numpy(store.residues_ND)
    assert tensor.data_ptr() == store.residues_ND.ctypes.data


def test_writing_to_an_open_store_does_not_change_the_file(tmp_path: Path) -> None:
    store = build_store(tmp_path, Counting(), ["MK"])
    store.residues_ND[:] = 0
    assert EmbeddingStore.open(tmp_path, "counting").residues_ND[0, 0] == ord("M")


def test_an_interrupted_build_continues_where_it_stopped(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        build_store(tmp_path, Counting(fails_on="AAA"), ["MK", "AAA", "V"])
    with pytest.raises(UserError, match="No embedding store"):
        EmbeddingStore.open(tmp_path, "counting")
    again = Counting()
    store = build_store(tmp_path, again, ["MK", "AAA", "V"])
    assert again.encoded == ["AAA", "V"]
    assert store.manifest.residues == len(store.residues_ND) == 6
    assert [p.name for p in (tmp_path / "embeddings" / "counting").glob(".*")] == [LOCK]


def test_a_store_with_every_protein_is_opened_without_encoding(tmp_path: Path) -> None:
    first = build_store(tmp_path, Counting(), ["MK", "AAA"])
    again = Counting()
    assert build_store(tmp_path, again, ["AAA"]).manifest == first.manifest
    assert again.encoded == []


def test_a_store_that_lacks_a_protein_is_extended(tmp_path: Path) -> None:
    build_store(tmp_path, Counting(), ["MK"])
    again = Counting()
    store = build_store(tmp_path, again, ["MK", "AAA"])
    assert again.encoded == ["AAA"]
    assert store.residues_ND[:, 0].tolist() == [77.0, 75.0, 65.0, 65.0, 65.0]
    assert len(list((tmp_path / "embeddings" / "counting").glob("residues-*.npy"))) == 1


def test_the_same_proteins_in_the_same_order_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = (build_store(tmp_path / x, RandomVector(), ["MK", "AA"]).sha256 for x in "ab")
    assert one == two
    assert build_store(tmp_path / "c", RandomVector(), ["MK", "AC"]).sha256 != one


def test_progress_counts_the_residues_of_every_distinct_protein(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    build_store(tmp_path, Counting(), ["MK", "A", "MK"], lambda *at: seen.append(at))
    assert seen == [(2, 3), (3, 3)]


def test_vectors_of_two_encoders_with_one_name_are_never_mixed(tmp_path: Path) -> None:
    build_store(tmp_path, Counting(), ["MK"])
    with pytest.raises(UserError, match="counting"):
        build_store(tmp_path, Counting(sha256="1" * 64), ["MK"])


def test_the_error_on_a_missing_store_has_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"rpbind embed {tmp_path} --encoder physchem"):
        EmbeddingStore.open(tmp_path, "physchem")


def test_a_protein_that_is_not_in_the_store_is_named(tmp_path: Path) -> None:
    store = build_store(tmp_path, Counting(), ["MK"])
    with pytest.raises(UserError, match=r"Protein 2 of 2 \(WWW"):
        store.locate(["MK", "WWW"])


def test_a_truncated_store_is_refused(tmp_path: Path) -> None:
    build_store(tmp_path, Counting(), ["MK"])
    (file,) = (tmp_path / "embeddings" / "counting").glob("residues-*.npy")
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(UserError, match="damaged"):
        EmbeddingStore.open(tmp_path, "counting")


def test_vectors_of_another_shape_are_refused(tmp_path: Path) -> None:
    store = build_store(tmp_path, Counting(), ["MK"])
    np.save(
        tmp_path / "embeddings" / "counting" / store.manifest.residues_file,
        store.residues_ND.reshape(1, 4),
    )
    with pytest.raises(UserError, match=r"are float32 \(1, 4\) and .* says float32 \(2, 2\)"):
        EmbeddingStore.open(tmp_path, "counting")


def test_verifying_notices_one_changed_byte(tmp_path: Path) -> None:
    store = build_store(tmp_path, Counting(), ["MK"])
    assert EmbeddingStore.open(tmp_path, "counting").verify() == store.sha256
    file = tmp_path / "embeddings" / "counting" / store.manifest.residues_file
    *rest, last = file.read_bytes()
    file.write_bytes(bytes([*rest, last ^ 1]))
    with pytest.raises(UserError, match=r"has changed since it was made.* --encoder counting"):
        EmbeddingStore.open(tmp_path, "counting").verify()
    with pytest.raises(UserError, match="has changed since it was made"):
        build_store(tmp_path, Counting(), ["MK", "AAA"])


def test_a_store_of_another_schema_version_is_refused(tmp_path: Path) -> None:
    build_store(tmp_path, Counting(), ["MK"])
    path = tmp_path / "embeddings" / "counting" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema_version": 2}))
    with pytest.raises(UserError, match=r"schema version 2"):
        EmbeddingStore.open(tmp_path, "counting")


def test_vectors_with_nan_or_infinity_are_never_stored(tmp_path: Path) -> None:
    class Overflowing(Counting):
        def encode(self, sequence: str) -> NDArray[np.float32]:
            return np.full((len(sequence), 2), 1e6, dtype=np.float32)

    with pytest.raises(UserError, match="counting gives 2 of 2 residues of MK"):
        build_store(tmp_path, Overflowing(dtype="float16"), ["MK"])


@pytest.mark.parametrize("left", [b"", b"\x93NUMPY", b"cut"])
def test_a_vector_file_that_a_crash_has_cut_is_made_again(left: bytes, tmp_path: Path) -> None:
    whole = build_store(tmp_path / "whole", RandomVector(), ["MK", "AAA"])
    folder = tmp_path / "cut" / "embeddings" / "random" / f".partial-{RandomVector.sha256[:12]}"
    folder.mkdir(parents=True)
    for key in whole.manifest.index:
        (folder / f"{key}.npy").write_bytes(left)
    made = build_store(tmp_path / "cut", RandomVector(), ["MK", "AAA"])
    assert made.manifest == whole.manifest


def test_a_new_dataset_has_its_stores_in_embeddings(tmp_path: Path) -> None:
    store = build_store(tmp_path, Counting(), ["MK"])
    assert store.folder == tmp_path / "embeddings" / "counting"
    assert not (tmp_path / "bank").exists()


def with_old_folder(data: Path) -> None:
    """Store one protein as version 0.1.0 did: below `bank`."""
    build_store(data, Counting(), ["MK"])
    (data / "embeddings").rename(data / "bank")


def test_a_dataset_that_has_only_the_older_folder_is_read_and_extended_there(
    tmp_path: Path,
) -> None:
    with_old_folder(tmp_path)
    assert EmbeddingStore.open(tmp_path, "counting").manifest.proteins == 1
    assert build_store(tmp_path, Counting(), ["MK", "AAA"]).manifest.proteins == 2
    build_store(tmp_path, RandomVector(), ["MK"])
    assert [path.name for path in tmp_path.iterdir()] == ["bank"]
    assert {path.name for path in (tmp_path / "bank").iterdir()} == {"counting", "random"}


def test_a_dataset_that_has_both_folders_reads_embeddings(tmp_path: Path) -> None:
    with_old_folder(tmp_path)
    (tmp_path / "embeddings").mkdir()
    build_store(tmp_path, Counting(), ["AAA"])
    (tmp_path / "bank" / "counting" / "manifest.json").unlink()
    store = EmbeddingStore.open(tmp_path, "counting")
    assert store.folder == tmp_path / "embeddings" / "counting"
    assert store.manifest.proteins == 1
