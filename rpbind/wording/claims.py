"""Claims as text: for each claim, which arms have which answer."""

from __future__ import annotations

from rpbind.analysis.claims import Claim
from rpbind.analysis.controls import Controls
from rpbind.wording.verdicts import WORDS, whole_words

FEW_ARMS = 3


def lines(controls: Controls) -> list[str]:
    """Return a line per claim with the arms of each answer; more than 3 arms are only counted."""
    by_arm = list(controls.claims.values())
    return [_line([claims[place] for claims in by_arm], list(controls.claims))
            for place in range(len(by_arm[0]) if by_arm else 0)]  # fmt: skip


def _line(claims: list[Claim], arms: list[str]) -> str:
    answers: dict[str, list[str]] = {}
    ranked = sorted(zip(claims, arms, strict=True), key=lambda pair: WORDS.index(pair[0].answer))
    for claim, arm in ranked:
        answers.setdefault(answer(claim), []).append(arm)
    parts = [
        f"{words}: {', '.join(mine) if len(mine) <= FEW_ARMS else f'{len(mine)} arms'}"
        for words, mine in answers.items()
    ]
    return f"{claims[0].name}? ({family(claims[0])}) {'; '.join(parts)}"


def family(claim: Claim) -> str:
    """Return which family of hypotheses a claim belongs to."""
    return "confirmatory" if claim.confirmatory else "exploratory"


def answer(claim: Claim) -> str:
    """Return the answer of a claim, with the collapse rate that "no meaningful effect" leaves open.

    Parameters
    ----------
    claim
        The claim.

    Returns
    -------
    str
        The answer in the words of verdicts.
    """
    return whole_words(claim.verdict) if claim.verdict and not claim.verdict.size else claim.answer


def correction_note(controls: Controls) -> str:
    """Return which claims are corrected together."""
    claims = [claim for by_arm in controls.claims.values() for claim in by_arm]
    if any(claim.confirmatory for claim in claims):
        names = dict.fromkeys(f'"{claim.name}"' for claim in claims if claim.confirmatory)
        return (
            f"The plan declares {' and '.join(names)} as confirmatory, with Holm's correction over "
            "the arms. All other claims are exploratory, with Holm's correction over all their "
            "comparisons and arms"
        )
    return (
        "The plan declares no claim as confirmatory. All are exploratory, with Holm's correction "
        "over the comparisons of one arm"
    )
