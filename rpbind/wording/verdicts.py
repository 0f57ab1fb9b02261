"""Verdicts as text: only the words of the decision rule, and intervals cut at what is possible."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import get_args

from rpbind.analysis.contrasts import Contrast
from rpbind.analysis.tuned import TunedContrast
from rpbind.statistics.contrast import FEWEST_DF, Inert, Interval, Result, Unattainable
from rpbind.statistics.folds import FoldInterval
from rpbind.statistics.power import Needs
from rpbind.statistics.verdict import Size, Verdict, Word
from rpbind.wording.collapses import not_excluded
from rpbind.wording.words import ABSENT, number, plural, signed

Judged = Contrast | TunedContrast
"""A contrast of arms or of tuned arms, with its verdict."""

WORDS = get_args(Word)
CUT = "*"
CUT_NOTE = f"{CUT} interval cut: AUROCs cannot differ by more."


def interval(verdict: Verdict, digits: int = 4) -> str:
    """Return the interval of a verdict: "[low, high]"."""
    if verdict.ci is None:
        return ABSENT
    return within(verdict.ci, verdict.bound, digits)


def within(ci: tuple[float, float], bound: float, digits: int = 4) -> str:
    """Return an interval, cut at the largest possible difference (`bound`); a cut end has a "*"."""
    cut = [min(max(end, -bound), bound) for end in ci]
    marks = ["" if end == shown else CUT for end, shown in zip(ci, cut, strict=True)]
    low, high = (signed(end, digits) + mark for end, mark in zip(cut, marks, strict=True))
    return f"[{low}, {high}]"


def cut_note(contrasts: Sequence[Judged]) -> str:
    """Return what the mark of a cut interval means if any is cut, else nothing."""
    return CUT_NOTE if any(c.verdict.is_cut for c in contrasts) else ""


def equivalence_interval(contrast: Judged) -> tuple[float, float] | None:
    """Return the interval that decides on "no meaningful effect", cut; None if there is none."""
    if not isinstance(contrast.result, Interval | FoldInterval):
        return None
    return replace(
        contrast.verdict, ci=contrast.result.ci(2 * contrast.verdict.overall)
    ).possible_ci


def equivalence_level(contrasts: Sequence[Judged]) -> str:
    """Return the confidence level of these intervals: "90 %"."""
    return f"{100 * (1 - 2 * contrasts[0].verdict.overall):.3g} %"


def levels(contrasts: Sequence[Judged]) -> str:
    """Return the confidence levels of the Holm-adjusted intervals: "99.2 to 99.5 %"."""
    found = sorted((c.verdict for c in contrasts if c.verdict.ci), key=lambda v: -v.alpha)
    ends = dict.fromkeys(level(v) for v in (*found[:1], *found[-1:]))
    return " to ".join(ends).replace(" % to", " to") or ABSENT


def level(verdict: Verdict) -> str:
    """Return the confidence level of a verdict's interval: "99.5 %"."""
    return f"{100 * (1 - verdict.alpha):.3g} %"


def verdict_words(verdict: Verdict) -> str:
    """Return the verdict in words: "better, size uncertain"."""
    return f"{verdict.word}, {verdict.size}" if verdict.size else verdict.word


def whole_words(verdict: Verdict) -> str:
    """Return the verdict in words, with the collapse rate that "no meaningful effect" leaves open.

    Parameters
    ----------
    verdict
        The verdict.

    Returns
    -------
    str
        Its words.
    """
    if verdict.word != "no meaningful effect":
        return verdict_words(verdict)
    return f"{verdict.word} ({not_excluded(verdict)})"


def reason(contrast: Judged, delta: float) -> str:
    """Return the reason of a verdict other than better and worse."""
    verdict, result = contrast.verdict, contrast.result
    if isinstance(result, Inert) and contrast.paired.contrast.weights:
        return "the scores of its arms cancel out in every paired run"
    if not isinstance(result, Interval | FoldInterval):
        return verdict.reason
    if verdict.word == "no meaningful effect":
        low, high = result.ci(2 * verdict.overall)
        covers = equivalence_level([contrast])
        lies = f"{covers} interval [{signed(low)}, {signed(high)}] lies within ±{number(delta)}"
        return f"{lies}; {not_excluded(verdict)}"
    if isinstance(result, FoldInterval) and not verdict.reason:
        return f"half-width of the interval over folds {number(result.half(verdict.alpha), 4)}"
    if verdict.needs is None or verdict.reason or isinstance(result, FoldInterval):
        return verdict.reason
    return "; ".join(
        _missing(verdict.needs, result, verdict.alpha, delta, plural(contrast.unit, 2))
    )


