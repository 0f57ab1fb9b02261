"""Protein vectors that were computed elsewhere, in the layouts in which people have them."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

import rpbind as rb
from rpbind.data.dataset import Dataset
from rpbind.errors import UserError
from rpbind.proteins.embedding_store import EmbeddingStore
from rpbind.vectors.encoder import FileVectors
from rpbind.vectors.formats import open_vectors
from rpbind.vectors.matching import Named, match_proteins

h5py = pytest.importorskip("h5py", reason="pip install 'rpbind[plm]'")
Vectors = Mapping[str, np.ndarray]


def save_hdf5(path: Path, vectors: Vectors) -> Path:
    with h5py.File(path, "w") as file:
        for name, array in vectors.items():
            file[name] = array
    return path


def save_bio_embeddings(path: Path, vectors: Vectors) -> Path:
    """Keys are numbers; the name is an attribute."""
    with h5py.File(path, "w") as file:
        for number, (name, array) in enumerate(vectors.items()):
            file.create_dataset(str(number), data=array).attrs["original_id"] = name
    return path


def save_npz(path: Path, vectors: Vectors) -> Path:
    np.savez(path, **vectors)
    return path


def save_torch(path: Path, vectors: Vectors) -> Path:
    torch.save({name: torch.from_numpy(array) for name, array in vectors.items()}, path)
    return path


def save_parquet(path: Path, vectors: Vectors) -> Path:
    columns = {"name": list(vectors), "vector": [array.tolist() for array in vectors.values()]}
    pq.write_table(pa.table(columns), path)
    return path


SAVED = {
    "uniprot.h5": save_hdf5, "bio_embeddings.h5": save_bio_embeddings, "v.npz": save_npz,
    "protein_embeddings.pt": save_torch, "v.parquet": save_parquet,
}  # fmt: skip
PROTEINS = [Named("TARDBP_HepG2", "TARDBP", "MSEYIRV"), Named("FUS", "FUS", "MASND")]


def vectors_of(proteins: list[Named], pooled: bool, dtype: str = "float32") -> dict[str, Any]:
    random = np.random.default_rng(0)
    return {
        one.name: random.normal(size=(3,) if pooled else (len(one.sequence), 3)).astype(dtype)
        for one in proteins
    }


@pytest.fixture
def world(tiny: Path, tmp_path: Path) -> Path:
    """A copy of the dataset of four proteins."""
    shutil.copytree(tiny, tmp_path / "world")
    return tmp_path / "world"


def named(data: Path) -> list[Named]:
    return [Named(one.id, one.gene, one.sequence) for one in Dataset.open(data).proteins]


@pytest.mark.parametrize("pooled", [True, False])
@pytest.mark.parametrize("name", SAVED)
def test_every_layout_gives_the_vectors_that_are_in_it(
    name: str, pooled: bool, tmp_path: Path
) -> None:
    expected = vectors_of(PROTEINS, pooled)
    vectors = FileVectors(SAVED[name](tmp_path / name, expected), "mine")
    vectors.find(PROTEINS)
    assert (vectors.width, vectors.dtype) == (3, "float32")
    assert vectors.imported.pooled == pooled
    for protein in PROTEINS:
        found = vectors.encode(protein.sequence.lower() + "*")
        np.testing.assert_array_equal(found, np.atleast_2d(expected[protein.name]))


@pytest.mark.parametrize(
    "name",
    [
        "TARDBP_HepG2", "tardbp_hepg2", "TARDBP", "TARDBP_HepG2_ENCSR825SVO",
        "sp|Q13148|TARDBP_HUMAN TAR DNA-binding protein 43 OS=Homo sapiens GN=TARDBP PE=1",
        "MSEYIRV", hashlib.sha256(b"MSEYIRV").hexdigest(), hashlib.md5(b"MSEYIRV").hexdigest(),
    ],
)  # fmt: skip
def test_a_protein_is_found_by_its_name_its_gene_or_its_sequence(name: str, tmp_path: Path) -> None:
    expected = vectors_of(PROTEINS[:1], pooled=False)["TARDBP_HepG2"]
    file = save_bio_embeddings(tmp_path / "v.h5", {"other": np.zeros(3), name: expected})
    vectors = FileVectors(file, "mine")
    vectors.find(PROTEINS[:1])
    np.testing.assert_array_equal(vectors.encode("MSEYIRV"), expected)


@pytest.mark.parametrize("form", ["{}", "sp|{}|EWS_HUMAN", "{}-1"])
def test_a_protein_is_found_by_the_accession_in_the_header_that_its_import_matched(
    form: str, tmp_path: Path
) -> None:
    (tmp_path / "p.fasta").write_text(
        ">sp|Q33148|EWS_HUMAN RNA-binding protein EWS GN=EWSR1\nMSEYIRV\n"
        ">gi|126|ref|NP_004951.1|FUS\nMASND\n"
    )
    (tmp_path / "w.csv").write_text(
        "rna,protein,label\nACGUACGUA,EWSR1_K562,1\nACGGACGGA,EWSR1_K562,0\n"
        "ACCUACCUA,10_PARCLIP_X,1\nAAGUAAGUA,10_PARCLIP_X,0\n"
    )
    (tmp_path / "names.csv").write_text("name,protein\n10_PARCLIP_X,NP_004951.1\n")
    names = {"proteins": tmp_path / "p.fasta", "names": tmp_path / "names.csv"}
    rb.import_table(tmp_path / "w.csv", out=tmp_path / "d", k=4, **names)
    rb.subset(tmp_path / "d", tmp_path / "less", per_protein=1)
    expected = {form.format("Q33148"): np.ones((7, 3)), "NP_004951.1": np.full((5, 3), 2.0)}
    others = {"Q33148_X": np.zeros((7, 3)), "gi|99|ref|NP_1.1|FUS": np.zeros((5, 3))}
    file = save_bio_embeddings(tmp_path / "u.h5", expected | others)
    for data in (tmp_path / "d", tmp_path / "less"):
        rb.embed(data, "uu", source=file)
        stored = EmbeddingStore.open(data, "uu")
        means = stored.mean_PW([one.sequence for one in Dataset.open(data).proteins])
        assert sorted(means[:, 0].tolist()) == [1, 2]


def test_an_older_dataset_without_headers_is_read_and_its_vectors_are_found_as_before(
    world: Path, tmp_path: Path
) -> None:
    before = Dataset.open(world)
    manifest = json.loads((world / "manifest.json").read_text())
    del manifest["headers"]
    (world / "manifest.json").write_text(json.dumps(manifest))
    assert Dataset.open(world).id == before.id
    rb.embed(world, "mine", source=save_npz(tmp_path / "v.npz", vectors_of(named(world), True)))


def test_the_sequence_decides_before_the_name(tmp_path: Path) -> None:
    table = pa.table({
        "id": ["TARDBP_HepG2", "x"], "vector": [[0.0, 1.0], [2.0, 3.0]],
        "sequence": [None, "MSEYIRV"],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "v.parquet")
    vectors = FileVectors(tmp_path / "v.parquet", "mine")
    notes = vectors.find(PROTEINS[:1])
    assert vectors.encode("MSEYIRV").tolist() == [[2.0, 3.0]]
    assert "1 by their sequence" in notes[0]


def test_a_folder_of_fair_esm_has_a_file_per_protein(tmp_path: Path) -> None:
    expected = vectors_of(PROTEINS, pooled=False)
    (tmp_path / "esm").mkdir()
    for name, array in expected.items():
        layers = {6: torch.zeros(array.shape), 33: torch.from_numpy(array)}
        torch.save({"label": name, "representations": layers}, tmp_path / "esm" / f"{name}.pt")
    vectors = FileVectors(tmp_path / "esm", "mine")
    vectors.find(PROTEINS)
    np.testing.assert_array_equal(vectors.encode("MASND"), expected["FUS"])
    (tmp_path / "esm" / "FUS.pt").unlink()
    assert FileVectors(tmp_path / "esm", "mine").sha256 != vectors.sha256
    save_torch(tmp_path / "esm" / "FUS.pt", {"a": np.ones(3), "b": np.ones(3)})
    with pytest.raises(UserError, match="one protein per file"):
        FileVectors(tmp_path / "esm", "mine").find(PROTEINS)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"without files \.pt"):
        FileVectors(tmp_path / "empty", "mine")


def test_a_dataset_in_a_group_is_named_by_its_last_part(tmp_path: Path) -> None:
    expected = vectors_of(PROTEINS, pooled=False)
    file = save_hdf5(tmp_path / "v.h5", {f"human/{name}": v for name, v in expected.items()})
    vectors = FileVectors(file, "mine")
    vectors.find(PROTEINS)
    np.testing.assert_array_equal(vectors.encode("MASND"), expected["FUS"])


def test_vectors_that_tell_no_proteins_apart_are_reported(tmp_path: Path) -> None:
    file = save_npz(tmp_path / "v.npz", {one.name: np.zeros(3) for one in PROTEINS})
    zero, same = FileVectors(file, "mine").find(PROTEINS)[-2:]
    assert "0 for 2 proteins" in zero
    assert "all proteins have the same vectors" in same


def test_a_study_reads_the_vectors_of_a_file_under_the_name_that_the_user_gives(
    world: Path, tmp_path: Path
) -> None:
    expected = vectors_of(named(world), pooled=False, dtype="float16")
    file = save_hdf5(tmp_path / "per-residue.h5", expected)
    made = rb.embed(world, "prott5-uniprot", source=file)
    store = EmbeddingStore.open(world, "prott5-uniprot")
    assert (made.encoder, made.width, made.dtype, made.pooled) == (
        "prott5-uniprot", 3, "float16", False
    )  # fmt: skip
    assert store.manifest.imported is not None
    assert store.manifest.imported.file == "per-residue.h5"
    assert store.manifest.imported.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    for protein in named(world):
        (first,), (rows,) = store.locate([protein.sequence])
        np.testing.assert_array_equal(store.residues_ND[first : first + rows],
                                      expected[protein.name])  # fmt: skip
    again = rb.embed(world, "prott5-uniprot", source=file)
    assert again.residues == made.residues


def test_pooled_vectors_are_kept_once_and_are_their_own_mean(world: Path, tmp_path: Path) -> None:
    expected = vectors_of(named(world), pooled=True)
    made = rb.embed(world, "mean", source=save_torch(tmp_path / "v.pt", expected))
    assert (made.pooled, made.residues) == (True, made.sequences)
    store = EmbeddingStore.open(world, "mean")
    first = named(world)[0]
    np.testing.assert_array_equal(store.mean_PW([first.sequence])[0], expected[first.name])


def cut(vectors: dict[str, Any], name: str) -> None:
    vectors[name] = vectors[name][:-1]


def with_tokens(vectors: dict[str, Any], name: str) -> None:
    vectors[name] = np.vstack([vectors[name], vectors[name][:2]])


def not_finite(vectors: dict[str, Any], name: str) -> None:
    vectors[name][4, 1] = np.nan


def too_large(vectors: dict[str, Any], name: str) -> None:
    vectors[name] = vectors[name].astype(np.float64)
    vectors[name][0, 0] = 1e300


def of_other_width(vectors: dict[str, Any], name: str) -> None:
    vectors[name] = vectors[name][:, :2]


def pool_one(vectors: dict[str, Any], name: str) -> None:
    vectors[name] = vectors[name].mean(0)


def of_three_layers(vectors: dict[str, Any], name: str) -> None:
    vectors[name] = np.stack([vectors[name]] * 3)


def of_letters(vectors: dict[str, Any], name: str) -> None:
    vectors[name] = np.array(list("ACD"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (cut, "cut short"), (with_tokens, "<cls> and <eos>"), (not_finite, "residue 5"),
        (too_large, "infinity"), (of_other_width, "width 2"), (pool_one, "one per residue"),
        (of_three_layers, "shape (3, "), (of_letters, "no numbers"),
        (lambda vectors, name: vectors.pop(name), "no vectors for 1 of 4"),
    ],
)  # fmt: skip
def test_vectors_that_do_not_fit_are_refused_with_protein_and_file_and_nothing_is_written(
    change: Callable[[dict[str, Any], str], None], said: str, world: Path, tmp_path: Path
) -> None:
    vectors = vectors_of(named(world), pooled=False)
    name = list(vectors)[1]
    change(vectors, name)
    file = save_npz(tmp_path / "v.npz", vectors)
    with pytest.raises(UserError) as error:
        rb.embed(world, "mine", source=file)
    assert all(word in str(error.value) for word in (said, name, str(file)))
    assert not (world / "embeddings" / "mine").exists()


def test_of_many_proteins_without_vectors_a_few_are_named_and_the_rest_is_counted(
    world: Path, tmp_path: Path
) -> None:
    many = [Named(f"P{at}", f"P{at}", "MK" + "A" * at) for at in range(9)]
    vectors = FileVectors(save_npz(tmp_path / "v.npz", {"FUS": np.zeros(3)}), "mine")
    with pytest.raises(UserError, match=r"no vectors for 9 of 9.*and 4 more.*such as FUS"):
        vectors.find(many)


def test_two_entries_that_a_name_can_mean_are_refused_unless_they_are_equal(tmp_path: Path) -> None:
    entries = {"TARDBP_K562": np.ones(3), "TARDBP_HeLa": np.ones(3)}
    protein = [Named("TARDBP_HepG2", "TARDBP", "MSE")]
    FileVectors(save_npz(tmp_path / "same.npz", entries), "mine").find(protein)
    entries["TARDBP_HeLa"] = np.zeros(3)
    with pytest.raises(UserError, match=r"TARDBP_K562.*TARDBP_HeLa.*differ"):
        FileVectors(save_npz(tmp_path / "v.npz", entries), "mine").find(protein)


def test_experiments_of_one_sequence_have_the_vectors_that_one_of_them_names(
    tmp_path: Path,
) -> None:
    twice = [Named("8_HITSCLIP_X", "X", "MASND"), Named("FUS", "FUS", "MASND")]
    path = save_npz(tmp_path / "v.npz", vectors_of(twice[1:], pooled=True))
    match = match_proteins(open_vectors(path), twice)
    assert list(match.entries.values()) == ["FUS"]
    assert match.by_other_name == ("8_HITSCLIP_X (FUS: same sequence)",)


def test_proteins_of_one_sequence_must_have_the_same_vectors(tmp_path: Path) -> None:
    twins = [Named("A1", "A1", "MSE"), Named("B2", "B2", "MSE")]
    file = save_npz(tmp_path / "v.npz", {"A1": np.ones(3), "B2": np.zeros(3)})
    with pytest.raises(UserError, match="'A1' and 'B2' have the same sequence"):
        FileVectors(file, "mine").find(twins)


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("ran",)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("v.h5", "HDF5"), ("v.npz", r"\.npz"), ("v.pt", "damaged|torch"), ("v.parquet", "Parquet"),
        ("v.pkl", "numpy.savez"), ("v.npy", "runs whatever code"), ("v.csv", r"ending '\.csv'"),
        ("none.h5", "No file"),
    ],
)  # fmt: skip
def test_a_file_that_is_something_else_is_refused(name: str, said: str, tmp_path: Path) -> None:
    if name != "none.h5":
        (tmp_path / name).write_bytes(b"something else" * 9)
    with pytest.raises(UserError, match=said):
        open_vectors(tmp_path / name)


@pytest.mark.parametrize("name", SAVED)
def test_a_file_that_was_cut_is_refused(name: str, tmp_path: Path) -> None:
    file = SAVED[name](tmp_path / name, vectors_of(PROTEINS, pooled=False))
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(UserError, match="damaged"):
        FileVectors(file, "mine").find(PROTEINS)


def test_files_that_would_run_code_are_refused_and_run_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"FUS": Evil()}, "evil.pt")
    np.savez("evil.npz", FUS=np.array([Evil()], dtype=object))
    np.savez("dict.npz", {"FUS": np.zeros(3)})
    for name, protein in (("evil.pt", "FUS"), ("evil.npz", "FUS"), ("dict.npz", "arr_0")):
        with pytest.raises(UserError, match=name):
            FileVectors(Path(name), "mine").find([Named(protein, protein, "MASND")])
    assert not Path("ran").exists()


def test_arrays_of_numpy_in_a_file_of_torch_and_files_of_extract_are_read(tmp_path: Path) -> None:
    torch.save({"FUS": np.ones(3, dtype=np.float32)}, tmp_path / "v.pt")
    torch.save(
        {"label": "FUS", "mean_representations": {6: torch.zeros(3), 33: torch.ones(3)}},
        tmp_path / "FUS.pt",
    )
    for name in ("v.pt", "FUS.pt"):
        vectors = FileVectors(tmp_path / name, "mine")
        vectors.find(PROTEINS[1:])
        assert vectors.encode("MASND").tolist() == [[1.0, 1.0, 1.0]]


@pytest.mark.parametrize("name", [None, "../x", "physchem", "esm2_t6_8M_UR50D-bf16", "a b"])
def test_the_name_of_what_made_the_vectors_is_asked_for_and_checked(
    name: str | None, world: Path, tmp_path: Path
) -> None:
    file = save_npz(tmp_path / "v.npz", vectors_of(named(world), pooled=True))
    with pytest.raises(UserError, match="--encoder"):
        rb.embed(world, name, source=file)


def test_vectors_of_another_file_are_never_mixed_in(world: Path, tmp_path: Path) -> None:
    vectors = vectors_of(named(world), pooled=True)
    rb.embed(world, "mine", source=save_npz(tmp_path / "a.npz", vectors))
    vectors[next(iter(vectors))] += 1
    with pytest.raises(UserError, match=r"another 'mine'.*file of vectors"):
        rb.embed(world, "mine", source=save_npz(tmp_path / "b.npz", vectors))


def test_a_damaged_store_of_a_file_says_from_which_file_it_was_read(
    world: Path, tmp_path: Path
) -> None:
    file = save_npz(tmp_path / "a.npz", vectors_of(named(world), pooled=True))
    made = rb.embed(world, "mine", source=file)
    (array,) = made.folder.glob("residues-*.npy")
    array.write_bytes(array.read_bytes()[:-4])
    with pytest.raises(UserError, match=r"rpbind embed .* --from a\.npz --encoder mine"):
        EmbeddingStore.open(world, "mine")


def test_options_of_encoders_are_refused_with_a_file(world: Path, tmp_path: Path) -> None:
    file = save_npz(tmp_path / "v.npz", vectors_of(named(world), pooled=True))
    for more in ({"weights": "w.pt"}, {"precision": "bfloat16"}, {"options": {"dim": 3}}):
        with pytest.raises(UserError, match="leave out"):
            rb.embed(world, "mine", source=file, **more)


def test_the_history_of_a_dataset_has_the_command_that_read_the_file(
    world: Path, tmp_path: Path
) -> None:
    file = save_npz(tmp_path / "v.npz", vectors_of(named(world), pooled=True))
    rb.embed(world, "mine", source=file)
    last = json.loads((world / "manifest.json").read_text())["history"][-1]
    assert (last["command"], last["arguments"]["source"]) == ("embed", str(file))
