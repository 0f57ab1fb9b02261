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
from rpbind.report.terminal import comparison_table
from rpbind.statistics.contrast import Interval, two_way
from rpbind.statistics.coverage import coverage
from rpbind.statistics.interim import TOTAL_LEVEL, analysis_number, level_of
from rpbind.statistics.verdict import verdicts

SEEN = InterimAnalysis(when="2026-01-02", seeds=2, verdicts={"new vs old": "inconclusive"})
AUROC = {f"{g}_K562": 0.5 + g / 50 for g in range(12)}


def interval(d_SG: NDArray[np.float64]) -> Interval:
    result = two_way(d_SG)
    assert isinstance(result, Interval)
    return result


def moved(by: float, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    return {name: value + by + 0.01 * rng.standard_normal() for name, value in AUROC.items()}


def test_the_levels_of_all_looks_sum_to_less_than_what_is_accepted() -> None:
    assert [level_of(look) for look in (1, 2, 3)] == pytest.approx([0.05, 0.01, 0.01 / 3])
    assert sum(level_of(look) for look in range(1, 50)) <= TOTAL_LEVEL + 1e-12
    assert pytest.approx(0.065) == TOTAL_LEVEL


def test_only_what_was_seen_is_a_look() -> None:
    unseen = SEEN.model_copy(update={"verdicts": {}})
    assert [analysis_number(plan(looks=looks)) for looks in ((), (unseen,), (unseen, SEEN))] == [
        1,
        1,
        2,
    ]


@pytest.mark.parametrize("sds", [(0.01, 0.0, 0.01), (0.0, 0.01, 0.01), (0.006, 0.0085, 0.015)])
def test_equal_arms_that_are_extended_until_they_differ_differ_seldom(
    sds: tuple[float, float, float],
) -> None:
    rng = np.random.default_rng(14)
    run, protein, cell = sds
    repeats, wrong, careless = 1500, 0, 0
    for _ in range(repeats):
        d_SG = (
            run * rng.standard_normal((15, 1))
            + protein * rng.standard_normal((1, 24))
            + cell * rng.standard_normal((15, 24))
        )
        looks = [interval(d_SG[:seeds]) for seeds in (5, 10, 15)]
        wrong += any(abs(i.mean) > i.half(level_of(n)) for n, i in enumerate(looks, start=1))
        careless += any(abs(i.mean) > i.half(0.05) for i in looks)
    assert wrong / repeats <= 0.065 < careless / repeats


def test_a_second_look_is_judged_at_its_own_level_by_holm_and_by_equivalence() -> None:
    rng = np.random.default_rng(3)
    d_SG = 0.0035 * rng.standard_normal((10, 1)) + 0.004 * rng.standard_normal((10, 24))
    result = two_way(d_SG - d_SG.mean() + 0.0055)
    assert isinstance(result, Interval)
    (first,), (second,) = verdicts([result], 0.010), verdicts([result], 0.010, level_of(2))
    assert (first.alpha, second.alpha) == (0.05, 0.01)
    assert (first.ci, second.ci) == (result.ci(0.05), result.ci(0.01))
    assert (first.overall, second.overall) == (0.05, 0.01)
    assert result.is_equivalent(0.010, 0.05) != result.is_equivalent(0.010, 1e-9)


def test_an_extended_study_says_at_which_level_it_is_judged() -> None:
    rows = [row("old", s, moved(0.0, s)) for s in (0, 1)]
    rows += [row("new", s, moved(0.05, s + 9)) for s in (0, 1)]
    (before,) = summarise(plan(), rows, []).contrasts
    (after,) = summarise(plan(looks=(SEEN,)), rows, []).contrasts
    assert (before.verdict.alpha, after.verdict.alpha) == (0.05, 0.01)


def test_coverage_counts_by_state_and_gives_the_reason_once() -> None:
    runs = {("old", s): row("old", s, state="diverged", error="loss is nan\nmore") for s in (1, 2)}
    runs["old", 0] = row("old", 0, AUROC)
    planned = [("old", s) for s in range(6)]
    told = coverage(planned, runs, {("old", 3): "running", ("old", 4): "lost"})
    assert told == "1 of 6: 2 diverged (loss is nan), 1 running, 1 lost, 1 planned"
    assert coverage(planned[:1], runs) == "1 of 1"


def test_two_studies_are_compared_seed_by_seed_with_what_else_differs() -> None:
    mine = [row("new", s, moved(0.05, s), provenance={"code": "b"}) for s in (0, 1)]
    theirs = [row("new", s, moved(0.0, s + 9), provenance={"code": "a"}) for s in (0, 1)]
    told = compare((plan(), mine), (plan((1, 0, 5)), theirs), "new")
    (contrast,) = told.contrasts
    assert (contrast.paired.seeds, contrast.paired.contrast.name) == ((0, 1), "new")
    assert contrast.verdict.mean == pytest.approx(0.05, abs=0.01)
    (note,) = told.notes
    assert "differ in code (b and a)" in note


def test_the_same_study_twice_is_inert_in_every_arm() -> None:
    rows = [row(arm, s, AUROC) for arm in ("old", "new") for s in (0, 1)]
    told = compare((plan(), rows), (plan(), rows))
    assert [c.verdict.word for c in told.contrasts] == ["inert", "inert"]
    assert told.notes == ()


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
    told = compare((searched(), rows), (searched(), rows))
    assert [c.paired.contrast.name for c in told.contrasts] == ["old"]
    assert "new: chosen by a search" in told.notes[-1]


def test_a_comparison_says_that_it_is_screening_and_what_an_open_one_would_need() -> None:
    mine, theirs = ([row("new", s, moved(0.0, s + by)) for s in (0, 1)] for by in (0, 9))
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(comparison_table(compare((plan(), mine), (plan(), theirs), "new")))
    told = console.export_text()
    assert "Screening: 3 paired seeds or fewer" in told
    assert "12 test protein clusters: below 20" in told
    assert re.search(r"new: half-width 0\.\d+; detects 0\.\d+ or more", told)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"split": "random"}, "split of toy is cold-rna, and the split of toy is random"),
        ({"dataset": "other"}, "dataset of toy is toy, and the dataset of toy is other"),
        ({"seeds": (7,)}, "no seed in common"),
        ({"arms": ()}, "No arm has the same name in both studies"),
    ],
)
def test_studies_that_cannot_be_compared_say_why(other: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        compare((plan(), []), (plan().model_copy(update=other), []))
