"""Protein vectors of a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rpbind.api.calls import face
from rpbind.api.dataset import Dataset, load_dataset


@dataclass(frozen=True)
class Embeddings:
    """The vectors of a dataset's proteins, one per residue, in the dataset's folder.

    Parameters
    ----------
    encoder
        Id of the protein encoder; the name that studies and recipes use.
    folder
        The embedding store.
    sequences, residues
        Numbers of distinct sequences and of their residues.
    width
        Length of a vector.
    dtype
        Type of its numbers.
    notes
        What was decided on the way, such as how the encoder reads unusual letters.
    """

    encoder: str
    folder: Path
    sequences: int
    residues: int
    width: int
    dtype: str
    notes: tuple[str, ...] = ()


@face
def embed(
    data: str | Path | Dataset,
    encoder: str = "physchem",
    weights: str | Path | None = None,
    options: Mapping[str, Any] | None = None,
    precision: str = "float32",
    batch_residues: int | None = None,
) -> Embeddings:
    """Encode a dataset's proteins, one vector per residue, into its embedding store.

    Parameters
    ----------
    data
        The dataset, or its folder.
    encoder
        Protein encoder: physchem, triad, random, constant; a language model by its name, such as
        esm2_t33_650M_UR50D; esm2, esmc or prott5 for any other weights; or a class of your own as
        FILE.py:CLASS.
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

    Returns
    -------
    Embeddings
        What the store holds now; proteins that it held before are not encoded again.

    Raises
    ------
    UserError
        If there is no such encoder, its weights are missing, or the folder cannot be written.

    Examples
    --------
    >>> rb.embed("data/mine", "triad")
    """
    from rpbind.files.draft import explain_denied_write
    from rpbind.proteins.build import build_store
    from rpbind.proteins.encoders import make_encoder
    from rpbind.proteins.inference import Inference
    from rpbind.proteins.letters import unusual_letters
    from rpbind.proteins.store_manifest import stores_folder
    from rpbind.terminal import progress

    inference = Inference(precision, batch_residues)
    dataset = load_dataset(data).opened.dataset
    place = None if weights is None else Path(weights)
    name = inference.named(place.stem if place else encoder)
    if ":" not in name and not (stores_folder(dataset.root) / name / "manifest.json").exists():
        command = f"rpbind embed {dataset.root} --encoder {encoder}"
        with explain_denied_write(dataset.root, f"The embedding store of {name}", command):
            pass  # check that we may write before we load an encoder, which can take minutes
    with progress(f"loading {encoder}"):
        protein_encoder = make_encoder(encoder, place, options, inference)
    with progress(f"embedding with {protein_encoder.id}") as bar:
        sequences = [protein.sequence for protein in dataset.proteins]
        store = build_store(dataset.root, protein_encoder, sequences, bar)
    return Embeddings(
        protein_encoder.id,
        store.folder,
        store.manifest.proteins,
        store.manifest.residues,
        store.width,
        store.manifest.dtype,
        tuple(unusual_letters(sequences, protein_encoder.letters)),
    )
