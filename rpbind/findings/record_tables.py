"""The tables of health and of bookkeeping."""

from __future__ import annotations

from collections.abc import Iterator

from rpbind.analysis.checks import MEASURES
from rpbind.analysis.summary import Summary
from rpbind.findings.table import Table, table
from rpbind.ledger.records import PROVENANCE_TERMS

AUROC = "AUROC"


def record_tables(summary: Summary) -> Iterator[Table]:
    """Yield the tables of what was examined, of what failed, and of what the runs recorded.

    Parameters
    ----------
    summary
        The study.

    Yields
    ------
    Table
        Check-ups, findings, failures, provenance, and the audit's priors and leaks.
    """
    yield table(
        "checks",
        "What was measured on each arm before training",
        (
            ("arm", "the arm"),
            *((key, column) for column, key in MEASURES.items()),
            ("findings", "names of its findings"),
        ),
        (
            (
                arm,
                *(row.metrics.get(key) for key in MEASURES.values()),
                "; ".join(f.name for f in row.findings),
            )
            for arm, row in summary.checks.rows.items()
        ),
    )
    yield table(
        "findings",
        "What was found on runs and trials",
        (
            ("severity", "error, warning or info"),
            ("finding", "its name"),
            ("runs", "number of runs that have it"),
            ("arms", "their arms"),
            ("measured", "the number behind it, of the first run"),
            ("threshold", "the value that the number crossed"),
            ("advice", "what to do"),
        ),
        (
            (
                g.finding.severity,
                g.finding.name,
                g.runs,
                ", ".join(g.arms),
                g.finding.measured,
                g.finding.threshold,
                g.finding.advice,
            )
            for g in summary.findings
        ),
    )
    yield table(
        "failures",
        "Planned runs that are not done",
        (
            ("arm", "the arm"),
            ("seed", "the seed"),
            ("state", "planned, running, lost, failed, ..."),
            ("attempt", "number of the last attempt"),
            ("error", "its error"),
        ),
        ((f.arm, f.seed, f.state, f.attempt, f.error) for f in summary.failures),
    )
    yield table(
        "provenance",
        "What the runs recorded of their data, code, versions and machine",
        (
            ("what", "what was recorded"),
            ("value", "its value"),
            ("runs", "number of runs with this value"),
        ),
        (
            (PROVENANCE_TERMS.get(key, key), value, runs)
            for key, values in summary.provenance.items()
            for value, runs in values.items()
        ),
    )
    yield from _audit(summary)


def _audit(summary: Summary) -> Iterator[Table]:
    audit = summary.audit
    yield table(
        "priors",
        "How well windows are ranked without a motif being read",
        (
            ("prior", "its name"),
            ("proteins", "number of proteins with a score"),
            ("auroc", "mean over proteins", AUROC),
            ("low", "lower end of the 95 % interval", AUROC),
            ("high", "upper end of the 95 % interval", AUROC),
            ("pooled", "over all windows at once", AUROC),
        ),
        (
            (p.name, p.proteins, p.per_protein, p.low, p.high, p.overall)
            for p in (audit.priors if audit else ())
        ),
    )
    yield table(
        "leaks",
        "What validation and test windows have in common with training windows",
        (
            ("part", "part of the split"),
            ("windows", "number of windows"),
            ("equal", "of which equal a training window"),
            ("kmer", "of which share a k-mer with a training window"),
            ("k", "length of the k-mer", "nt"),
            ("interval", "of which overlap a training window in the genome"),
            ("proteins", "number of proteins"),
            ("known", "of which training has seen"),
            ("related", "of which have a homologue in training"),
        ),
        (tuple(getattr(each, name) for name in _LEAK) for each in (audit.leaks if audit else ())),
    )


_LEAK = ("part", "windows", "equal", "kmer", "k", "interval", "proteins", "known", "related")
