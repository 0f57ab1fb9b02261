"""Vectors from a file as a protein encoder: looked up by the protein's sequence, and checked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpbind.errors import UserError
from rpbind.naming.protein_table import short_list
from rpbind.proteins.encoders import ENCODERS
from rpbind.proteins.inference import split_name
from rpbind.proteins.letters import AS_ITSELF
from rpbind.proteins.sequence import clean, sequence_key
from rpbind.proteins.store_manifest import ImportedSource
from rpbind.vectors.file import VectorFile
from rpbind.vectors.formats import open_vectors
from rpbind.vectors.matching import SHOWN, Match, Named, match_proteins

Progress = Callable[[int, int], None]


class FileVectors:
    """Vectors of a file; see `rpbind.proteins.encoder.ProteinEncoder`.

    Call `find` before `encode`: a file knows proteins by their names.

    Parameters
    ----------
    path
        The file.
    name
        The name that the user gives to the encoder that made the vectors.
    """

    letters: Mapping[str, str] = AS_ITSELF

    def __init__(self, path: Path, name: str) -> None:
        self.id = name
        self.file: VectorFile = open_vectors(path)
        self.sha256 = self.file.sha256()
        self._entries: Mapping[str, str] = {}
        self._names: dict[str, str] = {}
        self.width, self.dtype, self._pooled = 0, "float32", False

    @cached_property
    def imported(self) -> ImportedSource:
        """The file, for the manifest of the store."""
        return ImportedSource(file=self.file.path.name, sha256=self.sha256, pooled=self._pooled)

    def find(self, proteins: Sequence[Named], progress: Progress | None = None) -> list[str]:
        """Find the vectors of proteins, and check all of them.

        Parameters
        ----------
        proteins
            The proteins whose vectors `encode` will return.
        progress
            Called with (done, total) proteins.

        Returns
        -------
        list of str
            What the user has to know: how proteins were found, and what stands out.

        Raises
        ------
        UserError
            If a protein has no vectors or several, or its vectors have another number of residues
            or another width, are not finite, or are no numbers.
        """
        match = match_proteins(self.file, proteins)
        self._entries = match.entries
        self._names = {sequence_key(one.sequence): one.name for one in reversed(proteins)}
        lengths = {sequence_key(one.sequence): len(clean(one.sequence)) for one in proteins}
        shapes: dict[str, tuple[int, ...]] = {}
        halves, wrong, zero = 0, {}, []
        distinct: set[bytes] = set()
        for done, (key, entry) in enumerate(match.entries.items(), start=1):
            array = self.file.load(entry)
            why = _unusable(array)
            if why:
                wrong[key] = why
            else:
                shapes[key] = _shape(array, lengths[key])
                halves += array.dtype == np.float16
                zero += [self._names[key]] * (not array.any())
                distinct.add(hashlib.sha256(array.tobytes()).digest())
            if progress is not None:
                progress(done, len(match.entries))
        self._refuse(wrong)
        self._set_shape(shapes, lengths)
        self.dtype = "float16" if halves == len(shapes) else "float32"
        notes = self._notes(match, len(proteins), zero)
        if len(distinct) == 1 < len(match.entries):
            notes.append("all proteins have the same vectors: no model can tell them apart")
        return notes

    def encode(self, sequence: str) -> NDArray[np.float32]:
        """Return (residues, width) float32, or (1, width) if the file has one per protein."""
        key = sequence_key(sequence)
        if key not in self._entries:
            raise UserError(
                f"{self.file.path} was not searched for the protein {sequence[:12]}...; it has "
                "vectors of other proteins."
            )
        array = self.file.load(self._entries[key])
        return array.reshape(-1, self.width).astype(np.float32)

    def _refuse(self, wrong: Mapping[str, str]) -> None:
        """Refuse vectors that cannot be used; the first names are shown."""
        if wrong:
            shown = [f"'{self._names[key]}' {why}" for key, why in wrong.items()]
            raise UserError(
                f"{self.file.path}: the vectors of {len(wrong):,} of {len(self._entries):,} "
                f"proteins cannot be used: {short_list(shown, SHOWN)}."
            )

    def _set_shape(self, shapes: Mapping[str, tuple[int, ...]], lengths: Mapping[str, int]) -> None:
        """Check that all are of one width, and one per protein or one per residue."""
        pooled = {key for key, shape in shapes.items() if len(shape) == 1}
        if pooled and len(pooled) < len(shapes):
            one, other = min(pooled), min(shapes.keys() - pooled)
            raise UserError(
                f"{self.file.path} has one vector for '{self._names[one]}' and one per residue for "
                f"'{self._names[other]}'. Expected the same for all proteins."
            )
        first = next(iter(shapes))
        self.width, self._pooled = shapes[first][-1], bool(pooled)
        self._refuse({
            key: f"have width {shape[-1]}, those of '{self._names[first]}' {self.width}"
            for key, shape in shapes.items() if shape[-1] != self.width
        })  # fmt: skip
        self._refuse({
            key: _other_length(shape[0], lengths[key])
            for key, shape in shapes.items() if not pooled and shape[0] != lengths[key]
        })  # fmt: skip

    def _notes(self, match: Match, proteins: int, zero: list[str]) -> list[str]:
        by_name = proteins - match.by_sequence
        found = [f"{match.by_sequence:,} by their sequence"] * bool(match.by_sequence)
        found += [f"{by_name:,} by name"] * bool(by_name)
        unused = len(self.file.names) - len(set(match.entries.values()))
        notes = [
            f"found {proteins:,} of {proteins:,} proteins in {self.file.path.name}: "
            f"{', '.join(found)}; {unused:,} entries are not used"
        ]
        if match.by_other_name:
            shown = short_list(match.by_other_name)
            notes.append(
                f"{len(match.by_other_name):,} found by another spelling, their FASTA header or "
                f"their gene: {shown}"
            )
        if self._pooled:
            notes.append(
                "one vector per protein: a model that attends over residues has a single one to "
                "attend to, so take a recipe that reads mean vectors"
            )
        if zero:
            notes.append(f"all numbers are 0 for {len(zero):,} proteins: {short_list(zero)}")
        return notes


def _unusable(array: NDArray[Any]) -> str:
    """Say why an array cannot be vectors; "" if it can."""
    if array.dtype.kind not in "fiu":
        return f"are no numbers ({array.dtype})"
    if array.ndim not in (1, 2) or not array.size:
        return f"have the shape {array.shape}, expected (width,) or (residues, width)"
    with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite
        finite_RW = np.isfinite(array.reshape(-1, array.shape[-1]).astype(np.float32))
    strange_R = np.asarray(~finite_RW.all(axis=1))
    if not strange_R.any():
        return ""
    place = f" (the first is residue {int(strange_R.argmax()) + 1})" if array.ndim == 2 else ""
    return f"have NaN or infinity in {int(strange_R.sum()):,} of {len(strange_R):,} rows{place}"


def _shape(array: NDArray[Any], length: int) -> tuple[int, ...]:
    """Return the shape; (width,) for one vector that is kept as a matrix of one row."""
    return array.shape[1:] if len(array) == 1 and array.ndim == 2 and length > 1 else array.shape


def _other_length(rows: int, length: int) -> str:
    what = f"have {rows:,} rows, the sequence has {length:,} residues"
    if rows in (length + 1, length + 2):
        return f"{what}: leave out the rows of tokens such as <cls> and <eos>"
    if rows < length:
        return f"{what}: they were cut short, or are those of another isoform"
    return f"{what}: they are those of another isoform, or padded"


def check_name(name: str | None, path: Path) -> str:
    """Return the name of the vectors of a file.

    Parameters
    ----------
    name
        What the user says made them.
    path
        The file, for messages.

    Returns
    -------
    str
        The name: of the embedding store, and of the encoder in every report.

    Raises
    ------
    UserError
        If there is none, it cannot be the name of a folder, or it is that of an encoder of rpbind,
        whose vectors it would be taken for.
    """
    if not name:
        raise UserError(
            f"Say what made the vectors in {path}: --encoder NAME, such as --encoder "
            "prott5-uniprot. Reports show this name."
        )
    if len(name) > 100 or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]*", name):
        raise UserError(
            f"--encoder {name!r} cannot be the name of vectors from a file. Use up to 100 letters, "
            "digits, '.', '_', '+' and '-', with a letter or a digit first."
        )
    if split_name(name)[0] in ENCODERS:
        raise UserError(
            f"--encoder {name} is what rpbind calls vectors that it made itself. Give those of "
            f"{path} another name, such as {name}-file."
        )
    return name