def _missing(
    needed: Needs, result: Interval, alpha: float, delta: float, units: str
) -> Iterator[str]:
    """Yield what an inconclusive contrast could have detected, and what it needs to be decided."""
    half = result.half(alpha)
    if half < result.bound:
        yield f"half-width of the interval {number(half, 4)}"
    if needed.mde < result.bound:
        yield f"smallest detectable difference {number(needed.mde, 4)} (80 % power)"
    else:
        yield "no possible difference of AUROCs is detectable (80 % power)"
    if needed.has_few_df:
        first = at_least_first(result, units)
        yield f"{first}: how many are needed cannot be estimated from fewer"
    else:
        yield f"to detect {number(delta)}: {_enough(needed, units)}"


def at_least_first(result: Interval, units: str) -> str:
    """Return what a contrast with few degrees of freedom needs first: "at least 4 seeds first"."""
    fewest = FEWEST_DF + 1
    counts = {units: result.seeds, "protein clusters": result.clusters}
    few = [what for what, count in counts.items() if count < fewest]
    return f"at least {fewest} {' and '.join(few)} first"


def _enough(needs: Needs, units: str) -> str:
    ways = {units: needs.seeds, "protein clusters": needs.clusters}
    enough = [f"{count} {what}" for what, count in ways.items() if count is not None]
    none = f"neither more {units} alone nor more protein clusters alone are enough"
    return " or ".join(enough) or none


def deviations(contrast: Contrast) -> list[str]:
    """Return the standard deviations between seeds, between clusters, and residual."""
    if not isinstance(contrast.result, Interval) or contrast.result.has_few_df:
        return [ABSENT] * 3
    result = contrast.result
    variances = (result.run_variance, result.cluster_variance, result.cell_ms)
    return [number(math.sqrt(v), 4) if v > 0 else "0" for v in variances]


def estimate(result: Result) -> tuple[str, str]:
    """Return the mean of an effect without a verdict, and its 95 % interval or why it has none."""
    if isinstance(result, Interval | FoldInterval):
        return signed(result.mean), within(result.ci(), result.bound)
    if isinstance(result, Unattainable):
        return signed(result.mean), f"unattainable: {result.reason}"
    return signed(0.0), "inert"


def clusters_of(contrasts: Sequence[Judged]) -> str:
    """Return what the headline is a mean over: "14 protein clusters"."""
    sizes = sorted({len(c.paired.clusters) for c in contrasts if c.paired.n})
    if not sizes:
        return "protein clusters"
    if sizes == [1]:
        return "1 protein cluster"
    return f"{' to '.join(str(n) for n in dict.fromkeys((sizes[0], sizes[-1])))} protein clusters"


def table_size(contrast: Contrast) -> str:
    """Return the size of a contrast's table: "5 seeds × 24 protein clusters"."""
    paired, units = contrast.paired, plural(contrast.unit, 2)
    return f"{len(paired.seeds)} {units} × {len(paired.clusters)} protein clusters"


def answer(contrasts: Sequence[Judged]) -> list[tuple[str, list[str]]]:
    """Return the contrasts grouped by verdict, differences first: [(verdict, contrast names)]."""
    groups: dict[str, list[str]] = {}
    for contrast in sorted(contrasts, key=_rank):
        groups.setdefault(whole_words(contrast.verdict), []).append(contrast.paired.contrast.name)
    return list(groups.items())


def _rank(contrast: Judged) -> tuple[int, int]:
    sizes = (*get_args(Size), None)
    return WORDS.index(contrast.verdict.word), sizes.index(contrast.verdict.size)


def screening_note(contrasts: Sequence[Judged]) -> str:
    """Return that verdicts are only screening if a contrast has few pairs, else nothing."""
    few = [contrast for contrast in contrasts if contrast.is_screening and contrast.paired.n]
    if not few:
        return ""
    paired = plural(few[0].unit, 2)
    return f"Screening: 3 paired {paired} or fewer show what to examine next, not what holds."
