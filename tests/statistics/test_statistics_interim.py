import io
import re

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console
from toy_ledger import plan, row

from rpbind.analysis.compare import compare
from rpbind.analysis.summary import summarise
from rpbind.errors import UserError
from rpbind.ledger import InterimAnalysis, Plan
from rpbind.screens.terminal import comparison_table
from rpbind.statistics.contrast import Interval, two_way
from rpbind.statistics.coverage import coverage
from rpbind.statistics.interim import TOTAL_LEVEL, analysis_number, level_of
from rpbind.statistics.verdict import verdicts

EARLIER = InterimAnalysis(when="2026-01-02", seeds=2, verdicts={"new vs old": "inconclusive"})
AUROC = {f"{g}_K562": 0.5 + g / 50 for g in range(12)}


def interval(d_SG: NDArray[np.float64]) -> Interval:
    result = two_way(d_SG)
    assert isinstance(result, Interval)
    return result


def moved(by: float, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    return {name: value + by + 0.01 * rng.standard_normal() for name, value in AUROC.items()}


def test_the_levels_of_all_analyses_sum_to_less_than_their_bound() -> None:
    assert [level_of(number) for number in (1, 2, 3)] == pytest.approx([0.05, 0.01, 0.01 / 3])
    assert sum(level_of(number) for number in range(1, 50)) <= TOTAL_LEVEL + 1e-12
    assert pytest.approx(0.065) == TOTAL_LEVEL


def test_only_an_analysis_with_verdicts_counts() -> None:
    without_verdicts = EARLIER.model_copy(update={"verdicts": {}})
    assert [
        analysis_number(plan(looks=looks))
        for looks in ((), (without_verdicts,), (without_verdicts, EARLIER))
    ] == [
        1,
        1,
        2,
    ]


@pytest.mark.parametrize("sds", [(0.01, 0.0, 0.01), (0.0, 0.01, 0.01), (0.006, 0.0085, 0.015)])
def test_equal_arms_that_are_extended_until_they_differ_rarely_differ(
    sds: tuple[float, float, float],
) -> None:
    rng = np.random.default_rng(14)
    run, protein, cell = sds
    repeats, wrong, uncorrected = 1500, 0, 0
    for _ in range(repeats):
        d_SG = (
            run * rng.standard_normal((15, 1))
            + protein * rng.standard_normal((1, 24))
            + cell * rng.standard_normal((15, 24))
        )
        analyses = [interval(d_SG[:seeds]) for seeds in (5, 10, 15)]
        wrong += any(abs(i.mean) > i.half(level_of(n)) for n, i in enumerate(analyses, start=1))
        uncorrected += any(abs(i.mean) > i.half(0.05) for i in analyses)
    assert wrong / repeats <= 0.065 < uncorrected / repeats


def test_a_second_analysis_has_its_own_level_in_holm_and_in_the_equivalence_test() -> None:
    rng = np.random.default_rng(3)
    d_SG = 0.0035 * rng.standard_normal((10, 1)) + 0.004 * rng.standard_normal((10, 24))
    result = two_way(d_SG - d_SG.mean() + 0.0055)
    assert isinstance(result, Interval)
    (first,), (second,) = verdicts([result], 0.010), verdicts([result], 0.010, level_of(2))
    assert (first.alpha, second.alpha) == (0.05, 0.01)
    assert (first.ci, second.ci) == (result.ci(0.05), result.ci(0.01))
    assert (first.overall, second.overall) == (0.05, 0.01)
    assert result.is_equivalent(0.010, 0.05) != result.is_equivalent(0.010, 1e-9)


def test_the_verdicts_of_an_extended_study_have_a_stricter_level() -> None:
    rows = [row("old", s, moved(0.0, s)) for s in (0, 1)]
    rows += [row("new", s, moved(0.05, s + 9)) for s in (0, 1)]
    (before,) = summarise(plan(), rows, []).contrasts
    (after,) = summarise(plan(looks=(EARLIER,)), rows, []).contrasts
    assert (before.verdict.alpha, after.verdict.alpha) == (0.05, 0.01)


def test_coverage_counts_runs_by_state_and_gives_each_reason_once() -> None:
    runs = {("old", s): row("old", s, state="diverged", error="loss is nan\nmore") for s in (1, 2)}
    runs["old", 0] = row("old", 0, AUROC)
    planned = [("old", s) for s in range(6)]
    text = coverage(planned, runs, {("old", 3): "running", ("old", 4): "lost"})
    assert text == "1 of 6: 2 diverged (loss is nan), 1 running, 1 lost, 1 planned"
    assert coverage(planned[:1], runs) == "1 of 1"


def test_two_studies_are_compared_seed_by_seed_and_other_differences_are_noted() -> None:
    mine = [row("new", s, moved(0.05, s), provenance={"code": "b"}) for s in (0, 1)]
    theirs = [row("new", s, moved(0.0, s + 9), provenance={"code": "a"}) for s in (0, 1)]
    comparison = compare((plan(), mine), (plan((1, 0, 5)), theirs), "new")
    (contrast,) = comparison.contrasts
    assert (contrast.paired.seeds, contrast.paired.contrast.name) == ((0, 1), "new")
    assert contrast.verdict.mean == pytest.approx(0.05, abs=0.01)
    (note,) = comparison.notes
    assert "differ in code (b and a)" in note


def test_the_same_study_twice_is_inert_in_every_arm() -> None:
    rows = [row(arm, s, AUROC) for arm in ("old", "new") for s in (0, 1)]
    comparison = compare((plan(), rows), (plan(), rows))
    assert [c.verdict.word for c in comparison.contrasts] == ["inert", "inert"]
    assert comparison.notes == ()


def searched(**more: object) -> Plan:
    won = {"winners": {"search": {"arm": "new", "trial": "trial-0000"}}, "closed": True}
    return plan().model_copy(update={"search": won, **more})


def test_the_winners_of_two_searches_get_no_verdict() -> None:
    rows = [row(arm, s, moved(0.05 * (arm == "new"), s)) for arm in ("old", "new") for s in (0, 1)]
    with pytest.raises(UserError, match=r"new: chosen by a search\. No verdict on tuned"):
        compare((searched(), rows), (plan(), rows), "new")
    with pytest.raises(UserError, match="chosen by a search"):
        compare((plan(), rows), (searched(), rows), "old", "new")
    alone = searched(arms=plan().arms[1:])
    assert [arm.name for arm in alone.arms] == ["new"]
    with pytest.raises(UserError, match="chosen by a search"):
        compare((alone, rows), (alone, rows))
    comparison = compare((searched(), rows), (searched(), rows))
    assert [c.paired.contrast.name for c in comparison.contrasts] == ["old"]
    assert "new: chosen by a search" in comparison.notes[-1]


def test_a_comparison_with_few_seeds_is_screening_and_shows_what_it_can_detect() -> None:
    mine, theirs = ([row("new", s, moved(0.0, s + by)) for s in (0, 1)] for by in (0, 9))
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(comparison_table(compare((plan(), mine), (plan(), theirs), "new")))
    text = console.export_text()
    assert "Screening: 3 paired seeds or fewer" in text
    assert "12 test protein clusters" in text
    assert re.search(r"  new: .*half-width.* 0\.\d+; .*detectable.* 0\.\d+", text)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"split": "random"}, "split of toy is cold-rna, and the split of toy is random"),
        ({"dataset": "other"}, "dataset of toy is toy, and the dataset of toy is other"),
        ({"seeds": (7,)}, "no seed in common"),
        ({"arms": ()}, "No arm has the same name in both studies"),
    ],
)
def test_studies_that_cannot_be_compared_are_an_error_with_the_reason(
    other: dict[str, object], reason: str
) -> None:
    with pytest.raises(UserError, match=reason):
        compare((plan(), []), (plan().model_copy(update=other), []))
