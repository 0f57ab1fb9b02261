"""Recomputes a claim card from the ledger of its study."""

from __future__ import annotations

from rpbind.analysis.summary import read
from rpbind.errors import did_you_mean
from rpbind.findings.cards import cards_of
from rpbind.findings.claim import Claim, differences
from rpbind.findings.row_hash import RowHashes
from rpbind.ledger import Ledger


def recomputed(card: Claim, ledger: Ledger) -> tuple[str, ...]:
    """Return what differs between a card and its study's ledger.

    Parameters
    ----------
    card
        The card.
    ledger
        The ledger of the study.

    Returns
    -------
    tuple of str
        A sentence for each difference; empty if everything is equal.
    """
    cards = {(each.kind, each.claim): each for each in cards_of(read(ledger), RowHashes(ledger))}
    again = cards.get((card.kind, card.claim))
    if again is None:
        names = [name for kind, name in cards if kind == card.kind]
        return (
            f'the claim: the study {ledger.plan.study} has no {card.kind} "{card.claim}" with a '
            f"pair of finished runs.{did_you_mean(card.claim, names)}",
        )
    return tuple(differences(card, again))
