"""Finds the vectors of each protein in a file, by its sequence or by its name."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rpbind.counted import counted
from rpbind.errors import UserError
from rpbind.names import key as name_key
from rpbind.naming.protein_names import Entry, gene_of, matching_ids, why_no_match
from rpbind.naming.protein_table import short_list
from rpbind.proteins.sequence import clean, sequence_key
from rpbind.vectors.file import VectorFile

SHOWN = 5
"""Most names in one message."""


@dataclass(frozen=True)
class Named:
    """A protein that needs vectors.

    Parameters
    ----------
    name
        Its name in the dataset.
    gene
        Its gene symbol.
    sequence
        Its residues.
    headers
        First words of the FASTA headers in which the import found it, if they are not its name.
    """

    name: str
    gene: str
    sequence: str
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Match:
    """The entries of proteins in a file.

    Parameters
    ----------
    entries
        Key of the entry in the file, by `sequence_key` of the protein.
    by_sequence
        How many proteins were found by their sequence or its hash.
    by_other_name
        "NAME (ENTRY)" of the proteins that were found by another spelling, by their FASTA header,
        by their gene, or by another protein of the same sequence.
    """

    entries: Mapping[str, str]
    by_sequence: int
    by_other_name: tuple[str, ...]


def match_proteins(file: VectorFile, proteins: Sequence[Named]) -> Match:
    """Find the entry of each protein.

    An entry belongs to a protein if one of its names is the protein's sequence, or the SHA-256 or
    MD5 of it. Otherwise names decide: the same name, or an accession in the FASTA header in which
    the import found the protein; then the rules of the import (`matching_ids`): another spelling, a
    part of a UniProt header, a longer name that begins with it, the gene. A protein that is not
    found so has the entry of another protein with the same sequence.

    Parameters
    ----------
    file
        The open file.
    proteins
        The proteins.

    Returns
    -------
    Match
        The entry of each.

    Raises
    ------
    UserError
        If a protein has no entry, or several with different vectors.
    """
    by_content = {name.lower(): entry for entry, names in file.names.items() for name in names}
    by_content |= {sequence.lower(): entry for entry, sequence in file.sequences.items()}
    index = _Index(file)
    entries: dict[str, str] = {}
    owners: dict[str, str] = {}
    lost: list[Named] = []
    other: list[str] = []
    found_by_sequence = 0
    for protein in proteins:
        found = [by_content[one] for one in _contents(protein.sequence) if one in by_content][:1]
        if found:
            found_by_sequence += 1
        else:
            found, literal = index.find(protein)
            if found and not literal:
                other.append(f"{protein.name} ({file.names[found[0]][0]})")
        if not found:
            lost.append(protein)
            continue
        own = sequence_key(protein.sequence)
        for entry in found[1:]:
            _check_same(file, protein.name, found[0], protein.name, entry)
        if own in entries and entries[own] != found[0]:
            _check_same(file, owners[own], entries[own], protein.name, found[0])
        entries.setdefault(own, found[0])
        owners.setdefault(own, protein.name)
    shared = [protein for protein in lost if sequence_key(protein.sequence) in entries]
    other += [f"{one.name} ({owners[sequence_key(one.sequence)]}: same sequence)" for one in shared]
    if missing := [protein.name for protein in lost if protein not in shared]:
        raise _not_found(file, missing, index, len(proteins))
    return Match(entries, found_by_sequence, tuple(other))


def _contents(sequence: str) -> Iterator[str]:
    """Yield what a file can have in place of a name: the sequence, its SHA-256, its MD5."""
    residues = clean(sequence)
    for one in (residues, f"{residues}*"):
        yield one.lower()
        yield hashlib.sha256(one.encode()).hexdigest()
        yield hashlib.md5(one.encode(), usedforsecurity=False).hexdigest()


class _Index:
    """The entries of a file by every form of their names; a file can have half a million."""

    def __init__(self, file: VectorFile) -> None:
        self._file = file
        self._titles: dict[str, list[str]] = {}
        self._entries: dict[str, list[tuple[Entry, str]]] = {}
        for key, names in file.names.items():
            for title in names:
                self._titles.setdefault(name_key(title), []).append(key)
                entry = Entry.of_title(title)
                for form in _forms(entry):
                    self._entries.setdefault(form, []).append((entry, key))

    def find(self, protein: Named) -> tuple[list[str], bool]:
        """Return the keys of the entries that match, and whether they are spelt like the name."""
        if keys := self._titles.get(name_key(protein.name)):
            same = [key for key in keys if protein.name in self._file.names[key]]
            return same or keys, bool(same)
        if keys := self._of_headers(protein.headers):
            return keys, False
        for name in dict.fromkeys((protein.name, protein.gene)):
            near = self._near(name)
            ids, literal = matching_ids(name, [entry for entry, _ in near])
            keys = [key for entry, key in near if entry.id in ids]
            if keys:
                return list(dict.fromkeys(keys)), literal and name == protein.name
        return [], True

    def why(self, name: str) -> str:
        """Say why a protein is not found."""
        return why_no_match(name, self._all())

    def _of_headers(self, headers: Sequence[str]) -> list[str]:
        """Return the keys of the entries that share most accessions with FASTA headers."""
        parts = sorted({part for header in headers for part in _accessions(Entry.of_title(header))})
        near = [(part, *one) for part in parts for one in self._entries.get(part, ())]
        exact = [(key, part) for part, one, key in near if part in one.names | {one.key}]
        versions = [(key, part) for part, one, key in near if part in one.bare]
        count = Counter(key for key, _ in dict.fromkeys(exact or versions))
        return [key for key in count if count[key] == max(count.values())]

    def _near(self, name: str) -> list[tuple[Entry, str]]:
        forms = (name_key(name), name_key(gene_of(name)))
        return [one for form in dict.fromkeys(forms) for one in self._entries.get(form, ())]

    def _all(self) -> Iterable[Entry]:
        return dict.fromkeys(entry for near in self._entries.values() for entry, _ in near)


def _accessions(entry: Entry) -> set[str]:
    """Return the id and its parts that can name one protein, not a database such as `gi`."""
    return {entry.key} | {name for name in entry.names if re.search(r"[\d_]", name)}


def _forms(entry: Entry) -> set[str]:
    """Return every form under which `matching_ids` can find an entry."""
    parts = entry.key.split("_")
    starts = {"_".join(parts[:count]) for count in range(1, len(parts) + 1)}
    return {entry.key, *starts, *entry.names, *entry.bare, *entry.genes}


def _check_same(file: VectorFile, one: str, entry: str, other: str, second: str) -> None:
    if np.array_equal(file.load(entry), file.load(second), equal_nan=True):
        return
    first_name, second_name = file.names[entry][0], file.names[second][0]
    if one == other:
        raise UserError(
            f"'{one}' can be any of '{first_name}' and '{second_name}' in {file.path}, and their "
            "vectors differ. Name the entry as the protein, or by the SHA-256 of its sequence."
        )
    raise UserError(
        f"'{one}' and '{other}' have the same sequence, and {file.path} has different vectors for "
        f"them ('{first_name}' and '{second_name}'). An embedding store has one matrix per "
        "sequence: correct the file, or leave one of them out of the data."
    )


def _not_found(file: VectorFile, lost: list[str], index: _Index, total: int) -> UserError:
    shown = short_list(lost, SHOWN, lambda name: f"'{name}' ({index.why(name)})")
    there = short_list([names[0][:60] for names in file.names.values()], SHOWN)
    return UserError(
        f"{file.path} has no vectors for {counted(len(lost), 'protein', total)}: {shown}. It "
        f"has {len(file.names):,} entries, such as {there}. Add them under these names, or under "
        "the SHA-256 of their sequences."
    )
