"""Reads protein sequences from FASTA and finds the one that a source means by a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpbind.data.fasta import read_records
from rpbind.data.manifest import FileHash
from rpbind.data.residues import clean
from rpbind.data.writer import Origin
from rpbind.errors import UserError, nearest


@dataclass(frozen=True)
class ProteinTable:
    """Sequences by id (the first word of the FASTA header)."""

    path: Path
    sequences: dict[str, str]
    was: FileHash

    def find(self, name: str) -> str:
        """Return the sequence of the protein that a source calls `name`, such as `AARS_K562`.

        The first of these rules that finds anything decides: the id is the name; the id begins
        with the name and `_` (`AARS_K562_ENCSR825SVO`); the id is the name's gene (`AARS`).
        Raises `UserError` where none does, or where several ids with different sequences fit.
        """
        rules = (
            [name] if name in self.sequences else [],
            [entry for entry in self.sequences if entry.startswith(f"{name}_")],
            [gene_of(name)] if gene_of(name) in self.sequences else [],
        )
        fitting = next((entries for entries in rules if entries), [])
        if not fitting:
            hint = nearest(name, self.sequences) or nearest(gene_of(name), self.sequences)
            raise UserError(
                f"{self.path} has no protein '{name}' and no gene '{gene_of(name)}'. Add its "
                f"sequence, or correct the name.{hint}"
            )
        if len({self.sequences[entry] for entry in fitting}) > 1:
            raise UserError(
                f"'{name}' may be any of {', '.join(fitting)} in {self.path}, and their sequences "
                "differ. Give the whole id."
            )
        return self.sequences[fitting[0]]

    def of_rows(
        self, names: Sequence[str], protein_N: NDArray[np.int32], origin: Origin
    ) -> list[str]:
        """Return the sequence of every name; an error says which row asks for it first."""
        sequences = []
        for number, name in enumerate(names):
            try:
                sequences.append(self.find(name))
            except UserError as error:
                first = int(np.argmax(protein_N == number))
                raise UserError(f"{origin.place(first)}: {error}") from None
        return sequences


def gene_of(name: str) -> str:
    """Return the gene of `AARS_K562` or `AARS_K562_ENCSR825SVO`: gene symbols have no `_`."""
    return name.partition("_")[0]


def read_proteins(path: Path) -> ProteinTable:
    """Read a protein FASTA; `UserError` with the line of a record that cannot be used."""
    records = read_records(path)
    sequences: dict[str, str] = {}
    for title, sequence, line in zip(
        records.titles, records.sequences, records.line_N, strict=True
    ):
        entry = title.split(maxsplit=1)[0] if title.strip() else ""
        _check(entry, sequence, sequences, f"{path}, line {line}")
        sequences[entry] = clean(sequence)
    return ProteinTable(path, sequences, records.was)


def _check(entry: str, sequence: str, known: dict[str, str], place: str) -> None:
    if not entry:
        raise UserError(f"{place}: the protein has no id after '>'.")
    if entry in known:
        raise UserError(f"{place}: the protein '{entry}' is there twice. Remove one of them.")
    if not sequence:
        raise UserError(f"{place}: the protein '{entry}' has no sequence.")
    try:
        clean(sequence)
    except UserError as error:
        raise UserError(f"{place}: the protein '{entry}': {error}") from None
