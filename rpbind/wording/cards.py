"""The cards below the answer: what helped, and whether to believe it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rpbind.analysis.claims import CONFIRMATORY, Claim
from rpbind.analysis.summary import Summary
from rpbind.statistics.verdict import SCREENING_SEEDS, Word
from rpbind.wording import alerts, answers, audit, claims, collapses, search_words, verdicts, words
from rpbind.wording.sentences import size
from rpbind.wording.verdicts import Judged

Mark = Literal["yes", "no", "same", "open", "fact"]
SIGNS: dict[Mark, str] = {"yes": "✓", "no": "✗", "same": "=", "open": "?", "fact": "•"}
MARKS: dict[Word, Mark] = {
    "better": "yes",
    "worse": "no",
    "no meaningful effect": "same",
    "inert": "same",
    "inconclusive": "open",
}
INTERACTIONS: dict[Word, str] = {
    "better": "{} above 0",
    "worse": "{} below 0",
    "no meaningful effect": "negligible {}",
    "inert": "inert {}",
    "inconclusive": "undecided {}",
}
MOST_NAMES = 3
FIRST = 3
"""So many points on what helped are seen at once, or one more; the others are folded."""


@dataclass(frozen=True)
class Point:
    """A point of a card; `mark` says whether it speaks for the answer, against it, or is open."""

    mark: Mark
    text: str

    @property
    def sign(self) -> str:
        """The sign of its mark."""
        return SIGNS[self.mark]


def helped(summary: Summary) -> list[Point]:
    """Return what helped: counts of contrasts by verdict, the best arm, or claims of one arm.

    Parameters
    ----------
    summary
        The study.

    Returns
    -------
    list of Point
        Empty if there is no result.
    """
    if summary.interim or alerts.has_nothing(summary):
        return []
    found = [*_best_arm(summary), *_by_verdict(summary.judged)]
    if rated := search_words.importance(summary):
        found.append(Point("fact" if search_words.has_signal(summary) else "open", rated))
    return found


def _by_verdict(judged: Sequence[Judged]) -> Iterator[Point]:
    names = words.shortened(answers.subject(c) for c in judged)
    grouped: dict[tuple[str, Mark], list[Judged]] = {}
    for contrast in sorted(judged, key=lambda c: -abs(c.verdict.mean or 0.0)):
        grouped.setdefault(_said(contrast), []).append(contrast)
    order = {each: place for place, each in enumerate(SIGNS)}
    for (said, mark), found in sorted(grouped.items(), key=lambda item: order[item[0][1]]):
        shown = ", ".join(_short(c, names) for c in found[:MOST_NAMES])
        more = len(found) - MOST_NAMES
        said = said.format(words.plural("interaction", len(found)))
        yield Point(mark, f"{len(found)} {said}: {shown}" + (f", {more} more" if more > 0 else ""))


def _said(contrast: Judged) -> tuple[str, Mark]:
    """Return what a card calls the verdict on a contrast, and its mark."""
    word = contrast.verdict.word
    if word == "no meaningful effect" and collapses.has_only_collapses(contrast.verdict):
        return "where every run collapsed", "open"
    said: str = "undecided" if word == "inconclusive" else word
    if answers.is_interaction(contrast):
        said = INTERACTIONS[word]
    return said, MARKS[word]


def _short(contrast: Judged, names: Mapping[str, str]) -> str:
    subject, verdict = names[answers.subject(contrast)], contrast.verdict
    if verdict.word not in ("better", "worse"):
        return subject
    return f"{subject} {words.signed(verdict.mean, 3)}"


def _best_arm(summary: Summary) -> Iterator[Point]:
    scored = [(arm.averages.over_clusters, arm.plan.name) for arm in summary.arms if arm.averages]
    if summary.search and scored:
        each = ", ".join(f"{name} {words.number(score)}" for score, name in sorted(scored)[::-1])
        yield Point("fact", f"Test AUROC: {each}")
    elif len(scored) > 1:
        score, name = max(scored)
        short = words.shortened(arm for _, arm in scored)[name]
        yield Point(
            "fact", f"Highest test AUROC of {len(scored)} arms: {short} {words.number(score)}"
        )
    elif scored:
        for claim in next(iter(summary.controls.claims.values()), ()):
            if claim.name not in CONFIRMATORY and any(c.seeds for c in claim.comparisons):
                mark: Mark = "yes" if claim.answer == "better" else "open"
                mark = "no" if claim.answer == "worse" else mark
                yield Point(mark, f"{claim.name}: {_answered(claim)}")


def _answered(claim: Claim) -> str:
    if claim.answer == "better":
        return "yes"
    return "undecided" if claim.answer == "inconclusive" else f"no, {claims.answer(claim)}"


def believe(summary: Summary) -> list[Point]:
    """Return what speaks for and against believing the answer.

    Parameters
    ----------
    summary
        The study.

    Returns
    -------
    list of Point
        Smoke run, baseline, pairs, coverage, doctor, data.
    """
    found = [Point("no", "Smoke run: its numbers are no result")] if summary.plan.smoke else []
    if summary.interim:
        found.append(Point("no", "The study is running, and nothing is judged yet"))
    else:
        found += [_baseline(summary), *_pairs(summary), _coverage(summary)]
    found += _doctor(summary)
    return [*found, _data(summary)]


def _baseline(summary: Summary) -> Point:
    """Return whether the arms beat the plain baseline; of a winner, only both scores."""
    winner = summary.tuned.winners[0] if summary.search and summary.tuned else None
    honest = [b for b in summary.controls.baselines if b.macro is not None and not b.flagged]
    if winner and winner.test is not None and honest and not summary.contrasts:
        score, best = honest[0].macro, honest[0].name
        mark: Mark = "no" if score is not None and winner.test < score else "open"
        both = f"{words.number(winner.test)} on test, the best baseline, {best}, "
        return Point(mark, f"The winner scores {both}{words.number(score)} (no verdict)")
    about = {
        arm: claim
        for arm, each in summary.controls.claims.items()
        for claim in each
        if claim.name in CONFIRMATORY and claim.comparisons[0].seeds
    }
    if not about:
        best = words.best_baseline(summary)
        return Point("open", best or "No baseline was scored")
    name = next(iter(about.values())).comparisons[0].minus
    scores = {each.name: each.macro for each in summary.controls.baselines}
    plain = f"the plain baseline ({name}, test AUROC {words.number(scores.get(name))})"
    beaten = {arm: claim for arm, claim in about.items() if claim.answer == "better"}
    if beaten:
        best_arm = max(beaten, key=lambda arm: beaten[arm].comparisons[0].verdict.mean or 0.0)
        by = size(beaten[best_arm].comparisons[0].verdict)
        many = f"{len(beaten)} of {len(about)} arms beat" if len(about) > 1 else f"{best_arm} beats"
        best = f", {words.shortened(about)[best_arm]} by {by}" if len(about) > 1 else f", by {by}"
        return Point("yes", f"{many} {plain}{best}")
    worse = sum(claim.answer == "worse" for claim in about.values())
    more = f"; {worse} of {len(about)} are worse" if worse and len(about) > 1 else ""
    if len(about) == 1:
        only = next(iter(about))
        return Point("no", f"{only} is {'worse than' if worse else 'not shown to beat'} {plain}")
    return Point("no", f"No arm is shown to beat {plain}{more}")


def _pairs(summary: Summary) -> Iterator[Point]:
    judged = [c for c in summary.judged if c.paired.n]
    alone = [c.seeds for each in summary.controls.claims.values() for one in each
             for c in one.comparisons if c.seeds]  # fmt: skip
    if alone and not judged and max(alone) <= SCREENING_SEEDS:
        unit = words.plural("seed", max(alone))
        yield Point("no", f"{max(alone)} {unit}: a screening, which shows what to examine next")
    if few := verdicts.screening_note(judged):
        yield Point("no", few.rstrip("."))
    elif judged:
        fewest = min(c.paired.n for c in judged)
        unit = words.plural(judged[0].unit, fewest)
        yield Point("yes", f"{fewest} paired {unit} × {verdicts.clusters_of(judged)}")
    if summary.few_clusters is not None:
        yield Point("no", f"Only {summary.few_clusters} protein clusters: intervals may not hold "
                          "for other proteins")  # fmt: skip
    if summary.plan.split.startswith("random"):
        yield Point("no", "Random split: windows of training and test overlap")


def _coverage(summary: Summary) -> Point:
    if summary.done == summary.planned:
        trials = sum(len(s.trials) for s in summary.tuned.searches) if summary.tuned else 0
        after = f", after {trials} {words.plural('trial', trials)}" if trials else ""
        return Point("yes", f"All {summary.planned} planned runs are done{after}")
    return Point("no", f"{summary.done} of {summary.planned} planned runs are done")


def _doctor(summary: Summary) -> Iterator[Point]:
    checks = summary.checks
    if text := collapses.counted(summary.arms):
        yield Point("no", text)
    if checks.with_errors:
        yield Point(
            "no", f"The doctor found errors before training in {_names(checks.with_errors)}"
        )
    elif checks.rows:
        yield Point("yes", "The doctor found no error before training")
    else:
        yield Point("open", "No check-up before training is recorded")
    if summary.mixed or summary.other_code:
        yield Point("no", "Runs differ in what should be equal; see Provenance")


def _data(summary: Summary) -> Point:
    if summary.audit is None:
        return Point("open", "The data were not audited")
    if given := audit.given_away(summary.audit):
        return Point("no", f"The data give something away: {given}")
    return Point("yes", "The data give nothing away: no prior ranks windows, no overlap")


def _names(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(map(words.arm_name, names[:MOST_NAMES])) + (
        f" and {more} more" if more > 0 else ""
    )
