"""Few degrees of freedom: intervals are cut at possible AUROCs, and no sample size is advised."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console, RenderableType
from synthetic_study import done, plan, write

from rpbind.analysis.compare import compare
from rpbind.analysis.summary import read
from rpbind.api.tables import verdict_table as notebook_table
from rpbind.ledger import ContrastPlan, Ledger
from rpbind.metrics import macro_interval
from rpbind.report.build import build_report
from rpbind.screens.screen import last_screen
from rpbind.screens.terminal import comparison_table, verdict_table
from rpbind.statistics.contrast import Interval, two_way
from rpbind.statistics.power import needs
from rpbind.statistics.table import bound_of
from rpbind.statistics.verdict import judge
from rpbind.wording import verdicts, words

WIDE = Interval(0.03, 2, 24, 0.03, 0.0, 0.0)
"""Two seeds that disagree: at Holm's first step of eleven, the interval is tens of AUROCs wide."""
DIFFERENCE = re.compile(r"\[([−+]\d\.\d+)(\*?), ([−+]\d\.\d+)(\*?)\]")


def shown(text: RenderableType) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(text)
    return console.export_text()


def ends(text: str) -> list[float]:
    found = [match.group(1, 3) for match in DIFFERENCE.finditer(text)]
    return [float(end.replace("−", "-")) for pair in found for end in pair]


def test_an_interval_of_a_difference_of_aurocs_is_cut_at_one_and_marked() -> None:
    assert WIDE.ci(0.05 / 11)[1] > 3
    found = verdicts.interval(judge(WIDE, 0.9, 0.05 / 11, 0.01))
    assert found == "[−1.0000*, +1.0000*]"
    assert verdicts.within((-0.2, 1.2), 1.0) == "[−0.2000, +1.0000*]"
    assert verdicts.within((-0.2, 0.2), 1.0) == "[−0.2000, +0.2000]"


def test_an_interaction_of_two_changes_can_be_two_wide() -> None:
    crossed = ContrastPlan(name="A × B", arm="AB", reference="A",
                           weights={"AB": 1.0, "none": 1.0, "A": -1.0, "B": -1.0})  # fmt: skip
    assert bound_of(crossed) == 2.0
    assert bound_of(ContrastPlan(name="A", arm="A", reference="none")) == 1.0
    assert verdicts.within((-3.0, 1.5), 2.0) == "[−2.0000*, +1.5000]"


def test_terminal_page_and_comparison_cut_intervals_from_two_seeds(tmp_path: Path) -> None:
    study_plan, ledger = plan(4, 2), Ledger(tmp_path)
    ledger.begin(study_plan)
    for number, arm in enumerate(study_plan.arms):
        for seed in study_plan.seeds:
            ledger.append(done(arm, seed, -0.2 * (number == 2) * seed, number, 24))
    study = ledger.plan, ledger.rows()
    page = build_report(tmp_path).read_text()
    section = page[page.index('<section id="verdicts">') : page.index('<section id="arms">')]
    for text in (
        shown(verdict_table(tmp_path)),
        shown(comparison_table(compare(study, study, "encoder=token", "old"))),
        section,
    ):
        assert ends(text)
        assert max(map(abs, ends(text))) <= 1.0
    assert max(abs(end) for c in read(ledger).contrasts for end in c.verdict.ci or ()) > 1.0
    assert verdicts.CUT_NOTE in section
    assert verdicts.CUT_NOTE in shown(verdict_table(tmp_path))


@pytest.mark.parametrize(("seeds", "clusters"), [(3, 40), (2, 40), (40, 3)])
def test_with_two_degrees_of_freedom_no_number_of_seeds_is_advised(
    seeds: int, clusters: int
) -> None:
    table = np.random.default_rng(3).normal(0, 0.02, (seeds, clusters))
    found = needs(two_way(table), 0.05, 0.010)  # type: ignore[arg-type]
    assert (found.has_few_df, found.seeds, found.clusters) == (True, None, None)


def test_with_three_degrees_of_freedom_a_number_is_advised() -> None:
    found = needs(Interval(0.0, 4, 40, 0.004, 0.0, 0.0), 0.05, 0.010)
    assert not found.has_few_df
    assert found.seeds is not None


@pytest.mark.parametrize(("seeds", "known"), [(3, False), (4, True)])
def test_variance_components_are_shown_from_four_seeds_on(
    seeds: int, known: bool, tmp_path: Path
) -> None:
    write(tmp_path, plan(3, seeds), lost=False)
    (contrast, *_) = read(Ledger(tmp_path)).contrasts
    assert (verdicts.deviations(contrast) != [words.ABSENT] * 3) == known
    open_ = [c for c in read(Ledger(tmp_path)).contrasts if c.verdict.word == "inconclusive"]
    for contrast in open_:
        assert bool(re.search(r"\d+ (seeds|protein clusters)", verdicts.reason(contrast, 0.01)
                              .split("to detect")[-1])) == known  # fmt: skip


def test_an_interval_of_an_auroc_ends_at_zero_and_one() -> None:
    assert words.ends_of_auroc((-0.3, 1.7)) == ["0.0000*", "1.0000*"]
    assert words.ends_of_auroc((0.4, 0.7)) == ["0.4000", "0.7000"]
    each = [("1", 0.99), ("2", 0.6)]
    scores = tuple(_score(name, value) for name, value in each)
    low, high = macro_interval(scores) or (-1.0, 2.0)
    assert (low, high) == (0.0, 1.0)


def _score(name: str, auroc: float):  # type: ignore[no-untyped-def]
    from rpbind.ledger import ProteinScore

    return ProteinScore(part="validation", protein=name, cluster=int(name), windows=20,
                        positives=10, auroc=auroc, auprc=auroc)  # fmt: skip


def test_two_seeds_get_no_number_of_seeds_anywhere_but_the_fewest_that_could_tell(
    tmp_path: Path,
) -> None:
    write(tmp_path, plan(3, 2), lost=False)
    summary = read(Ledger(tmp_path))
    assert "inconclusive" in {c.verdict.word for c in summary.contrasts}
    page = build_report(tmp_path).read_text()
    section = page[page.index('<section id="verdicts">') : page.index('<section id="arms">')]
    for text in (shown(verdict_table(tmp_path)), shown(last_screen(tmp_path)), section):
        assert "at least 4 seeds first" in text
        assert not re.search(r"\d+ seeds would|to detect [\d.]+: \d+", text)


def test_the_table_of_verdicts_for_a_notebook_is_cut_and_says_so(tmp_path: Path) -> None:
    study_plan, ledger = plan(4, 2), Ledger(tmp_path)
    ledger.begin(study_plan)
    for number, arm in enumerate(study_plan.arms):
        for seed in study_plan.seeds:
            ledger.append(done(arm, seed, -0.2 * (number == 2) * seed, number, 24))
    contrasts = read(ledger).contrasts
    table = notebook_table(contrasts)
    assert table[["low", "high"]].abs().max().max() == 1.0
    for contrast, (_, row) in zip(contrasts, table.iterrows(), strict=True):
        low, high = contrast.verdict.ci or (0.0, 0.0)
        assert ("interval cut at ±1" in row["why"]) == (low < -1 or high > 1)
