"""The table of names: what each name of a source means, proposed, saved, and taken back.

Columns: `name` in the source, `protein` (an id in the FASTA of proteins), `gene`, `windows` (their
number), and `found_by`, which says why. Shapes: N windows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpbind.data.manifest import FileHash
from rpbind.errors import UserError
from rpbind.ledger import write_atomic
from rpbind.names import key
from rpbind.naming.protein_names import gene_of, matching_ids, proposed
from rpbind.naming.protein_table import ProteinTable
from rpbind.reading.refuse import refuse_rows
from rpbind.reading.table import read_columns

LEFT_OUT = "-"
"""In the column `protein`: the windows of this name are left out."""

_HEADER = ("name", "protein", "gene", "windows", "found_by")


@dataclass(frozen=True)
class Names:
    """What the user says of names; all keys are those of `rpbind.names.key`.

    Parameters
    ----------
    proteins
        {name: id of its protein}.
    genes
        {name: gene}, where the user gives one.
    left_out
        The names whose windows are left out.
    sources
        Hash of the table.
    """

    proteins: dict[str, str]
    genes: dict[str, str]
    left_out: frozenset[str]
    sources: dict[str, FileHash]

    def gene_of(self, name: str, table: ProteinTable) -> str:
        """Return the gene of a name: the user's, that of the chosen protein, or its first part."""
        if gene := self.genes.get(key(name)):
            return gene
        chosen = self.proteins.get(key(name))
        if chosen is None:
            return gene_of(name)
        ids = matching_ids(chosen, table.entries)[0]
        return next(entry.symbol or gene_of(chosen) for entry in table.entries if entry.id in ids)


def read_names(path: Path | None, table: ProteinTable) -> Names:
    """Read the table of names that the user gives.

    Parameters
    ----------
    path
        Table with the columns `name`, `protein` and, if the user likes, `gene`; None for none.
    table
        The proteins.

    Returns
    -------
    Names
        What it says.

    Raises
    ------
    UserError
        If a protein is missing, or is not in the FASTA; the message has the line.
    """
    if path is None:
        return Names({}, {}, frozenset(), {})
    texts, origin, file_hash = read_columns(path, ["name", "protein"], ("gene",))
    names = [key(name) for name in texts["name"].to_pylist()]
    proteins = [protein.strip() for protein in texts["protein"].to_pylist()]
    empty = [row for row, protein in enumerate(proteins) if names[row] and not protein]
    refuse_rows(
        origin,
        empty,
        f"the protein of '{texts['name'][empty[0]].as_py() if empty else ''}' is missing",
        f"Write an id of {table.path}, or {LEFT_OUT} to leave the windows of this name out.",
    )
    twice = [row for row, name in enumerate(names) if name and name in names[:row]]
    refuse_rows(origin, twice, "a name that stands there twice", "Remove one of the rows.")
    for row, protein in enumerate(proteins):
        if names[row] and protein != LEFT_OUT:
            try:
                table.find(protein)
            except UserError as error:
                raise UserError(f"{origin.place(row)}: {error}") from None
    genes = texts["gene"].to_pylist() if "gene" in texts else [""] * len(names)
    said = dict(zip(names, proteins, strict=True))
    return Names(
        {name: protein for name, protein in said.items() if name and protein != LEFT_OUT},
        {name: gene.strip() for name, gene in zip(names, genes, strict=True) if gene.strip()},
        frozenset(name for name, protein in said.items() if protein == LEFT_OUT),
        {f"names/{path.name}": file_hash},
    )


def place_of(out: Path) -> Path:
    """Return where the proposals for a dataset are saved: `data/mine.names.tsv` for `data/mine`."""
    return out.with_name(f"{out.name}.names.tsv")


def with_names(table: ProteinTable, names: Names, out: Path) -> ProteinTable:
    """Return the proteins with what the user says of names, and advice for the others.

    Parameters
    ----------
    table
        The proteins.
    names
        What the user says.
    out
        Folder of the new dataset.

    Returns
    -------
    ProteinTable
        The same proteins.
    """
    place = place_of(out)
    is_there = "was there and is as it was" if place.exists() else "has a row for each name"
    advice = f"{place} {is_there}: correct it and give it with --names, or add the sequences."
    return replace(table, advice=advice, chosen=names.proteins)


def save_proposals(
    out: Path, table: ProteinTable, names: Sequence[str], protein_N: NDArray[np.int32]
) -> None:
    """Write a row for each name; a file that is there, perhaps corrected, is not replaced.

    Parameters
    ----------
    out
        Folder of the new dataset.
    table
        The proteins.
    names
        The names in the source.
    protein_N
        (N,) index into `names` of each window.
    """
    place = place_of(out)
    if place.exists():
        return
    windows_P = np.bincount(protein_N, minlength=len(names))
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(_HEADER)
    for name, windows in zip(names, windows_P.tolist(), strict=True):
        protein, why = _proposal(name, table)
        entry = next((one for one in table.entries if one.id == protein), None)
        gene = "" if entry is None else entry.symbol or gene_of(protein)
        writer.writerow((name, protein, gene, windows, why))
    write_atomic(place, text.getvalue().encode())


def _proposal(name: str, table: ProteinTable) -> tuple[str, str]:
    """Return the id that is proposed for a name, "" if the user has to choose, and why."""
    if key(name) in table.chosen:
        return table.chosen[key(name)], "as given"
    ids, is_literal = matching_ids(name, table.entries)
    why = "its name" if is_literal else "another spelling, or a name in its header"
    if not ids:
        found = proposed(name, table.entries)
        if found is None or found.is_spelling:  # a close spelling is often another protein
            return "", found.why if found else "nothing is near"
        ids, why = list(found.ids), found.why
    if len({table.sequences[one] for one in ids}) == 1:
        return ids[0], why
    return "", f"{why}; choose one of {', '.join(ids)}" if ids else why
