"""What `import rpbind` offers for the protein vectors of a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rpbind.api.calls import face
from rpbind.api.dataset import Dataset, load_dataset
from rpbind.errors import UserError

if TYPE_CHECKING:
    from rpbind.data.dataset import Dataset as Windows
    from rpbind.proteins.embedding_store import EmbeddingStore
    from rpbind.proteins.inference import Inference


@dataclass(frozen=True)
class Embeddings:
    """The vectors of a dataset's proteins, in the dataset's folder.

    Parameters
    ----------
    encoder
        Id of the protein encoder; the name that studies and recipes use.
    folder
        The embedding store.
    sequences, residues
        Numbers of distinct sequences and of their vectors: one per residue, or one per protein.
    width
        Length of a vector.
    dtype
        Type of its numbers.
    notes
        What was decided on the way, such as how the encoder reads unusual letters.
    pooled
        Whether there is one vector per protein, read from a file of such vectors.
    """

    encoder: str
    folder: Path
    sequences: int
    residues: int
    width: int
    dtype: str
    notes: tuple[str, ...] = ()
    pooled: bool = False


@face
def embed(
    data: str | Path | Dataset,
    encoder: str | None = None,
    weights: str | Path | None = None,
    options: Mapping[str, Any] | None = None,
    precision: str = "float32",
    batch_residues: int | None = None,
    source: str | Path | None = None,
) -> Embeddings:
    """Encode a dataset's proteins into its embedding store, or read their vectors from a file.

    Parameters
    ----------
    data
        The dataset, or its folder.
    encoder
        Protein encoder: physchem (the default), triad, random, constant; a language model by its
        name, such as esm2_t33_650M_UR50D; esm2, esmc or prott5 for any other weights; or a class
        of your own as FILE.py:CLASS. With `source`, the name of what made the vectors.
    weights
        File or folder of a language model; without it, the one in the cache of torch hub or of
        Hugging Face.
    options
        Options of a class of your own.
    precision
        Of a language model: float32 or bfloat16.
    batch_residues
        Most residues that a language model encodes at once; None for one window on a CPU, 16 on
        a GPU.
    source
        File with vectors that were computed elsewhere (.h5, .npz, .pt or .parquet), or a folder
        of fair-esm.

    Returns
    -------
    Embeddings
        What the store holds now; proteins that it held before are not encoded again.

    Raises
    ------
    UserError
        If there is no such encoder, its weights are missing, vectors of a file are missing or do
        not fit, or the folder cannot be written.

    Examples
    --------
    >>> rb.embed("data/mine", "triad")
    >>> rb.embed("data/mine", "prott5-uniprot", source="per-residue.h5")
    """
    from rpbind.proteins.inference import Inference

    inference = Inference(precision, batch_residues)
    dataset = load_dataset(data).opened.dataset
    place = None if weights is None else Path(weights)
    if source is not None:
        if place or options or inference != Inference():
            raise UserError(
                "--from reads vectors that are there already: leave out --weights, --option, "
                "--precision and --batch-residues."
            )
        return _from_file(dataset, Path(source), encoder)
    return _encoded(dataset, encoder or "physchem", place, options, inference)


def _encoded(
    dataset: Windows,
    encoder: str,
    weights: Path | None,
    options: Mapping[str, Any] | None,
    inference: Inference,
) -> Embeddings:
    from rpbind.files.draft import explain_denied_write
    from rpbind.proteins.build import build_store
    from rpbind.proteins.encoders import make_encoder
    from rpbind.proteins.letters import unusual_letters
    from rpbind.proteins.store_manifest import stores_folder
    from rpbind.terminal import progress

    name = inference.named(weights.stem if weights else encoder)
    if ":" not in name and not (stores_folder(dataset.root) / name / "manifest.json").exists():
        command = f"rpbind embed {dataset.root} --encoder {encoder}"
        with explain_denied_write(dataset.root, f"The embedding store of {name}", command):
            pass  # check that we may write before we load an encoder, which can take minutes
    with progress(f"loading {encoder}"):
        made = make_encoder(encoder, weights, options, inference)
    with progress(f"embedding with {made.id}") as bar:
        sequences = [protein.sequence for protein in dataset.proteins]
        store = build_store(dataset.root, made, sequences, bar)
    return _described(store, unusual_letters(sequences, made.letters))


def _from_file(dataset: Windows, path: Path, encoder: str | None) -> Embeddings:
    from rpbind.proteins.build import build_store
    from rpbind.terminal import progress
    from rpbind.vectors.encoder import FileVectors, check_name
    from rpbind.vectors.matching import Named

    name = check_name(encoder, path)
    with progress(f"reading {path}") as bar:
        vectors = FileVectors(path, name)
        headers = dataset.manifest.headers
        named = [
            Named(one.id, one.gene, one.sequence, headers.get(one.id, ()))
            for one in dataset.proteins
        ]
        notes = vectors.find(named, bar)
        bar.restart(f"writing {name}")
        store = build_store(dataset.root, vectors, [one.sequence for one in named], bar)
    return _described(store, notes)


def _described(store: EmbeddingStore, notes: list[str]) -> Embeddings:
    made = store.manifest
    return Embeddings(
        made.encoder,
        store.folder,
        made.proteins,
        made.residues,
        made.width,
        made.dtype,
        tuple(notes),
        made.imported is not None and made.imported.pooled,
    )
