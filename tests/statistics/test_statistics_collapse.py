"""Collapsed runs: which runs they are, the upper limit of their rate, and where it is shown."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console, RenderableType
from scipy.stats import binom
from toy_ledger import plan, row

from rpbind.analysis.compare import compare
from rpbind.analysis.summary import read, summarise
from rpbind.ledger import InterimAnalysis, Ledger, Plan, Row
from rpbind.report.build import build_report
from rpbind.screens.terminal import comparison_table, verdict_table
from rpbind.statistics.collapse import CollapseCount, chance_limit, collapsed_runs, find_collapsed
from rpbind.wording.banners import banners
from rpbind.wording.collapses import not_excluded

SEEDS = 5
NONE = "no meaningful effect"


def scores(mean: float, seed: int, G: int = 24) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    return {f"{g}_K562": mean + 0.03 * np.sin(g) + rng.normal(0, 0.003) for g in range(G)}


def study(new: list[float], old: list[float]) -> tuple[Plan, list[Row]]:
    """A study of two arms by the AUROC of each of their runs."""
    rows = [
        row(arm, seed, scores(mean, 100 * seed + (arm == "new")))
        for arm, means in (("new", new), ("old", old))
        for seed, mean in enumerate(means)
    ]
    return plan(tuple(range(len(new)))), rows  # fmt: skip


def shown(text: RenderableType) -> str:
    console = Console(width=250, record=True, file=io.StringIO())
    console.print(text)
    return console.export_text()


@pytest.mark.parametrize(("runs", "percent"), [(3, 63), (5, 45), (10, 26), (20, 14)])
def test_the_upper_limit_is_that_of_clopper_and_pearson(runs: int, percent: int) -> None:
    assert round(100 * CollapseCount("a", 0, runs).limit) == percent
    assert CollapseCount("a", runs, runs).limit == 1.0
    limit = CollapseCount("a", 2, runs).limit
    assert binom.cdf(2, runs, limit) == pytest.approx(0.05, abs=1e-6)


def test_a_run_at_chance_and_one_far_below_its_arm_collapsed() -> None:
    rng = np.random.default_rng(1)
    score = {(arm, s): 0.7 + rng.normal(0, 0.004) for arm in ("a", "b") for s in range(6)}
    assert find_collapsed(score, 0.53) == frozenset()
    assert find_collapsed(score | {("a", 3): 0.55}, 0.53) == {("a", 3)}
    assert find_collapsed(score | {("a", 3): 0.66}, 0.53) == {("a", 3)}
    every = score | {("b", s): 0.51 for s in range(6)}
    assert find_collapsed(every, 0.53) == {("b", s) for s in range(6)}


def test_a_run_below_chance_collapsed_even_in_an_arm_of_three_runs() -> None:
    # AUROCs of `fixed` without its initial values
    score = {("fixed", s): value for s, value in enumerate((0.368, 0.617, 0.614))}
    assert find_collapsed(score, 0.53) == {("fixed", 0)}


@pytest.mark.parametrize(("arms", "seeds"), [(1, 1), (2, 1), (1, 2), (3, 2)])
def test_without_spread_no_run_is_called_collapsed(arms: int, seeds: int) -> None:
    score = {(str(a), s): 0.7 for a in range(arms) for s in range(seeds)}
    assert find_collapsed(score, 0.53) == frozenset()


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_normal_noise_collapses_in_few_studies(seeds: int) -> None:
    rng = np.random.default_rng(seeds)
    studies = [
        {(str(a), s): v for (a, s), v in np.ndenumerate(rng.normal(0.7, 0.01, (4, seeds)))}
        for _ in range(400)
    ]
    assert sum(bool(find_collapsed(score, 0.53)) for score in studies) / 400 <= 0.04


def test_the_limit_of_chance_is_three_standard_errors_of_random_scores() -> None:
    rng = np.random.default_rng(0)
    label_N = np.arange(40) % 2 == 0
    means = []
    for _ in range(2000):
        score_GN = rng.random((8, 40))
        rank_GN = score_GN.argsort(axis=1).argsort(axis=1) + 1
        sums = rank_GN[:, label_N].sum(axis=1) - 20 * 21 / 2
        means.append((sums / 400).mean())
    toy = row("old", 0, scores(0.7, 0, 8))
    small = [s.model_copy(update={"windows": 40, "positives": 20}) for s in toy.proteins]
    limit = chance_limit([toy.model_copy(update={"proteins": tuple(small)})])
    assert limit == pytest.approx(0.5 + 3 * np.std(means), rel=0.01)


def test_no_meaningful_effect_is_always_shown_with_the_limit_of_the_collapse_rate(
    tmp_path: Path,
) -> None:
    planned, rows = study([0.70] * SEEDS, [0.70] * SEEDS)
    ledger = Ledger(tmp_path)
    ledger.begin(planned)
    for each in rows:
        ledger.append(each)
    (contrast,) = read(ledger).contrasts
    assert contrast.verdict.word == NONE
    assert not_excluded(contrast.verdict).endswith("a collapse rate up to 45 % is not excluded")
    page = build_report(tmp_path).read_text()
    answer = page[page.index('<section id="answer"') : page.index('<section id="verdicts">')]
    table = page[page.index('<section id="verdicts">') :]
    table = re.sub('<td class="strip">.*?</td>', "", table[: table.index("</tbody>")])
    for text in (
        answer,
        table,
        shown(verdict_table(tmp_path)),
        shown(comparison_table(compare((planned, rows), (planned, rows), "new", "old"))),
    ):
        assert text.count("a collapse rate up to 45 %") >= text.count(NONE) >= 1  # fmt: skip


def test_two_arms_whose_runs_all_collapsed_have_no_limit_of_the_collapse_rate() -> None:
    planned, rows = study([0.501] * SEEDS, [0.501] * SEEDS)
    (contrast,) = summarise(planned, rows, []).contrasts
    assert contrast.verdict.word == NONE
    assert "every run collapsed" in not_excluded(contrast.verdict)
    assert "up to" not in not_excluded(contrast.verdict)


def test_collapsed_runs_in_one_arm_only_are_tested_as_one_more_hypothesis() -> None:
    planned, rows = study([0.70, 0.51, 0.51, 0.51, 0.51, 0.51, 0.70], [0.70] * 7)
    (contrast,) = summarise(planned, rows, []).contrasts
    rates, apart = contrast.verdict.rates, contrast.verdict.collapses
    assert rates is not None
    assert [(c.arm, c.collapsed, c.runs) for c in rates.counts] == [("new", 5, 7), ("old", 0, 7)]
    assert (rates.pairs, rates.trained) == (2, pytest.approx(0.0, abs=0.01))
    assert apart is not None
    # 5 of 7 against 0 of 7, by hand: 2 C(7,5) C(7,0) / C(14,5); the factor of Holm's last step is 1
    assert (apart.word, apart.p) == ("worse", pytest.approx(2 * 21 / 2002))


def test_collapsed_runs_in_both_arms_are_counted_but_not_tested() -> None:
    planned, rows = study([0.70, 0.51, 0.70, 0.70], [0.70, 0.70, 0.51, 0.70])
    (contrast,) = summarise(planned, rows, []).contrasts
    assert contrast.verdict.rates is not None
    assert contrast.verdict.rates.has_collapses
    assert contrast.verdict.collapses is None


def test_collapsed_runs_are_counted_per_arm_in_terminal_report_and_banner(tmp_path: Path) -> None:
    planned, rows = study([0.70, 0.51, 0.70, 0.70, 0.70], [0.70] * 5)
    ledger = Ledger(tmp_path)
    ledger.begin(planned)
    for each in rows:
        ledger.append(each)
    summary = read(ledger)
    assert {arm.plan.name: arm.collapsed for arm in summary.arms} == {"old": (), "new": (1,)}
    (banner,) = [b for b in banners(summary) if "collapsed" in b]
    assert banner.startswith("1 of 10 runs collapsed")
    terminal, page = shown(verdict_table(tmp_path)), build_report(tmp_path).read_text()
    for text in (terminal, page):
        assert "new vs old: collapsed runs" in text
        assert "1/5 against 0/5" in text
        assert "without them the difference is" in text
    assert re.search(r"5 of 5<small>1 of 5 collapsed \(seed 1\)</small>", page)


def test_a_failed_run_is_not_a_collapsed_run() -> None:
    runs = {("new", 0): row("new", 0, state="failed", error="no memory"),
            ("old", 0): row("old", 0, scores(0.7, 0))}  # fmt: skip
    assert collapsed_runs(runs) == frozenset()


def test_a_study_that_is_judged_again_needs_five_seeds_for_no_meaningful_effect() -> None:
    earlier = InterimAnalysis(when="2026-01-02", seeds=3, verdicts={"new vs old": "inconclusive"})
    for seeds, word in ((4, "inconclusive"), (5, NONE)):
        planned, rows = study([0.70] * seeds, [0.70] * seeds)
        (contrast,) = summarise(
            planned.model_copy(update={"looks": (earlier,)}), rows, []
        ).contrasts
        assert contrast.verdict.word == word
    planned, rows = study([0.70] * 4, [0.70] * 4)
    assert summarise(planned, rows, []).contrasts[0].verdict.word == NONE
