"""Build an embedding store: missing proteins are encoded in batches and then added together."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpbind.errors import UserError
from rpbind.files.arrays import save_blocks
from rpbind.files.atomic import errors_name, remove_drafts
from rpbind.files.draft import explain_denied_write
from rpbind.files.locks import exclusive
from rpbind.history import add_step
from rpbind.ledger import write_atomic
from rpbind.parts.contents import FOLDER, keep
from rpbind.proteins.custom import CustomProteinEncoder
from rpbind.proteins.embedding_store import EmbeddingStore
from rpbind.proteins.encoder import BatchEncoder, ImportedVectors, ProteinEncoder
from rpbind.proteins.partial_store import PartialStore
from rpbind.proteins.sequence import clean, sequence_key
from rpbind.proteins.store_manifest import StoreManifest, stores_folder

Progress = Callable[[int, int], None]
LOCK = ".lock"
"""The lock file in a store's folder: the process that extends the store holds its lock."""


def build_store(
    data: Path, encoder: ProteinEncoder, sequences: Sequence[str], progress: Progress | None = None
) -> EmbeddingStore:
    """Make or extend a dataset's store of one encoder until it holds every sequence.

    A store that holds them all is opened as it is. Each batch is written when it is encoded, so an
    interrupted build continues where it stopped. If another process is building the store, this
    one waits for it.

    Parameters
    ----------
    data
        The dataset folder.
    encoder
        What encodes the sequences that the store lacks.
    sequences
        Protein sequences; equal ones are encoded once.
    progress
        Called with (done, total) residues of the new distinct sequences after each batch.

    Returns
    -------
    The open store, verified.

    Raises
    ------
    UserError
        If a different encoder of the same name made the store, if its vectors are damaged, or if
        the folder may not be written.
    """
    folder = stores_folder(data) / encoder.id
    by_key = {sequence_key(sequence): sequence for sequence in sequences}
    store = _opened(data, encoder)
    if store is not None and by_key.keys() <= store.manifest.index.keys():
        return store
    command = f"rpbind embed {data} --encoder {encoder.id}"
    with (
        explain_denied_write(data, f"The whole embedding store of {encoder.id}", command),
        exclusive(folder / LOCK, f"embedding store {folder}"),
    ):
        old = _opened(data, encoder)  # another process may have made it meanwhile
        known = old.manifest.index if old else {}
        missing = {key: chain for key, chain in by_key.items() if key not in known}
        if missing:
            _build(data, encoder, old, missing, progress)
    store = EmbeddingStore.open(data, encoder.id)
    store.verify()
    return store


def _opened(data: Path, encoder: ProteinEncoder) -> EmbeddingStore | None:
    """Open and verify the store that is there; None if there is none."""
    folder = stores_folder(data) / encoder.id
    if not (folder / "manifest.json").exists():
        return None
    store = EmbeddingStore.open(data, encoder.id)
    _same_encoder(store.manifest, encoder, folder)
    store.verify()
    return store


def _build(
    data: Path,
    encoder: ProteinEncoder,
    old: EmbeddingStore | None,
    missing: dict[str, str],
    progress: Progress | None,
) -> None:
    folder = stores_folder(data) / encoder.id
    remove_drafts(folder)
    pieces = PartialStore(folder / f".partial-{encoder.sha256[:12]}", encoder)
    keys, chains = list(missing), list(missing.values())
    lengths = [len(clean(chain)) for chain in chains]
    done, total = 0, sum(lengths)
    for batch in _batches(encoder, chains):
        pieces.make({keys[at]: chains[at] for at in batch})
        done += sum(lengths[at] for at in batch)
        if progress is not None:
            progress(done, total)
    add_step(data, "embed", {"data": data, "encoder": encoder.id}, {encoder.id: encoder.sha256})
    _write(folder, encoder, old, [(key, pieces.get(key)) for key in keys])
    shutil.rmtree(pieces.folder)


def _batches(encoder: ProteinEncoder, chains: Sequence[str]) -> list[list[int]]:
    """Return what is encoded together.

    It depends on all proteins that the store lacks, not on which of them an interrupted build has
    made already: a batch rounds its sums in another order than another batch does.
    """
    if isinstance(encoder, BatchEncoder):
        return encoder.batches(chains)
    return [[at] for at in range(len(chains))]


def _same_encoder(manifest: StoreManifest, encoder: ProteinEncoder, folder: Path) -> None:
    if manifest.encoder_sha256 == encoder.sha256:
        return
    what, other = "weights or table", "give the weights file another name"
    if isinstance(encoder, CustomProteinEncoder):
        what, other = "class, options and file", "give the class another name"
    elif manifest.imported or isinstance(encoder, ImportedVectors):
        what, other = "file of vectors", "give these another name with --encoder"
    raise UserError(
        f"Embedding store {folder} was made by another '{encoder.id}' ({what} with SHA-256 "
        f"{manifest.encoder_sha256[:12]}, now {encoder.sha256[:12]}). Remove the folder to build "
        f"it again, or {other}."
    )


def _write(
    folder: Path,
    encoder: ProteinEncoder,
    old: EmbeddingStore | None,
    added: list[tuple[str, NDArray[np.floating]]],
) -> None:
    index = dict(old.manifest.index) if old else {}
    # the vectors of a file can be float16 for some proteins and float32 for others
    before = [old.residues_ND.astype(encoder.dtype, copy=False)] if old else []
    blocks = [*before, *(matrix for _, matrix in added)]
    rows = len(blocks[0]) if old else 0
    for key, matrix in added:
        index[key] = (rows, len(matrix))
        rows += len(matrix)
    name, digest = _write_residues(folder, blocks, (rows, encoder.width))
    custom = encoder.source if isinstance(encoder, CustomProteinEncoder) else None
    if custom is not None:
        keep(folder / FOLDER, [(custom.sha256, custom.part.file)])
    manifest = StoreManifest(
        encoder=encoder.id,
        encoder_sha256=encoder.sha256,
        width=encoder.width,
        dtype=encoder.dtype,
        proteins=len(index),
        residues=rows,
        residues_file=name,
        residues_sha256=digest,
        custom=custom,
        imported=encoder.imported if isinstance(encoder, ImportedVectors) else None,
        index=index,
    )
    content = manifest.model_dump_json(indent=1, by_alias=True, exclude_none=True)
    write_atomic(folder / "manifest.json", content.encode())
    if old is not None:
        (folder / old.manifest.residues_file).unlink(missing_ok=True)


def _write_residues(
    folder: Path, blocks: list[NDArray[np.floating]], shape: tuple[int, int]
) -> tuple[str, str]:
    """Write the blocks one after another; return the file's name and the SHA-256 of the rows."""
    draft = folder / f".{uuid.uuid4().hex}"
    try:
        with errors_name(folder, draft):
            digest = save_blocks(draft, blocks, shape)
            name = f"residues-{digest[:12]}.npy"
            draft.replace(folder / name)
    finally:
        draft.unlink(missing_ok=True)
    return name, digest
