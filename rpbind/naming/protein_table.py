"""Reads protein sequences from FASTA, and finds the sequence that belongs to a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpbind.counted import counted
from rpbind.data.manifest import FileHash
from rpbind.data.writer import Origin
from rpbind.errors import UserError
from rpbind.names import key
from rpbind.naming.protein_names import FORMS, Entry, matching_ids, why_no_match
from rpbind.proteins.sequence import clean
from rpbind.reading.fasta import read_records

SHOWN = 10
"""Most names in one message."""

_NUCLEOTIDES = frozenset("ACGTUN")
_LONG = 20  # residues; no protein this long has only A, C, G, T, U and N


@dataclass(frozen=True)
class ProteinTable:
    """Sequences by id (the first word of the FASTA header), and the other names of each protein.

    Parameters
    ----------
    path
        The FASTA file, or the file of a trained model that has the sequences.
    sequences
        Sequence of each id.
    entries
        The names of each protein.
    file_hash
        Hash of the file.
    advice
        What to do if a protein is not there.
    chosen
        {key of a name in the source: id}, as the user says.
    """

    path: Path
    sequences: dict[str, str]
    entries: list[Entry]
    file_hash: FileHash
    advice: str = "Add the sequence under that name, or correct the name."
    chosen: dict[str, str] = field(default_factory=dict)

    def find(self, name: str) -> str:
        """Return the sequence of the protein `name`, such as `AARS_K562`, by `matching_ids`.

        Parameters
        ----------
        name
            A name in a source.

        Returns
        -------
        str
            Its residues.

        Raises
        ------
        UserError
            If no id matches, or several ids with different sequences do.
        """
        found, _ = self._ids(name)
        if len({self.sequences[entry] for entry in found}) == 1:
            return self.sequences[found[0]]
        if found:
            raise UserError(
                f"'{name}' can be any of {short_list(found)} in {self.path}, and their sequences "
                "differ. Give the whole id."
            )
        raise UserError(
            f"{self.path} has no protein '{name}' ({why_no_match(name, self.entries)}). "
            f"{self.advice} {FORMS}"
        )

    def sequences_of(
        self, names: Sequence[str], protein_N: NDArray[np.int32], origin: Origin
    ) -> list[str]:
        """Return the sequence of every name.

        Parameters
        ----------
        names
            The proteins of a source.
        protein_N
            (N,) index into `names` of each row.
        origin
            Where each row comes from, for messages.

        Returns
        -------
        list[str]
            A sequence for each name.

        Raises
        ------
        UserError
            If names have no sequence; the message names up to ten of them.
        """
        sequences: dict[str, str] = {}
        errors: dict[str, UserError] = {}
        for name in names:
            try:
                sequences[name] = self.find(name)
            except UserError as error:
                errors[name] = error
        if not errors:
            return [sequences[name] for name in names]
        first = int(np.argmax(np.isin(protein_N, [names.index(name) for name in errors])))
        message = str(next(iter(errors.values())))
        if len(errors) > 1:
            message = (
                f"{self.path} has no sequence for {counted(len(errors), 'protein', len(names))}: "
                f"{short_list(list(errors), SHOWN, self._with_reason)}. {self.advice} {FORMS}"
            )
        raise UserError(f"{origin.place(first)}: {message}")

    def headers_of(self, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the ids in which each name was found, if they are not that name.

        Parameters
        ----------
        names
            Proteins of a source that `find` finds.

        Returns
        -------
        dict[str, tuple[str, ...]]
            {name: its ids}; several ids have one sequence.
        """
        found = {name: tuple(self._ids(name)[0]) for name in names}
        return {name: ids for name, ids in found.items() if ids != (name,)}

    def _ids(self, name: str) -> tuple[list[str], bool]:
        """Return the ids that a name matches, and whether they are spelt like it or chosen."""
        chosen = self.chosen.get(key(name))
        if chosen is None:
            return matching_ids(name, self.entries)
        return matching_ids(chosen, self.entries)[0], True

    def _with_reason(self, name: str) -> str:
        found, _ = self._ids(name)
        if found:
            return f"'{name}' (can be any of {short_list(found, 3)}, whose sequences differ)"
        return f"'{name}' ({why_no_match(name, self.entries)})"

    def found_by_other_name(self, names: Sequence[str]) -> list[str]:
        """Return the names that match an id by another spelling or by their gene.

        Parameters
        ----------
        names
            The proteins of a source.

        Returns
        -------
        list[str]
            "NAME (ID)" of each.
        """
        found = {name: self._ids(name) for name in names}
        return [f"{name} ({ids[0]})" for name, (ids, literal) in found.items() if not literal]


def short_list(words: Sequence[str], most: int = SHOWN, written: Callable[[str], str] = str) -> str:
    """Join at most `most` words with commas, and count the rest."""
    more = f" and {len(words) - most:,} more" if len(words) > most else ""
    return ", ".join(map(written, words[:most])) + more


def read_proteins(path: Path) -> ProteinTable:
    """Read protein sequences from FASTA.

    Parameters
    ----------
    path
        The file, which may be packed with gzip.

    Returns
    -------
    ProteinTable
        Its proteins.

    Raises
    ------
    UserError
        If a record cannot be used; the message has its line.
    """
    records = read_records(path, "proteins")
    sequences: dict[str, str] = {}
    entries: list[Entry] = []
    for title, sequence, line in zip(
        records.titles, records.sequences, records.line_N, strict=True
    ):
        entry = Entry.of_title(title)
        _check_record(entry.id, sequence, sequences, f"{path}, line {line}")
        sequences[entry.id] = clean(sequence)
        entries.append(entry)
    return ProteinTable(path, sequences, entries, records.file_hash)


def _check_record(entry: str, sequence: str, known: dict[str, str], place: str) -> None:
    if not entry:
        raise UserError(f"{place}: the protein has no id after '>'. Add one.")
    if entry in known:
        raise UserError(f"{place}: the protein '{entry}' occurs twice. Remove one of them.")
    if not sequence:
        raise UserError(f"{place}: the protein '{entry}' has no sequence. Add it.")
    try:
        clean(sequence)
    except UserError as error:
        raise UserError(f"{place}: the protein '{entry}': {error}") from None
    if len(sequence) >= _LONG and _NUCLEOTIDES.issuperset(sequence.upper()):
        raise UserError(
            f"{place}: '{entry}' consists of nucleotides; expected the amino acids of a protein. "
            "Translate it, or download the protein, for example from UniProt."
        )
