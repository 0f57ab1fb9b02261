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
    the first half of a UniProt entry name (`FUS` of `sp|P35637|FUS_HUMAN`). `symbol` is the gene
    as it is written in the header.
    """

    id: str
    key: str = field(init=False)
    names: frozenset[str]
    bare: frozenset[str]
    genes: frozenset[str]
    symbol: str = ""

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
        symbols = _GENE.findall(title)
        genes = {key(gene) for gene in symbols} or parts | set(map(gene_of, parts))
        symbol = symbols[0] if symbols else gene_of(words[-1] if words else first)
        return cls(first, frozenset(names), frozenset(bare), frozenset(genes), symbol)

    @classmethod
    def of_protein(cls, name: str, gene: str) -> Entry:
        """Return the names of a protein of a dataset, whose id may contain blanks."""
        own = key(name)
        bare = {re.sub(r"[.-]\d+$", "", own)} if _versioned(own) else set()
        return cls(name, frozenset({own}), frozenset(bare), frozenset({key(gene)}), gene)


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
    known = list(entries)
    ids: dict[str, list[str]] = {}
    for entry in known:
        for gene in {key(gene_of(entry.id)), *entry.genes}:
            ids.setdefault(gene, []).append(entry.id)
    gene = gene_of(name)
    there = ids.get(key(gene), [])
    if there:
        return f"its gene {gene} is present as {', '.join(there[:3])}{' ...' if there[3:] else ''}"
    found = proposed(name, known)
    return found.why if found else f"no gene {gene} is present"


@dataclass(frozen=True)
class Proposal:
    """What a name may mean: the `ids` of one gene, or of several, and `why`, for the user.

    `is_spelling` says that only the spelling is close: FXR1 and FXR2 are two proteins.
    """

    ids: tuple[str, ...]
    why: str
    is_spelling: bool = False


def proposed(name: str, entries: Iterable[Entry]) -> Proposal | None:
    """Return what a name that `matching_ids` does not find may mean; a user has to agree.

    The first rule that fits any id decides: the gene of the name in another id (another cell line
    or replicate); the name without punctuation (`hnRNP-C`); a word of the name
    (`12_PARCLIP_EWSR1_hg19`); several genes in one word (`AGO1234`); a word that begins with a
    gene (`ELAVL1A`); the closest spelling.

    Parameters
    ----------
    name
        A name in a source.
    entries
        The proteins that are there.

    Returns
    -------
    Proposal | None
        What it may mean; None if nothing is near.
    """
    ids: dict[str, list[str]] = {}
    for entry in entries:
        for gene in {_bare(word) for word in (gene_of(entry.id), entry.symbol, *entry.genes)}:
            if gene and entry.id not in ids.setdefault(gene, []):
                ids[gene].append(entry.id)
    words = sorted(map(_bare, re.split(r"[_\s./+]+", name)), key=len, reverse=True)
    words = [word for word in words if re.search(r"[a-z]", word)]
    for gene, why in ((_bare(gene_of(name)), "its gene"), (_bare(name), "the same letters")):
        if gene in ids:
            return Proposal(tuple(ids[gene]), f"{why} is there as {_some(ids[gene])}")
    for word in words:
        if word in ids and len(word) > 1:
            there = _some(ids[word])
            return Proposal(tuple(ids[word]), f"its part {word.upper()} is there as {there}")
    for word in words:
        if mixed := _mixed(word, ids):
            found = tuple(one for gene in mixed for one in ids[gene])
            return Proposal(found, f"it is a mix of {', '.join(map(str.upper, mixed))}")
    if near := closest_spelling(_bare(re.split(r"[_\s.-]", name.strip())[0]), ids, _NEAR):
        return _nearest(name, ids[near])
    for word in words:
        begins = [gene for gene in ids if len(gene) >= _SHORTEST and word.startswith(gene)]
        if begins:
            gene = max(begins, key=len)
            return Proposal(tuple(ids[gene]), f"{word.upper()} begins with {_some(ids[gene])}")
    for word in words:
        if near := closest_spelling(word, ids, _NEAR):
            return _nearest(name, ids[near])
    return None


def _nearest(name: str, ids: list[str]) -> Proposal:
    why = f"no gene {gene_of(name)} is present; did you mean {ids[0]!r}?"
    return Proposal(tuple(ids), why, is_spelling=True)


_SHORTEST = 3  # letters of a gene with which a longer word may begin


def _bare(word: str) -> str:
    """Return the letters and digits of a word, in one case."""
    return re.sub(r"[\W_]", "", key(word))


def _some(ids: list[str]) -> str:
    return f"{', '.join(ids[:3])}{' ...' if ids[3:] else ''}"


def _mixed(word: str, known: dict[str, list[str]]) -> list[str]:
    """Return the genes of AGO1234 or IGF2BP123: one stem with each of the last digits."""
    for split in range(len(word) - 2, 0, -1):
        stem, digits = word[:split], word[split:]
        genes = [stem + digit for digit in digits]
        if digits.isdigit() and len(set(digits)) == len(digits) and all(g in known for g in genes):
            return genes
    return []
