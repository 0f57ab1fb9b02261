"""The answer of a study as ranked sentences with sizes: the first thing that a reader sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import get_args

from rpbind.analysis.summary import Summary
from rpbind.statistics.factorial import TIMES
from rpbind.statistics.verdict import Size, Verdict
from rpbind.wording import search_words, verdicts, words
from rpbind.wording.alerts import has_nothing
from rpbind.wording.baseline import of_arms
from rpbind.wording.collapses import has_only_collapses, not_excluded
from rpbind.wording.sentences import Sentence, Tone, left_open, size
from rpbind.wording.verdicts import Judged

FIRST = 6
"""So many sentences are seen at once, or one more if it would be hidden alone."""
MOST_NAMES = 8
"""A sentence on several contrasts names at most so many."""
MOST_OPEN = 4
"""So many undecided contrasts get a sentence each; more share one."""
SIZES: tuple[Size | None, ...] = (*get_args(Size), None)


def answer(summary: Summary) -> list[Sentence]:
    """Return the answer of a study, the sentence that matters most first.

    Parameters
    ----------
    summary
        The study.

    Returns
    -------
    list of Sentence
        Each contrast that shows a difference, by meaning and size; then the contrasts that show
        none. Of a study without contrasts, how its arms compare with the plain baseline, or what
        its searches found. Empty if there is no result.
    """
    if summary.interim:
        return [Sentence("open", so_far(summary))]
    if has_nothing(summary):
        return []
    delta = summary.plan.delta
    found = list(_of_contrasts(summary.contrasts, delta))
    if summary.tuned and summary.tuned.contrasts:
        found += _of_contrasts(summary.tuned.contrasts, delta, ", tuned,")
    if summary.tuned and not summary.contrasts:
        texts = [search_words.beside_the_base(summary), *search_words.found(summary.tuned)]
        found += [Sentence("found", text) for text in texts if text]
    if not (found or summary.tuned):
        found += of_arms(summary)
    return found


def so_far(summary: Summary) -> str:
    """Return how many runs of a running study are done, and that it has no verdicts yet."""
    return (
        f"Interim: {summary.done} of {summary.planned} planned runs are done; verdicts come when "
        "the study ends"
    )


def how_measured(summary: Summary) -> str:
    """Return what the numbers of the answer are; empty if it has no interval."""
    judged = summary.judged or ()
    if not any(c.verdict.ci for c in judged):
        return ""
    unit = judged[0].unit
    paired = sorted({c.paired.n for c in judged})
    count = " to ".join(str(n) for n in dict.fromkeys((paired[0], paired[-1])))
    part = "Test" if summary.contrasts or not summary.tuned else summary.tuned.part.capitalize()
    text = (
        f"{part} AUROC, macro over {verdicts.clusters_of(judged)}; {count} paired "
        f"{words.plural(unit, paired[-1])}; in brackets the Holm-adjusted interval "
        f"({verdicts.levels(judged)}); delta, the largest negligible difference, is "
        f"{words.number(summary.plan.delta)}."
    )
    return f"{text} {verdicts.cut_note(judged)}".rstrip()


def _of_contrasts(contrasts: Sequence[Judged], delta: float, how: str = "") -> Iterator[Sentence]:
    different = [c for c in contrasts if c.verdict.word in ("better", "worse")]
    for contrast in sorted(different, key=_rank):
        about = _about(contrast) + _with_and_without(contrast, contrasts)
        yield Sentence(_tone(contrast.verdict), _difference(contrast, delta, how), about)
    if contrasts and not different:
        yield Sentence("open", f"No contrast shows a difference{_missed(contrasts)}")
    yield from _without_effect(contrasts, delta)
    still = [c for c in contrasts if c.verdict.word == "inconclusive"]
    if 0 < len(still) <= MOST_OPEN:
        yield from (Sentence("open", _undecided(c), _about(c)) for c in still)
    elif still:
        yield Sentence("open", f"Undecided, neither a difference nor its absence is shown: "
                               f"{named(still)}")  # fmt: skip


def _missed(contrasts: Sequence[Judged]) -> str:
    """Return which differences would have been missed, if that is known."""
    limits = [c.verdict.needs.mde for c in contrasts if c.verdict.needs]
    if not limits or max(limits) >= 1.0:
        return ""
    ends = dict.fromkeys(words.number(end) for end in (min(limits), max(limits)))
    on = ", depending on the contrast" if len(ends) > 1 else ""
    return f"; the smallest that 4 of 5 such studies would find is {' to '.join(ends)}{on}"


def _without_effect(contrasts: Sequence[Judged], delta: float) -> Iterator[Sentence]:
    same: dict[str, list[Judged]] = {}
    dead: list[Judged] = []
    for contrast in contrasts:
        if contrast.verdict.word == "no meaningful effect":
            if has_only_collapses(contrast.verdict):
                dead.append(contrast)
            else:
                same.setdefault(not_excluded(contrast.verdict), []).append(contrast)
    if same:
        each = "; ".join(f"{named(those)} ({limit})" for limit, those in same.items())
        within = f"the difference lies within ±{words.number(delta)}"
        yield Sentence("same", f"No meaningful effect, {within}: {each}")
    if dead:
        why = "but every run collapsed to chance, which says nothing about runs that train"
        yield Sentence("open", f"No meaningful effect, {why}: {named(dead)}")
    if inert := [c for c in contrasts if c.verdict.word == "inert"]:
        yield Sentence("same", f"Inert, no score changes: {named(inert)}")


def _rank(contrast: Judged) -> tuple[bool, int, float]:
    verdict = contrast.verdict
    return is_interaction(contrast), SIZES.index(verdict.size), -abs(verdict.mean or 0.0)


def is_interaction(contrast: Judged) -> bool:
    """Whether a contrast is the interaction of two changes."""
    return len(_changes(contrast)) == 2


def _changes(contrast: Judged) -> list[str]:
    plan = contrast.paired.contrast
    return plan.name.split(TIMES) if plan.weights else [plan.name]


def _tone(verdict: Verdict) -> Tone:
    return "better" if verdict.word == "better" else "worse"


def _difference(contrast: Judged, delta: float, how: str) -> str:
    verdict = contrast.verdict
    does = "raises" if verdict.word == "better" else "lowers"
    by = f"{size(verdict)}{left_open(verdict, delta)}"
    if is_interaction(contrast):
        one, other = _changes(contrast)
        way = "higher" if verdict.word == "better" else "lower"
        return f"With {other}, the effect of {one} on AUROC is {way} by {by}"
    return f"{subject(contrast)}{how} {does} AUROC by {by}"


def _with_and_without(contrast: Judged, contrasts: Sequence[Judged]) -> str:
    """Return the effect of an interaction's first change without and with the other one.

    Only of a design with all combinations: there the main effect is the mean of the two, and the
    interaction their difference.
    """
    mains = {c.paired.contrast.name: c.verdict.mean for c in contrasts if not is_interaction(c)}
    whole = len(contrast.paired.contrast.weights) == 2 ** len(mains)
    if not is_interaction(contrast) or not whole or contrast.verdict.mean is None:
        return ""
    one, other = _changes(contrast)
    if (main := mains.get(one)) is None:
        return ""
    without, together = (main + sign * contrast.verdict.mean / 2 for sign in (-1, 1))
    effects = f"{words.signed(without, 3)} without {other}, {words.signed(together, 3)} with it"
    return f": {one} has {effects}"


def _undecided(contrast: Judged) -> str:
    verdict = contrast.verdict
    if verdict.mean is None or verdict.possible_ci is None:
        return f"Undecided: {subject(contrast)} ({verdict.reason})"
    low, high = (words.signed(end, 3) for end in verdict.possible_ci)
    by = f"{words.signed(verdict.mean, 3)} ({low} to {high})"
    if is_interaction(contrast):
        one, other = _changes(contrast)
        return f"Undecided: with {other}, the effect of {one} changes by {by}"
    return f"Undecided: {subject(contrast)} changes AUROC by {by}"


def subject(contrast: Judged) -> str:
    """Return what a sentence on a contrast is about: its arm if its name only joins two arms."""
    plan = contrast.paired.contrast
    joins = not plan.weights and plan.arm in plan.name and plan.reference in plan.name
    return plan.arm if joins else plan.name


def _about(contrast: Judged) -> str:
    plan = contrast.paired.contrast
    if is_interaction(contrast):
        return f"interaction, {len(plan.weights)} arms"
    if plan.weights:
        return words.effect_words(plan)
    if subject(contrast) == plan.arm:
        return f"against {plan.reference}"
    return f"{plan.arm} against {plan.reference}"


def named(contrasts: Sequence[Judged]) -> str:
    """Return the names of contrasts, the first of many; only their arms if the reference is one."""
    one = len({c.paired.contrast.reference for c in contrasts}) == 1
    names = [subject(c) if one else c.paired.contrast.name for c in contrasts]
    sizes = [f" {words.signed(c.verdict.mean, 3)}" if c.verdict.word == "inconclusive"
             and c.verdict.mean is not None else "" for c in contrasts]  # fmt: skip
    more = len(names) - MOST_NAMES
    shown = [name + size for name, size in zip(names, sizes, strict=True)]
    return "; ".join(shown[:MOST_NAMES]) + (f"; and {more} more" if more > 0 else "")
