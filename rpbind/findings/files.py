"""The files that a report leaves beside its page: `findings.json`, and a card for each verdict."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rpbind.analysis.summary import Summary
from rpbind.files.atomic import write_atomic
from rpbind.findings.build import findings_of
from rpbind.findings.cards import FOLDER, cards_of, file_names
from rpbind.findings.claim import Claim
from rpbind.findings.origin import Origin, origin_of
from rpbind.findings.record import FILE, Findings
from rpbind.findings.row_hash import RowHashes
from rpbind.ledger import Ledger
from rpbind.wording.alerts import has_nothing


@dataclass(frozen=True)
class Taken:
    """What can be taken out of a report: findings, claim cards, and where they come from."""

    findings: Findings
    cards: tuple[Claim, ...]
    origin: Origin


def taken(ledger: Ledger, summary: Summary) -> Taken:
    """Return what can be taken out of a report.

    Parameters
    ----------
    ledger
        The ledger of the study.
    summary
        Its summary, read from this ledger.

    Returns
    -------
    Taken
        Findings and cards; no cards while a process runs the study, as its verdicts may
        change, and none without a result.
    """
    hashes = RowHashes(ledger)
    cards = () if summary.interim or has_nothing(summary) else tuple(cards_of(summary, hashes))
    origin = origin_of(ledger)
    return Taken(findings_of(summary, hashes, origin), cards, origin)


def write_files(study: Path, out: Taken) -> None:
    """Write findings and cards into a study's folder; files that would not change are left alone.

    Parameters
    ----------
    study
        The folder of the study.
    out
        What is written: `findings.json`, and the cards in `claims/`.
    """
    _write(study / FILE, out.findings.json_text())
    if out.cards:
        (study / FOLDER).mkdir(exist_ok=True)
    for card, name in zip(out.cards, file_names(out.cards), strict=True):
        _write(study / FOLDER / name, card.json_text())


def _write(path: Path, text: str) -> None:
    content = text.encode() + b"\n"
    if not (path.is_file() and path.read_bytes() == content):
        write_atomic(path, content)
