"""Claim cards: one verdict with everything that it depends on, so that others can verify it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, ValidationError

from rpbind.errors import UserError
from rpbind.ledger.records import Record
from rpbind.mistakes import mistakes

VERSION = 1
"""Version of the schema of cards."""

Kind = Literal["contrast", "tuned contrast", "claim"]


class Claim(Record):
    """One verdict. Value and interval are differences of AUROC; null: there is none."""

    version: int = Field(description="version of this schema", alias="schema")
    rpbind: str = Field(description="version of rpbind that wrote it; it is not verified")
    study: str = Field(description="name of the study")
    question: str = Field(description="what the study asks")
    kind: Kind = Field(description="a contrast of arms, one of tuned arms, or a claim on an arm")
    claim: str = Field(description="name of the contrast, or the arm, the claim and its control")
    arms: dict[str, float] = Field(description="{arm: its weight in the difference}")
    recipes: dict[str, str] = Field(description="{arm: hash of its recipe}")
    metric: str = Field(description="what the value is a difference of")
    value: float | None = Field(description="mean difference")
    low: float | None = Field(description="lower end of the interval")
    high: float | None = Field(description="upper end of the interval")
    level: float | None = Field(description="confidence level of the interval, after Holm")
    p: float | None = Field(description="Holm-adjusted p")
    n: int = Field(description="number of pairs")
    planned: int = Field(description="number of planned pairs")
    unit: str = Field(description="what is paired")
    clusters: int = Field(description="number of protein clusters")
    verdict: str = Field(description="the verdict")
    size: str | None = Field(description="of better and worse: how the interval lies to delta")
    rule: str = Field(description="how the study decides")
    delta: float = Field(description="largest difference that counts as negligible")
    alpha: float = Field(description="level of the whole family of hypotheses")
    dataset: str = Field(description="name and hash of the dataset")
    split: str = Field(description="name and hash of the split")
    code: list[str] = Field(description="hashes of the code that made the rows")
    plan: str = Field(description="fingerprint of the plan")
    rows: dict[str, str] = Field(description="{run: hash of its row} of the arms concerned")
    family_rows: str = Field(description="hash of all rows that the correction depends on")

    def json_text(self) -> str:
        """Return the card as JSON."""
        return self.model_dump_json(indent=1, by_alias=True)


def parse_claim(text: bytes, name: str) -> Claim:
    """Return the card in a file.

    Parameters
    ----------
    text
        Content of the file.
    name
        The file, for messages.

    Returns
    -------
    Claim
        The card.

    Raises
    ------
    UserError
        If it is no card, or one of a later version.
    """
    try:
        card = Claim.model_validate_json(text)
    except ValidationError as error:
        raise UserError(
            f"{name} is not a claim card: {mistakes(error)}. A report writes cards to the folder "
            "claims/ of its study."
        ) from None
    if card.version > VERSION:
        raise UserError(
            f"{name} has version {card.version} of the schema, and this rpbind reads up to "
            f"{VERSION}. Install a newer rpbind to verify it."
        )
    return card


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


NUMBERS = ("value", "low", "high", "level", "p", "delta", "alpha")
_WHAT = {
    "study": "the name of the study",
    "arms": "the arms of the contrast",
    "recipes": "the recipes of the arms",
    "metric": "the metric",
    "value": "the difference",
    "low": "the lower end of the interval",
    "high": "the upper end of the interval",
    "level": "the level of the interval",
    "p": "the p value",
    "n": "the number of pairs",
    "planned": "the number of planned pairs",
    "unit": "what is paired",
    "clusters": "the number of protein clusters",
    "verdict": "the verdict",
    "size": "the size of the verdict",
    "rule": "the decision rule",
    "delta": "delta",
    "alpha": "the level of the study",
    "question": "the question",
    "dataset": "the dataset",
    "split": "the split",
    "code": "the code that made the rows",
    "plan": "the plan",
}
"""Field of a card -> what a difference in it is called."""


def differences(card: Claim, again: Claim) -> Iterator[str]:
    """Yield a sentence for each thing in which a card differs from the one made from a ledger.

    Parameters
    ----------
    card
        The card that is verified.
    again
        The same claim, computed from the ledger now.

    Yields
    ------
    str
        What differs, with both values; numbers that agree to nine digits are equal.
    """
    for field, what in _WHAT.items():
        claimed, found = getattr(card, field), getattr(again, field)
        if not (_same_number(claimed, found) if field in NUMBERS else claimed == found):
            yield f"{what}: the card says {_said(claimed)}, the ledger gives {_said(found)}"
    yield from _row_differences(card.rows, again.rows)
    if card.rows == again.rows and card.family_rows != again.family_rows:
        yield (
            "rows of other arms: they are not those with which the card was made, and Holm's "
            "correction depends on them"
        )


def _row_differences(claimed: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    for run in sorted(claimed.keys() - found.keys()):
        yield f"row {run}: the card lists it, and the ledger has no such row"
    for run in sorted(found.keys() - claimed.keys()):
        yield f"row {run}: the ledger has it, and the card does not list it"
    for run in sorted(claimed.keys() & found.keys()):
        if claimed[run] != found[run]:
            yield (
                f"row {run}: its content has the hash {found[run]}, and the card says "
                f"{claimed[run]}: the row is not the one with which the card was made"
            )


def _same_number(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= 1e-9 * max(abs(one), abs(other)) + 1e-12


def _said(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    return repr(value) if isinstance(value, float) else str(value)
