"""Reads the names of a protein in a FASTA header, and finds the proteins that a name can mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from rpbind.names import closest_spelling, key

FORMS = "Names in a header are its first word, its parts between '|', GN= and gene_symbol:."
"""Advice if a name is not found."""

_GENE = re.compile(r"(?:\bGN=|\bgene_symbol:|\[gene=)([^\s\]]+)")
_NEAR = 0.7


def gene_of(name: str) -> str:
    """Return the gene of `AARS_K562` or `AARS_K562_ENCSR825SVO`: gene symbols have no `_`."""
    return name.partition("_")[0]


@dataclass(frozen=True)
class Entry:
    """The names of one protein of a FASTA file; all but `id` are keys of `rpbind.names`.

    `names` are its names, such as the accession in its id; `bare` are those without the number of a
    version or isoform. `genes` are the genes in the header; if it has none, they are `names` and
    the first half of a UniProt entry name (`FUS` of `sp|P35637|FUS_HUMAN`).
    """

    id: str
    key: str = field(init=False)
    names: frozenset[str]
    bare: frozenset[str]
    genes: frozenset[str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", key(self.id))

    @classmethod
    def of_title(cls, title: str) -> Entry:
        """Return the names in a header, given without ">"."""
        first = title.split(maxsplit=1)[0] if title.strip() else ""
        words = [word for word in first.split("|") if re.search(r"[^\W\d]", word)]
        parts = {key(word) for word in words if len(words) > 1 and word not in ("sp", "tr")}
        names = parts or {key(first)}
        bare = {re.sub(r"[.-]\d+$", "", name) for name in names if _versioned(name)}
        named = {key(gene) for gene in _GENE.findall(title)}
        genes = named or parts | set(map(gene_of, parts))
        return cls(first, frozenset(names), frozenset(bare), frozenset(genes))

    @classmethod
    def of_protein(cls, name: str, gene: str) -> Entry:
        """Return the names of a protein of a dataset, whose id may contain blanks."""
        own = key(name)
        bare = {re.sub(r"[.-]\d+$", "", own)} if _versioned(own) else set()
        return cls(name, frozenset({own}), frozenset(bare), frozenset({key(gene)}))


def _versioned(name: str) -> bool:
    """Whether a key is an accession with a version or isoform: ENSP00000240185.4, P35637-2."""
    return re.fullmatch(r"(?:ens\w*\d{6,}|[a-z]\d\w{3,8}|[nx]p_\d+)[.-]\d+", name) is not None


def matching_ids(name: str, entries: Iterable[Entry]) -> tuple[list[str], bool]:
    """Return the ids that match the name in a source, and whether they are spelt like it.

    The first rule that matches any id decides: the id equals the name; the same in another
    spelling, or the header has the name; the header has it with a version or isoform; the id
    starts with the name and `_` (`AARS_K562_ENCSR825SVO`); the id equals the gene of the name; the
    header has that gene.
    """
    known = list(entries)
    whole, gene = key(name), key(gene_of(name))
    rules: tuple[Callable[[Entry], bool], ...] = (
        lambda entry: entry.id == name,
        lambda entry: entry.key == whole or whole in entry.names,
        lambda entry: whole in entry.bare,
        lambda entry: entry.key.startswith(f"{whole}_"),
        lambda entry: entry.key == gene,
        lambda entry: gene in entry.genes,
    )
    matches = ([entry.id for entry in known if rule(entry)] for rule in rules)
    found: list[str] = next((ids for ids in matches if ids), [])
    literal = (name, gene_of(name))
    return found, all(one in literal or one.startswith(f"{name}_") for one in found)


def why_no_match(name: str, entries: Iterable[Entry]) -> str:
    """Explain why a name matches no id: its gene has other ids, or no id has its gene.

    Only genes are compared: a shared cell line does not make two names similar.
    """
    ids: dict[str, list[str]] = {}
    for entry in entries:
        for gene in {key(gene_of(entry.id)), *entry.genes}:
            ids.setdefault(gene, []).append(entry.id)
    gene = gene_of(name)
    there = ids.get(key(gene), [])
    if there:
        return f"its gene {gene} is present as {', '.join(there[:3])}{' ...' if there[3:] else ''}"
    near = closest_spelling(gene, ids, _NEAR) or closest_spelling(
        re.split(r"[-.\s]", gene)[0], ids, _NEAR
    )
    return f"no gene {gene} is present{f'; did you mean {ids[near][0]!r}?' if near else ''}"
