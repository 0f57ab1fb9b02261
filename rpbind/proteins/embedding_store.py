"""The bank holds the residue vectors of a dataset's proteins once, memory-mapped.

A bank is a folder named after its encoder: `manifest.json` (what made it, its counts and hashes,
and where each protein's rows are) and one array `residues-<hash>.npy` of all residues of all
proteins, one after another. Proteins are keyed by the SHA-256 of their sequence, so two with one
sequence share rows. The manifest is replaced last: a reader sees the old bank or the new one.
"""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpbind.errors import UserError, reason
from rpbind.files.arrays import load_array, save_blocks
from rpbind.files.atomic import errors_name, exclusive, leftover_drafts
from rpbind.files.draft import explain_denied_write
from rpbind.ledger import write_atomic
from rpbind.proteins.encoders import ProteinEncoder
from rpbind.proteins.pieces import Pieces
from rpbind.proteins.remedy import remedy_of
from rpbind.proteins.sequence import sequence_key
from rpbind.proteins.store_manifest import StoreManifest, read_manifest

Progress = Callable[[int, int], None]
LOCK = ".lock"
"""A file in a bank that the process which extends it holds the lock on."""


@dataclass(frozen=True)
class EmbeddingStore:
    """A bank that is open for reading; `residues_ND` is (rows, width), mapped and not loaded."""

    folder: Path
    manifest: StoreManifest
    residues_ND: NDArray[np.floating]

    @classmethod
    def open(cls, root: Path, encoder_id: str) -> EmbeddingStore:
        """Open `root/encoder_id`; `UserError` with the command to run where it is not there.

        So too where it is damaged in a way that can be seen without reading it: see `verify`.
        """
        folder = root / encoder_id
        remedy = remedy_of(root, encoder_id)
        try:
            manifest = read_manifest(folder, remedy)
            if not (folder / manifest.residues_file).exists():
                manifest = read_manifest(folder, remedy)  # extended and replaced meanwhile
            # copy-on-write, so that torch takes the array as it is; the file never changes
            residues_ND = load_array(folder / manifest.residues_file, "c")
        except FileNotFoundError:
            raise UserError(f"No bank of protein vectors at {folder}; {remedy}") from None
        except (ValueError, EOFError) as error:
            raise UserError(
                f"Bank {folder} is damaged ({reason(error)}); remove it and {remedy}"
            ) from None
        wanted = f"{manifest.dtype} {(manifest.residues, manifest.width)}"
        if (came := f"{residues_ND.dtype} {residues_ND.shape}") != wanted:
            raise UserError(
                f"Bank {folder} is damaged (its vectors are {came} and the manifest says {wanted});"
                f" remove it and {remedy}"
            )
        return cls(folder, manifest, residues_ND)

    @property
    def width(self) -> int:
        """Length of a residue's vector."""
        return self.manifest.width

    @property
    def sha256(self) -> str:
        """SHA-256 of the residue vectors, for a run's provenance."""
        return self.manifest.residues_sha256

    def verify(self) -> str:
        """Hash the residue vectors again and return their SHA-256; `UserError` if it is another."""
        if hashlib.sha256(np.ascontiguousarray(self.residues_ND).data).hexdigest() != self.sha256:
            raise UserError(
                f"Bank {self.folder} has changed since it was made: the SHA-256 of "
                f"{self.manifest.residues_file} is not the manifest's. Remove it and run: rpbind "
                f"embed {self.folder.parent.parent} --encoder {self.manifest.encoder}"
            )
        return self.sha256

    def locate(self, sequences: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (offset_P, length_P): where each protein's rows start and how many there are."""
        keys = [sequence_key(sequence) for sequence in sequences]
        for place, key in enumerate(keys):
            if key not in self.manifest.index:
                raise UserError(
                    f"Protein {place + 1} of {len(keys)} ({sequences[place][:12]}...) is not in "
                    f"bank '{self.manifest.encoder}'; run rpbind embed again to add it."
                )
        places_P2 = np.array([self.manifest.index[key] for key in keys], dtype=np.int64)
        return places_P2[:, 0], places_P2[:, 1]

    def mean_PW(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Return (P, width) float32: each protein's mean over its residues."""
        places = zip(*self.locate(sequences), strict=True)
        means = [self.residues_ND[at : at + n].mean(axis=0, dtype=np.float64) for at, n in places]
        return np.array(means, dtype=np.float32)


def build_bank(
    root: Path, encoder: ProteinEncoder, sequences: Sequence[str], progress: Progress | None = None
) -> EmbeddingStore:
    """Make sure that bank `root/encoder.id` holds every sequence; open and verify it.

    A full bank is opened as it is, one that lacks some is extended. Every finished protein is
    kept at once, so an interrupted build goes on where it stopped; one by another process is
    waited for. Calls `progress(done, total)` after every distinct sequence. Raises `UserError`
    where the bank was made by another encoder of the same name, or where it may not be written.
    """
    folder = root / encoder.id
    by_key = {sequence_key(sequence): sequence for sequence in sequences}
    bank = _opened(root, encoder)
    if bank is not None and by_key.keys() <= bank.manifest.index.keys():
        return bank
    command = f"rpbind embed {root.parent} --encoder {encoder.id}"
    with (
        explain_denied_write(root.parent, f"The whole bank of {encoder.id} vectors", command),
        exclusive(folder / LOCK, f"bank {folder}"),
    ):
        old = _opened(root, encoder)  # another process may have made it meanwhile
        known = old.manifest.index if old else {}
        missing = {key: chain for key, chain in by_key.items() if key not in known}
        if missing:
            _build(folder, encoder, old, missing, progress)
    bank = EmbeddingStore.open(root, encoder.id)
    bank.verify()
    return bank


def _opened(root: Path, encoder: ProteinEncoder) -> EmbeddingStore | None:
    """Open and verify the bank that is there; None where there is none."""
    folder = root / encoder.id
    if not (folder / "manifest.json").exists():
        return None
    bank = EmbeddingStore.open(root, encoder.id)
    _same_encoder(bank.manifest, encoder, folder)
    bank.verify()
    return bank


def _build(
    folder: Path,
    encoder: ProteinEncoder,
    old: EmbeddingStore | None,
    missing: dict[str, str],
    progress: Progress | None,
) -> None:
    for left in leftover_drafts(folder):
        left.unlink()
    pieces = Pieces(folder / f".partial-{encoder.sha256[:12]}", encoder)
    for done, (key, chain) in enumerate(missing.items(), start=1):
        pieces.get(key, chain)
        if progress is not None:
            progress(done, len(missing))
    _write(folder, encoder, old, [(key, pieces.get(key, chain)) for key, chain in missing.items()])
    shutil.rmtree(pieces.folder)


def _same_encoder(manifest: StoreManifest, encoder: ProteinEncoder, folder: Path) -> None:
    if manifest.encoder_sha256 != encoder.sha256:
        raise UserError(
            f"Bank {folder} was made by another '{encoder.id}' (weights or table with SHA-256 "
            f"{manifest.encoder_sha256[:12]}, now {encoder.sha256[:12]}); remove the folder to "
            f"build it anew, or give the weights file another name."
        )


def _write(
    folder: Path,
    encoder: ProteinEncoder,
    old: EmbeddingStore | None,
    added: list[tuple[str, NDArray[np.floating]]],
) -> None:
    index = dict(old.manifest.index) if old else {}
    blocks = ([old.residues_ND] if old else []) + [matrix for _, matrix in added]
    rows = len(blocks[0]) if old else 0
    for key, matrix in added:
        index[key] = (rows, len(matrix))
        rows += len(matrix)
    name, digest = _write_residues(folder, blocks, (rows, encoder.width))
    manifest = StoreManifest(
        encoder=encoder.id,
        encoder_sha256=encoder.sha256,
        width=encoder.width,
        dtype=encoder.dtype,
        proteins=len(index),
        residues=rows,
        residues_file=name,
        residues_sha256=digest,
        index=index,
    )
    write_atomic(folder / "manifest.json", manifest.model_dump_json(indent=1).encode())
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
