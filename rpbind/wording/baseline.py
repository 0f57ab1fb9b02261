"""How arms compare with the plain baseline, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from rpbind.analysis.claims import CONFIRMATORY, Claim
from rpbind.analysis.summary import Summary
from rpbind.wording import words
from rpbind.wording.sentences import Sentence, left_open, size


def of_arms(summary: Summary) -> Iterator[Sentence]:
    """Yield how each arm compares with the plain baseline, and its score.

    Parameters
    ----------
    summary
        A study without contrasts.

    Yields
    ------
    Sentence
        One per arm that is compared, then one per arm that is scored.
    """
    for arm, claims in summary.controls.claims.items():
        for claim in claims:
            if claim.name in CONFIRMATORY:
                yield of_baseline(arm, claim, summary.plan.delta)
    for line in words.scores(summary):
        yield Sentence("found", line.rstrip("."))


def of_baseline(arm: str, claim: Claim, delta: float) -> Sentence:
    """Return whether an arm beats the plain baseline, and by how much.

    Parameters
    ----------
    arm
        Name of the arm.
    claim
        Its claim "beats the plain baseline".
    delta
        The largest negligible difference.

    Returns
    -------
    Sentence
        The sentence; `about` says how many seeds and protein clusters are paired.
    """
    comparison = claim.comparisons[0]
    verdict, other = comparison.verdict, comparison.minus
    about = f"{comparison.seeds} paired {words.plural('seed', comparison.seeds)}"
    if verdict.word == "better":
        text = f"{arm} beats the plain baseline, {other}, by {size(verdict)} AUROC"
        text += left_open(verdict, delta)
        return Sentence("better", text, about)
    if verdict.word == "worse":
        text = f"{arm} is worse than the plain baseline, {other}, by {size(verdict)} AUROC"
        return Sentence("worse", text, about)
    if verdict.word == "no meaningful effect":
        text = f"{arm} is as good as the plain baseline, {other}, within ±{words.number(delta)}"
        return Sentence("same", text, about)
    text = f"It is undecided whether {arm} beats the plain baseline, {other}"
    if verdict.mean is None or verdict.possible_ci is None:
        return Sentence("open", f"{text} ({claim.reason or verdict.reason})")
    low, high = (words.signed(end, 3) for end in verdict.possible_ci)
    difference = f"the difference is {words.signed(verdict.mean, 3)} ({low} to {high})"
    return Sentence("open", f"{text}: {difference}", about)
