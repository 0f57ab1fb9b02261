"""Recomputes a claim card from the ledger of its study, and says what differs."""

from __future__ import annotations

from dataclasses import dataclass

from rpbind.analysis.summary import read
from rpbind.errors import did_you_mean
from rpbind.findings.cards import cards_of
from rpbind.findings.claim import Claim, differences
from rpbind.findings.row_hash import RowHashes
from rpbind.ledger import Ledger


@dataclass(frozen=True)
class Verification:
    """What came of verifying a card.

    Parameters
    ----------
    card
        The card.
    differences
        A sentence for each thing that differs; empty if the claim is reproduced.
    notes
        What else a reader should know, such as what could not be examined.
    retrained
        Names of the runs that were trained again and gave the same bits.
    """

    card: Claim
    differences: tuple[str, ...]
    notes: tuple[str, ...] = ()
    retrained: tuple[str, ...] = ()

    @property
    def is_reproduced(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    def lines(self) -> list[str]:
        """Return the result in lines of text, the answer first."""
        what = f'"{self.card.claim}" of the study {self.card.study}'
        if self.is_reproduced:
            found = [f"reproduced: {what}: {self.card.verdict}"]
        else:
            found = [f"differs: {what}", *(f"  {each}" for each in self.differences)]
        found += [f"  trained again, equal bit for bit: {run}" for run in self.retrained]
        return found + [f"  note: {note}" for note in self.notes]


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
