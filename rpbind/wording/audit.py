"""The audit of a dataset as sentences; tables and pages take their words from here."""

from __future__ import annotations

from rpbind.audit.findings import MEANING as MEANING
from rpbind.audit.record import Audit, LeakRecord, Origin, PriorScore
from rpbind.statistics.density import FLAGGED as FLAGGED
from rpbind.wording.words import number, plural

SIGNS = {
    "density": "the number of their protein's windows around them",
    "cluster-size": "the number of windows that overlap them",
    "length": "length",
    "gc": "GC content",
    "n-share": "share of N",
    "protein-degree": "how often their protein binds",
    "rna-degree": "how often their RNA was bound in training",
}
"""In what bound windows differ if a prior ranks windows."""

SHOWN_LETTERS = 40
SHOWN_NAMES = 6


def short(audit: Audit) -> list[str]:
    """Return the audit in a few sentences: counts, then everything that a reader has to know.

    Parameters
    ----------
    audit
        The audit.

    Returns
    -------
    list[str]
        Sentences.
    """
    return [counts(audit), *remarks(audit)]


def remarks(audit: Audit) -> list[str]:
    """Return what a dataset gives away, a sentence each."""
    lines = [ranked(audit), *map(leak_words, audit.leaks), *map(few_places, audit.few_places)]
    if audit.negatives.startswith("shuffled"):
        lines.append(
            "The unbound windows are bound ones with shuffled letters: they are easy, as any sign "
            "of real RNA tells them, and no prior sees it."
        )
    if audit.contradictions:
        lines.append(
            f"{audit.contradictions:,} windows are both bound and unbound for the same protein."
        )
    if audit.same_sequence:
        lines.append(shared_sequences(audit))
    return lines


def counts(audit: Audit) -> str:
    """Return how many windows, proteins and clusters there are, and which cluster is largest."""
    share = 100 * audit.positives / audit.windows
    text = (
        f"{audit.windows:,} windows of {lengths(audit)} ({share:.0f} % bound) of "
        f"{len(audit.proteins)} {plural('protein', len(audit.proteins))}, in {audit.clusters:,} "
        f"overlap {plural('cluster', audit.clusters)}"
    )
    if not audit.largest:
        return f"{text} of one window each."
    largest = audit.largest[0]
    named = f": {shortened(largest.consensus)}" if largest.consensus else ""
    return (
        f"{text}; the largest has {largest.windows:,} windows "
        f"({100 * largest.windows / audit.windows:.1f} %){named}."
    )


def lengths(audit: Audit) -> str:
    """Return the windows' length: "101 nt", or "20 to 400 nt (median 101)"."""
    shortest, median, longest = audit.lengths
    if shortest == longest:
        return f"{longest} nt"
    return f"{shortest} to {longest} nt (median {median})"


def ranked(audit: Audit) -> str:
    """Return which priors rank the asked windows without reading a motif."""
    which = asked(audit)
    if not audit.flagged:
        return f"No prior ranks {which}: every AUROC is within {FLAGGED} of 0.5."
    each = "; ".join(
        f"{prior.name} {number(prior.per_protein)} per protein, {number(prior.overall)} overall"
        for prior in audit.flagged
    )
    return f"Priors rank {which} without reading a motif (AUROC): {each}."


def given_away(audit: Audit) -> str:
    """Return in one sentence what a dataset gives away; "" if that is nothing."""
    parts = []
    if audit.flagged:
        each = [
            f"{SIGNS[prior.name]} (AUROC {number(_furthest(prior))})" for prior in audit.flagged
        ]
        parts = [f"bound windows differ in {', '.join(each)}"]
    if with_training := [
        leak.part for leak in audit.leaks if leak.kmer or leak.equal or leak.interval
    ]:
        parts.append(f"{' and '.join(with_training)} windows overlap training")
    if audit.few_places:
        parts.append("half of the unbound windows come from few places")
    return "; ".join(parts)


def _furthest(prior: PriorScore) -> float:
    found = [value for value in (prior.per_protein, prior.overall) if value is not None]
    return max(found, key=lambda value: abs(value - 0.5))


def asked(audit: Audit) -> str:
    """Return which windows the priors rank, in words."""
    return "all windows" if audit.part == "all" else f"the {audit.part} windows"


def leak_words(leak: LeakRecord) -> str:
    """Return what a part has in common with training."""
    which = f"{leak.windows:,} {leak.part} windows"
    known = f"{leak.known} of their {leak.proteins} proteins are in training"
    if leak.related > leak.known:
        known += f", and {leak.related - leak.known} more have a homologue there"
    if not (leak.kmer or leak.equal or leak.interval):
        return f"None of {which} shares {leak.k} letters in a row with training; {known}."
    overlap = "" if leak.interval is None else f", {leak.interval:,} overlap one in the genome"
    return (
        f"Of {which}, {leak.kmer:,} ({100 * leak.kmer / max(leak.windows, 1):.1f} %) share "
        f"{leak.k} letters in a row with a training window{overlap}, and {leak.equal:,} have all "
        f"letters of one; {known}."
    )


def few_places(origin: Origin) -> str:
    """Return that windows come from few places."""
    return (
        f"Half of the {origin.windows:,} {origin.label} windows come from "
        f"{origin.clusters_of_half} overlap {plural('cluster', origin.clusters_of_half)}: what "
        "tells these few places from others tells the label."
    )


def shared_sequences(audit: Audit) -> str:
    """Return how many proteins share their sequence with another."""
    groups = audit.same_sequence
    proteins = sum(map(len, groups))
    shown = "; ".join(", ".join(names) for names in groups[:SHOWN_NAMES])
    more = f"; and {len(groups) - SHOWN_NAMES} more groups" if len(groups) > SHOWN_NAMES else ""
    return (
        f"{proteins} of {len(audit.proteins)} proteins share their sequence with another ({shown}"
        f"{more}): a network that reads sequences gives them the same scores, "
        "unless model.experiment is set."
    )


def shortened(consensus: str) -> str:
    """Return a consensus sequence, cut if it is long."""
    if len(consensus) <= SHOWN_LETTERS:
        return consensus
    return f"{consensus[:SHOWN_LETTERS]}... ({len(consensus)} letters)"


def interval(prior: PriorScore) -> str:
    """Return the 95 % interval of a prior's mean over proteins."""
    if prior.low is None:
        return number(None)
    return f"[{number(prior.low)}, {number(prior.high)}]"
