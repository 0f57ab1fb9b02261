"""Makes the record of what a study found, once, from its summary and its ledger."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from rpbind.analysis.summary import Summary
from rpbind.findings.arm_tables import arm_tables
from rpbind.findings.methods import methods, methods_with_numbers
from rpbind.findings.origin import Origin, origin_tables
from rpbind.findings.record import VERSION, Findings, Hashes, Health
from rpbind.findings.record_tables import record_tables
from rpbind.findings.row_hash import RowHashes
from rpbind.findings.search_tables import search_tables
from rpbind.findings.table import Table
from rpbind.findings.verdict_tables import verdict_tables
from rpbind.wording.alerts import alerts
from rpbind.wording.answers import answer
from rpbind.wording.banners import banners


def _tables(summary: Summary) -> Iterator[Table]:
    yield from verdict_tables(summary)
    yield from arm_tables(summary)
    yield from search_tables(summary)
    yield from record_tables(summary)


def findings_of(summary: Summary, hashes: RowHashes, origin: Origin) -> Findings:
    """Return what a study found.

    Parameters
    ----------
    summary
        Its summary.
    hashes
        The hashes of the rows of the ledger that the summary was read from.
    origin
        Where these rows come from.

    Returns
    -------
    Findings
        The content of `findings.json`.
    """
    plan = summary.plan
    tables = {each.name: each for each in (*_tables(summary), *origin_tables(origin))}
    return Findings.model_construct(
        version=VERSION,
        rpbind=installed(),
        study=plan.study,
        name=plan.name,
        question=plan.question,
        prediction=plan.prediction,
        answer=[each.text for each in answer(summary)],
        rule=plan.rule,
        design=plan.design,
        interim=summary.interim,
        smoke=plan.smoke,
        created=plan.created,
        updated=hashes.last,
        command=plan.command,
        seeds=list(plan.seeds),
        delta=plan.delta,
        predictions=tables["predictions"].records(),
        contrasts=tables["verdicts"].records(),
        claims=tables["claims"].records(),
        arms=tables["arms"].records(),
        baselines=tables["baselines"].records(),
        retrained=tables["retrained"].records(),
        winners=tables["winners"].records(),
        health=_health(summary, tables),
        provenance=summary.provenance,
        environment=origin.last,
        hashes=Hashes(
            plan=plan.fingerprint,
            dataset=plan.dataset,
            split=plan.split,
            code=plan.code,
            rows=hashes.whole,
        ),
        methods=methods(summary),
        methods_with_numbers=methods_with_numbers(summary),
        tables=list(tables.values()),
    )


def _health(summary: Summary, tables: dict[str, Table]) -> Health:
    return Health(
        planned=summary.planned,
        done=summary.done,
        complete=summary.done == summary.planned,
        coverage=summary.coverage,
        alerts=[each.text for each in alerts(summary)],
        banners=banners(summary),
        remarks=list(summary.remarks),
        findings=tables["findings"].records(),
        failures=tables["failures"].records(),
        training_seconds=summary.cost.training,
    )


def installed() -> str:
    """Return the version of rpbind."""
    try:
        return version("rpbind")
    except PackageNotFoundError:  # a source tree that was never installed
        return "unknown"
