"""What an audit finds, as findings with a number, a threshold and advice."""

from __future__ import annotations

from collections.abc import Iterator

from rpbind.audit.record import FEW_PLACES, Audit
from rpbind.ledger import Finding
from rpbind.statistics.density import FLAGGED

MEANING = {
    "density": "windows of the same protein in the window's overlap cluster",
    "cluster-size": "windows of all proteins in its overlap cluster",
    "length": "number of letters",
    "gc": "share of G and C",
    "n-share": "share of N",
    "protein-degree": "how often its protein is bound in training",
    "rna-degree": "how often its RNA, or its overlap cluster, is bound in training",
}
"""What each prior of `rpbind.data.priors` reads."""

ADVICE = {
    "density": "A model that sees several windows of a locus at once can read it: judge by the "
    "cluster-weighted AUROC, or make negatives that are tiled like the bound windows.",
    "cluster-size": "A model that sees several windows of a locus at once can read it: make "
    "negatives that are tiled like the bound windows.",
    "length": "Cut all windows to one length, or match the lengths of bound and unbound ones.",
    "gc": "A score says something about motifs only above this: compare with the control gc, or "
    "make negatives that are matched in GC.",
    "n-share": "Leave out windows with N, or import with a lower --max-n-share.",
    "protein-degree": "Pooled scores reward knowing how often a protein binds: judge by the mean "
    "over proteins.",
    "rna-degree": "Test windows, or their neighbours, are in training: use a cold split.",
}
"""What to do about a prior that ranks windows."""

REASON = f"an AUROC further than {FLAGGED} from 0.5, above or below"


def data_findings(audit: Audit) -> Iterator[Finding]:
    """Yield a finding for each prior that ranks windows, for leaks and for negatives of few places.

    Parameters
    ----------
    audit
        The audit.

    Yields
    ------
    Finding
        Its number is the AUROC that is further from 0.5, a share, or a count.
    """
    for prior in audit.flagged:
        found = [value for value in (prior.per_protein, prior.overall) if value is not None]
        yield Finding(
            name=f"{prior.name} ranks windows",
            severity="warning",
            measured=max(found, key=lambda value: abs(value - 0.5)),
            threshold=FLAGGED,
            reason=REASON,
            advice=ADVICE[prior.name],
        )
    for leak in audit.leaks:
        if leak.kmer or leak.equal or leak.interval:
            yield Finding(
                name=f"{leak.part} overlaps training",
                severity="warning",
                measured=max(leak.kmer, leak.equal, leak.interval or 0) / leak.windows,
                threshold=0.0,
                reason="share of windows that have a stretch in common with training",
                advice="Scores are too high for new RNA: use a cold split for a claim.",
            )
    for origin in audit.few_places:
        yield Finding(
            name="unbound windows of few places",
            severity="warning",
            measured=float(origin.clusters_of_half),
            threshold=float(FEW_PLACES),
            reason="overlap clusters that hold half of the unbound windows",
            advice="Use negatives from as many places as the bound windows (`rpbind negatives`).",
        )
