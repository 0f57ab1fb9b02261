"""What a FASTA header calls a protein, and which entries are meant by the name in a source."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from rpbind.names import closest_spelling, key

FORMS = "A header names a protein by its first word, its parts between '|', GN= or gene_symbol:."
"""What an error says where a name is not found."""

_GENE = re.compile(r"(?:\bGN=|\bgene_symbol:|\[gene=)([^\s\]]+)")
_NEAR = 0.7


def gene_of(name: str) -> str:
    """Return the gene of `AARS_K562` or `AARS_K562_ENCSR825SVO`: gene symbols have no `_`."""
    return name.partition("_")[0]


@dataclass(frozen=True)
class Entry:
    """The names of one protein of a FASTA file; all but `id` are keys of `rpbind.names`.

    `names` are what it is called as a whole: parts of the id such as an accession; `bare` are those
    without the number of a version or isoform. `genes` are the genes that the header names; where
    it names none, those parts and the first half of a UniProt entry name (`FUS` of
    `sp|P35637|FUS_HUMAN`).
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
        """Return the names in a header, given without its '>'."""
        first = title.split(maxsplit=1)[0] if title.strip() else ""
        words = [word for word in first.split("|") if re.search(r"[^\W\d]", word)]
        parts = {key(word) for word in words if len(words) > 1 and word not in ("sp", "tr")}
        names = parts or {key(first)}
        bare = {re.sub(r"[.-]\d+$", "", name) for name in names if _versioned(name)}
        said = {key(gene) for gene in _GENE.findall(title)}
        genes = said or parts | set(map(gene_of, parts))
        return cls(first, frozenset(names), frozenset(bare), frozenset(genes))


def _versioned(name: str) -> bool:
    """Whether a key is an accession with a version or isoform: ENSP00000240185.4, P35637-2."""
    return re.fullmatch(r"(?:ens\w*\d{6,}|[a-z]\d\w{3,8}|[nx]p_\d+)[.-]\d+", name) is not None


def matching_ids(name: str, entries: Iterable[Entry]) -> tuple[list[str], bool]:
    """Return the ids that a source means by `name`, and whether they are spelt as it spells it.

    The first of these rules that finds anything decides: the id is the name; it is so in another
    spelling, or the header has the name; the id begins with the name and `_`
    (`AARS_K562_ENCSR825SVO`); the id is the name's gene; the header names the gene.
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
    fits = ([entry.id for entry in known if rule(entry)] for rule in rules)
    found: list[str] = next((ids for ids in fits if ids), [])
    literal = (name, gene_of(name))
    return found, all(one in literal or one.startswith(f"{name}_") for one in found)


def why_no_match(name: str, entries: Iterable[Entry]) -> str:
    """Say why a name fits no id: its gene is there under others, or is not there at all.

    Genes alone are compared, so that no two names are alike for being of one cell line.
    """
    ids: dict[str, list[str]] = {}
    for entry in entries:
        for gene in {key(gene_of(entry.id)), *entry.genes}:
            ids.setdefault(gene, []).append(entry.id)
    gene = gene_of(name)
    there = ids.get(key(gene), [])
    if there:
        return f"its gene {gene} is there as {', '.join(there[:3])}{' ...' if there[3:] else ''}"
    near = closest_spelling(gene, ids, _NEAR) or closest_spelling(
        re.split(r"[-.\s]", gene)[0], ids, _NEAR
    )
    return f"no gene {gene} is there{f'; did you mean {ids[near][0]!r}?' if near else ''}"
