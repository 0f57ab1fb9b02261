import io
from pathlib import Path

import pytest
from rich.console import Console
from synthetic_study import done, plan, write

from rpbind.analysis.summary import read
from rpbind.analysis.tuned import Winner
from rpbind.figures import arms as figures
from rpbind.figures import style
from rpbind.ledger import Ledger
from rpbind.screens.terminal import verdict_table
from rpbind.statistics.collapse import CollapseCount, CollapseRates
from rpbind.statistics.verdict import Verdict
from rpbind.wording import search_words, verdicts, words
from rpbind.wording.alerts import alerts
from rpbind.wording.banners import banners
from rpbind.wording.collapses import contrast_note


def test_numbers_have_a_real_minus_sign_and_missing_ones_are_a_dash() -> None:
    assert words.signed(-0.01234) == "−0.0123"
    assert words.signed(0.01) == "+0.0100"
    assert words.number(None) == words.number(float("nan")) == "–"
    assert words.number(1234567, 0) == "1,234,567"


def test_a_p_value_is_never_zero() -> None:
    assert words.p_value(1e-100) == "< 0.0001"
    assert words.p_value(0.0462) == "0.0462"
    assert words.p_value(None) == "–"


def test_the_answer_starts_with_the_differences(tmp_path: Path) -> None:
    write(tmp_path)
    groups = verdicts.answer(read(Ledger(tmp_path)).contrasts)
    assert groups[0][0] == "better, meaningful"
    assert groups[-1][0] == "inconclusive"
    assert sum(len(names) for _, names in groups) == 11


def test_banners_name_few_seeds_few_proteins_a_leak_and_missing_runs(tmp_path: Path) -> None:
    write(tmp_path, plan(12, 3, split="random-s0"), clusters=12)
    seen = read(Ledger(tmp_path))
    text = " ".join([*map(str, alerts(seen)), *banners(seen)])
    for part in ("1 of 36 planned runs", "Screening", "12 test protein clusters", "leaks"):
        assert part in text


def test_a_complete_study_on_a_cold_split_has_no_banner(tmp_path: Path) -> None:
    write(tmp_path, plan(3, 5), lost=False)
    assert banners(read(Ledger(tmp_path))) == []


def test_the_first_note_of_a_smoke_run_says_that_it_is_no_result(tmp_path: Path) -> None:
    write(tmp_path / "quick", plan(2, 3).model_copy(update={"smoke": True}), lost=False)
    assert "no result" in banners(read(Ledger(tmp_path / "quick")))[0]
    write(tmp_path / "whole", plan(2, 3), lost=False)
    assert not any("no result" in note for note in banners(read(Ledger(tmp_path / "whole"))))


def test_shuffled_negatives_are_flagged_as_easy(tmp_path: Path) -> None:
    split = "cold-rna_70-15-15_seed0_neg-shuffled_x1_s0 0123456789ab"
    write(tmp_path, plan(3, 5, split=split), lost=False)
    (text,) = banners(read(Ledger(tmp_path)))
    assert "shuffled letters" in text


def test_a_banner_names_runs_whose_batches_went_in_pieces(tmp_path: Path) -> None:
    study_plan = plan(2, 5)
    ledger = Ledger(tmp_path)
    ledger.begin(study_plan)
    for i, arm in enumerate(study_plan.arms):
        for seed in study_plan.seeds:
            pieces = {"pieces": "2" if i and seed == 3 else "1"}
            ledger.append(done(arm, seed, 0.0, i, 24).model_copy(update={"provenance": pieces}))
    text = " ".join(banners(read(ledger)))
    assert "went through the model in pieces" in text


def test_no_meaningful_effect_shows_the_interval_that_it_rests_on(tmp_path: Path) -> None:
    write(tmp_path)
    contrast = read(Ledger(tmp_path)).contrasts[4]
    assert contrast.verdict.word == "no meaningful effect"
    assert verdicts.reason(contrast, 0.010).startswith("90 % interval [")


def test_the_terminal_shows_every_contrast_and_every_lost_run(tmp_path: Path) -> None:
    write(tmp_path)
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(verdict_table(tmp_path))
    text = console.export_text()
    table, _, undecided = text.partition("\n  encoder=token vs old: ")
    assert table.count(" vs old") == 11
    assert "0.0169" in undecided.splitlines()[0]
    assert "0.0214" in undecided.splitlines()[0]
    assert "\n  train.clip_norm=1 vs old: " in undecided
    assert "encoder=token, seed 1: diverged: loss is nan in epoch 3" in text


def test_a_figure_grows_with_its_arms_and_long_labels_wrap(tmp_path: Path) -> None:
    write(tmp_path)
    summary = read(Ledger(tmp_path))
    heights = [figures.forest(summary.contrasts[:n], 0.01).layout.height for n in (2, 11)]
    assert heights[1] > heights[0] + 9 * 40
    assert max(len(line) for line in style.wrap("x" * 120)) <= 46


def test_arms_beyond_the_palette_differ_by_their_marker() -> None:
    styles = {(style.colour(i), style.symbol(i)) for i in range(32)}
    assert len(styles) == 32


def test_text_for_a_figure_is_escaped() -> None:
    assert style.wrap("<b>a</b> & b") == ["&lt;b&gt;a&lt;/b&gt; &amp; b"]


@pytest.mark.parametrize(
    ("configurations", "size", "left"),
    [(3, 4, 1), (4, 4, 0), (10, 12, 0), (3, None, 0)],
    ids=["one left out", "all tried", "too few trials", "no finite space"],
)
def test_untried_configurations_of_a_finite_space_name_the_option_that_tries_them(
    configurations: int, size: int | None, left: int
) -> None:
    found = Winner("search", "tuned", "trial-0001", 10, configurations, {"done": 10}, 0.7, 0.7,
                   0.7, 1, planned=10, size=size)  # fmt: skip
    assert found.untried == left
    assert sum("--repeats redraw" in line for line in search_words.winner_lines(found)) == (
        left > 0
    )


def test_a_long_name_is_shortened_unless_another_would_look_the_same() -> None:
    alike = ["x" * 30 + middle + "y" * 30 for middle in ("1", "2")]
    long = "encoder=conv-with-a-long-name-because-people-write-long-names.kernel=9"
    found = words.shortened([*alike, long, "old"])
    assert [found[name] for name in alike] == alike
    assert found["old"] == "old"
    assert found[long].startswith("encoder=")
    assert found[long].endswith("kernel=9")
    assert len(found[long]) < 34


@pytest.mark.parametrize(
    ("arms", "note"),
    [
        ({"new": 1, "old": 0}, "new 1 of 5, old 0 of 5;"),
        ({"a": 0, "b": 5, "c": 0, "d": 1}, "b 5 of 5, d 1 of 5, in the other 2 arms 0;"),
        ({"a": 1, "b": 5, "c": 1}, "a 1 of 5, b 5 of 5, c 1 of 5;"),
    ],
)
def test_of_many_arms_only_those_with_collapsed_runs_are_named(
    arms: dict[str, int], note: str
) -> None:
    first, *others = (CollapseCount(arm, bad, 5) for arm, bad in arms.items())
    rates = CollapseRates((first,), tuple(others))
    said = contrast_note(Verdict("inconclusive", rates=rates))
    assert said.startswith(f"collapsed runs: {note}")
