"""Claims as text: the confirmatory ones first, and which arms each answer is for."""

from __future__ import annotations

from rpbind.analysis.claims import Claim
from rpbind.analysis.controls import Controls
from rpbind.report.verdicts import WORDS, whole_words

FEW_ARMS = 3


def lines(controls: Controls) -> list[str]:
    """The claims in a line each: which arms each answer is for, named where they are few."""
    every = list(controls.claims.values())
    return [_line([each[place] for each in every], list(controls.claims))
            for place in range(len(every[0]) if every else 0)]  # fmt: skip


def _line(claims: list[Claim], arms: list[str]) -> str:
    answers: dict[str, list[str]] = {}
    ranked = sorted(zip(claims, arms, strict=True), key=lambda pair: WORDS.index(pair[0].answer))
    for claim, arm in ranked:
        answers.setdefault(answer(claim), []).append(arm)
    parts = [
        f"{said}: {', '.join(mine) if len(mine) <= FEW_ARMS else f'{len(mine)} arms'}"
        for said, mine in answers.items()
    ]
    return f"{claims[0].name}? ({family(claims[0])}) {'; '.join(parts)}"


def family(claim: Claim) -> str:
    """Which family of hypotheses a claim is in."""
    return "confirmatory" if claim.confirmatory else "exploratory"


def answer(claim: Claim) -> str:
    """The answer in the rule's words, and what "no meaningful effect" leaves open."""
    return whole_words(claim.verdict) if claim.verdict and not claim.verdict.size else claim.answer


def correction_note(controls: Controls) -> str:
    """Say over what the claims are corrected."""
    every = [claim for several in controls.claims.values() for claim in several]
    if any(claim.confirmatory for claim in every):
        names = dict.fromkeys(f"{claim.name}?" for claim in every if claim.confirmatory)
        return (
            f"{', '.join(names)} is what the plan is to confirm: Holm over the arms. All other "
            "claims are exploratory: Holm over all of their comparisons and arms"
        )
    return (
        "The plan declares none of them as confirmatory: all are exploratory, Holm over the "
        "comparisons of one arm"
    )
