"""The forest: the thick interval decides on equivalence, the thin one on better and worse."""

from pathlib import Path

from synthetic_study import done, plan, write

from rpbind.analysis.contrasts import Contrast
from rpbind.analysis.summary import read
from rpbind.figures import arms as figures
from rpbind.ledger import Ledger
from rpbind.report.build import build_report
from rpbind.statistics.contrast import Interval

DELTA = 0.010
Ends = tuple[float, float]


def lines(folder: Path) -> list[tuple[Contrast, Ends, Ends]]:
    """The contrasts that are tested, each with the ends of its thick and its thin line."""
    summary = read(Ledger(folder))
    place = {arm.plan.name: i for i, arm in enumerate(summary.arms)}
    tested = [c for c in summary.contrasts if isinstance(c.result, Interval)]
    drawn = []
    for contrast in tested:
        thick, mark = figures.forest([contrast], place, DELTA).data
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
    caption = page[page.index("Each contrast's mean difference and its two") :]
    caption = caption[: caption.index("</figcaption>")]
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
