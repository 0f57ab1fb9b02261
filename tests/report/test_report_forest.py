"""The forest: the thick interval decides on equivalence, the thin one on better and worse."""

import re
from pathlib import Path
from typing import get_args

import pytest
from synthetic_study import done, plan, write

from rpbind.analysis.contrasts import Contrast
from rpbind.analysis.summary import read
from rpbind.figures import arms as figures
from rpbind.figures import strip
from rpbind.ledger import Ledger
from rpbind.report.build import build_report
from rpbind.statistics.contrast import Interval
from rpbind.statistics.verdict import Word
from rpbind.wording import verdicts

DELTA = 0.010
Ends = tuple[float, float]


def lines(folder: Path) -> list[tuple[Contrast, Ends, Ends]]:
    """The contrasts that are tested, each with the ends of its thick and its thin line."""
    summary = read(Ledger(folder))
    tested = [c for c in summary.contrasts if isinstance(c.result, Interval)]
    drawn = []
    for contrast in tested:
        thick, mark = figures.forest([contrast], DELTA).data
        assert thick.line.width > 3 * mark.error_x.thickness
        (mean,), error = mark.x, mark.error_x
        thin = mean - error.arrayminus[0], mean + error.array[0]
        drawn.append((contrast, tuple(thick.x), thin))
    return drawn


def test_the_line_that_decides_agrees_with_the_label_of_every_contrast(tmp_path: Path) -> None:
    drawn = lines(write(tmp_path))
    words = {contrast.verdict.word for contrast, _, _ in drawn}
    assert {"better", "no meaningful effect", "inconclusive"} <= words
    left_the_band = 0
    for contrast, thick, thin in drawn:
        assert thin[0] < thick[0] < thick[1] < thin[1]
        inside, apart = max(map(abs, thick)) < DELTA, thin[0] > 0 or thin[1] < 0
        assert apart == (contrast.verdict.word in ("better", "worse"))
        assert (inside and not apart) == (contrast.verdict.word == "no meaningful effect")
        left_the_band += inside and max(map(abs, thin)) > DELTA
    assert left_the_band  # which is why one line is not enough


def test_the_caption_says_which_line_decides_what_and_at_which_level(tmp_path: Path) -> None:
    page = build_report(write(tmp_path)).read_text()
    caption = page[page.index("Drawn in each row: the mean difference and its two") :]
    caption = caption[: caption.index("</p>")]
    assert "<b>thin</b> line (Holm-adjusted, 99.2 to 99.5 %) decides on better and worse" in caption
    assert "<b>thick</b> line (90 %) decides on no meaningful effect" in caption


def test_both_lines_end_at_the_largest_possible_difference(tmp_path: Path) -> None:
    study_plan, ledger = plan(3, 2), Ledger(tmp_path)
    ledger.begin(study_plan)
    for number, arm in enumerate(study_plan.arms):
        for seed in study_plan.seeds:
            ledger.append(done(arm, seed, -0.4 * (number == 2) * seed, number, 24))
    found = lines(tmp_path)
    assert max(abs(end) for contrast, _, _ in found for end in contrast.verdict.ci or ()) > 1
    assert all(abs(end) <= 1 for _, thick, thin in found for end in (*thick, *thin))


ROW = re.compile(
    r'<tr>\n<th scope="row" data-sort="(\d+)">.*?<svg class="strip".*?</svg>', re.DOTALL
)
LINE = re.compile(r'class="(thick|thin)" data-low="([-.\d]+)" data-high="([-.\d]+)"')


def drawn_rows(page: str) -> dict[int, tuple[str, dict[str, Ends]]]:
    """{number of a contrast: (HTML of its drawing, the ends of its lines)} of a page."""
    found = {}
    for row in ROW.finditer(page):
        svg = row.group(0)[row.group(0).index("<svg") :]
        ends = {name: (float(low), float(high)) for name, low, high in LINE.findall(svg)}
        found[int(row.group(1))] = svg, ends
    return found


def test_each_row_of_the_table_draws_its_own_two_intervals_and_its_verdict(tmp_path: Path) -> None:
    page = build_report(write(tmp_path)).read_text()
    contrasts, rows = read(Ledger(tmp_path)).contrasts, drawn_rows(page)
    assert sorted(rows) == list(range(1, len(contrasts) + 1))
    for number, (svg, ends) in rows.items():
        contrast = contrasts[number - 1]
        thin, thick = contrast.verdict.possible_ci, verdicts.equivalence_interval(contrast)
        wanted = {name: ci for name, ci in (("thick", thick), ("thin", thin)) if ci}
        assert ends == {name: pytest.approx(ci, abs=1e-6) for name, ci in wanted.items()}
        assert contrast.verdict.word in svg


def test_rows_stand_by_difference_and_those_of_a_path_in_its_order(tmp_path: Path) -> None:
    page = build_report(write(tmp_path / "one")).read_text()
    contrasts = read(Ledger(tmp_path / "one")).contrasts
    means = [contrasts[number - 1].verdict.mean or 0.0 for number in drawn_rows(page)]
    assert means == sorted(means, reverse=True)
    path = build_report(write(tmp_path / "path", plan(5, 3, design="path"), lost=False))
    assert list(drawn_rows(path.read_text())) == [1, 2, 3, 4]


def test_every_verdict_has_a_mark_of_its_own_shape() -> None:
    assert set(strip.LOOKS) == set(get_args(Word))
    assert len({shape for shape, _ in strip.LOOKS.values()}) == len(strip.LOOKS)


def test_the_axis_has_room_for_every_line_and_round_numbers(tmp_path: Path) -> None:
    contrasts = read(Ledger(write(tmp_path))).contrasts
    axis = strip.axis(contrasts, DELTA)
    for contrast in contrasts:
        for end in contrast.verdict.possible_ci or ():
            assert strip.MARGIN <= axis.place(end) <= strip.WIDTH - strip.MARGIN
    assert 3 <= len(axis.ticks) <= 7
    assert 0.0 in axis.ticks
    assert all(
        strip.MARGIN <= axis.place(tick) <= strip.WIDTH - strip.MARGIN for tick in axis.ticks
    )
