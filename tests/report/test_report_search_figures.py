"""The figures of a search: every trial at its place on its own scale, and words where one lacks."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from twelve_studies import SEARCHED, all_diverged, harmless, search, tried

from rpbind.analysis import importance as evaluators
from rpbind.analysis.importance import Importance
from rpbind.analysis.summary import Summary, read
from rpbind.figures import palette, style
from rpbind.ledger import Ledger
from rpbind.ledger.search_results import SearchResult
from rpbind.recipe import Recipe
from rpbind.report.build import build_report, render
from rpbind.search_figures import contour, parallel, rated, searching
from rpbind.search_figures.scales import Scale, complete, most_important, scales, ticks
from rpbind.wording import search_words

LOG = Scale("train.lr", "log", (1e-4, 1e-2))
WIDE: dict[str, Any] = SEARCHED | {
    "dimensions": [
        *SEARCHED["dimensions"],
        {"path": "train.optimizer", "kind": "choice", "values": ["adamw", "adam"]},
        {"path": "train.batch_size", "kind": "choice", "values": [64, 8, 16]},
        {"path": "train.clip_norm", "kind": "choice", "values": [1.0, "off"]},
    ]
}


def sweep(folder: Path, count: int, complete: int) -> Summary:
    """A study of a search over five hyperparameters, of which the rate alone matters."""
    Ledger(folder).begin(harmless(1, 2, contrasts=(), search=WIDE | {"trials": count}))
    rng = np.random.default_rng(3)
    for n in range(count):
        lr, decay = float(10 ** rng.uniform(-4, -2)), float(rng.uniform(0, 0.1))
        recipe = Recipe().with_(
            {
                "train.lr": lr,
                "train.weight_decay": decay,
                "train.optimizer": ("adamw", "adam")[n % 2],
                "train.batch_size": (64, 8, 16)[n % 3],
                "train.clip_norm": (1.0, "off")[n // 2 % 2],
            }
        )
        value = 0.7 - 0.05 * abs(float(np.log10(lr)) + 3) if n < complete else None
        Ledger(folder).append(tried(f"trial-{n:04d}", recipe, value))
    return read(Ledger(folder))


@pytest.fixture(scope="module")
def hundred(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    return sweep(tmp_path_factory.mktemp("sweep"), 100, 100)


def of(summary: Summary) -> tuple[SearchResult, list[Scale]]:
    assert summary.search
    return summary.search, scales(summary.search, WIDE["dimensions"])


def section(page: str) -> str:
    return page[page.index('<section id="search">') :].split("</section>")[0]


def test_a_value_stands_where_its_scale_puts_it() -> None:
    assert [LOG.at(v) for v in (1e-4, 1e-3, 1e-2)] == pytest.approx([0, 0.5, 1])
    assert Scale("x", "linear", (0.0, 10.0)).at(2.5) == 0.25
    steps = Scale("x", "steps", ("off", "8", "64"))
    assert [steps.at(v) for v in ("off", 8, 64)] == pytest.approx([1 / 6, 3 / 6, 5 / 6])
    assert steps.at(None) is None
    assert LOG.value_at(0.5) == pytest.approx(1e-3)


def test_only_a_dimension_that_was_searched_on_a_log_scale_is_on_one(hundred: Summary) -> None:
    found = {scale.path: scale for scale in of(hundred)[1]}
    assert {path: scale.kind for path, scale in found.items()} == {
        "train.lr": "log",
        "train.weight_decay": "linear",
        "train.optimizer": "steps",
        "train.batch_size": "steps",
        "train.clip_norm": "steps",
    }
    assert found["train.lr"].values == (1e-4, 1e-2)  # the whole range that was searched
    assert found["train.batch_size"].values == ("8", "16", "64")
    assert found["train.clip_norm"].values == ("off", "1")


def test_parallel_coordinates_have_one_line_per_trial_through_its_values(hundred: Summary) -> None:
    found, every = of(hundred)
    drawn = parallel.figure(found, every)
    lines: dict[str, list[float]] = {}
    for trace in drawn.data:
        rows = len(every) + 1
        for start in range(0, len(trace.x), rows + 1):  # a gap after each line
            lines[trace.text[start].split(":")[0]] = list(trace.x[start : start + rows])
    assert found.best
    assert len(lines) == 100
    values = [t.value for t in complete(found) if t.value is not None]
    low, high = min(values), max(values)
    for trial in complete(found):
        assert trial.value is not None
        expected = [scale.at(trial.fields[scale.path]) for scale in every]
        expected.append((trial.value - low) / (high - low))
        assert lines[trial.name] == pytest.approx(expected, abs=1e-4)
    assert drawn.data[-1].text[0].startswith(found.best.name)
    assert drawn.data[-1].line.color == style.colour(1)


def test_the_colour_of_a_line_is_the_quarter_of_its_score(hundred: Summary) -> None:
    found, every = of(hundred)
    groups = parallel.quarters(found)
    assert [len(group) for group in groups] == [25, 25, 25, 25]
    for worse, better in pairwise(groups):
        assert max(t.value or 0 for t in worse) <= min(t.value or 0 for t in better)
    colours = [trace.line.color for trace in parallel.figure(found, every).data[:4]]
    assert colours == list(palette.SCORES)


def test_a_line_is_broken_where_a_trial_lacks_the_hyperparameter(tmp_path: Path) -> None:
    Ledger(tmp_path).begin(harmless(1, 2, contrasts=(), search=SEARCHED | {"trials": 2}))
    recipes = [Recipe().with_({"train.schedule": kind}) for kind in ("constant", "plateau")]
    for n, recipe in enumerate(recipes):
        Ledger(tmp_path).append(tried(f"trial-{n:04d}", recipe, 0.6 + 0.1 * n))
    found = read(Ledger(tmp_path)).search
    assert found
    lacking = [p for p in found.varied if any(t.fields[p] is None for t in found.trials)]
    every = scales(found, ())
    drawn = parallel.figure(found, every)
    gaps = sum(x is None for trace in drawn.data for x in trace.x)
    assert lacking
    assert gaps == 2 + len(lacking)  # and a gap after each line
    rows = [note.text for note in drawn.layout.annotations[: len(every) + 1]]
    assert set(rows[: len(lacking)]) == set(lacking)  # above the rows that all trials have
    assert rows[-1] == "validation AUROC"


def test_a_variant_among_the_two_most_important_is_drawn_by_its_name() -> None:
    kinds = Scale("train.schedule.kind", "steps", ("constant", "plateau"))
    decay = Scale("train.weight_decay", "linear", (0.0, 0.1))
    share = {"train.lr": 0.3, "train.weight_decay": 0.1, "train.schedule": 0.6}
    assert most_important([LOG, decay, kinds], share) == [kinds, LOG]


def test_the_slices_have_their_own_scales_and_steps_in_order(hundred: Summary) -> None:
    found, every = of(hundred)
    layout = searching.slices(found, every).layout
    axes = [layout[f"xaxis{n or ''}"] for n in ("", 2, 3, 4, 5)]
    assert {axis.title.text: axis.type for axis in axes} == {
        "train.lr": "log",
        "train.weight_decay": "linear",
        "train.optimizer": "category",
        "train.batch_size": "category",
        "train.clip_norm": "category",
    }
    sizes = next(axis for axis in axes if axis.title.text == "train.batch_size")
    assert list(sizes.categoryarray) == ["8", "16", "64"]


def test_the_map_is_of_the_two_most_important_and_is_the_weighted_mean_of_near_trials(
    hundred: Summary,
) -> None:
    share = hundred.importances[0].share
    two = sorted(share, key=lambda path: -share[path])[:2]
    assert two[0] == "train.lr"
    said = re.search(
        r"<b>Map of the two most important[^<]*</b> ([\w.]+) and ([\w.]+),", render(hundred)
    )
    assert said
    assert [said[1], said[2]] == two
    line = Scale("x", "linear", (0.0, 1.0))
    at_N = np.array([0.0, 1.0])
    z_YX = contour.smooth((line, at_N), (line, at_N), np.array([1.0, 3.0]))
    assert z_YX[0, 0] == pytest.approx(1.0, abs=1e-6)
    assert z_YX[-1, -1] == pytest.approx(3.0, abs=1e-6)
    assert np.isnan(z_YX[0, -1])  # no trial is near


def test_a_step_of_the_map_has_the_mean_of_its_own_trials_alone() -> None:
    kinds, line = Scale("kind", "steps", ("a", "b")), Scale("x", "linear", (0.0, 1.0))
    x_N, kind_N = np.array([0.5, 0.5]), np.array([0.25, 0.75])
    z_YX = contour.smooth((line, x_N), (kinds, kind_N), np.array([0.6, 0.8]))
    assert z_YX.shape == (2, contour.CELLS)
    assert z_YX[:, contour.CELLS // 2] == pytest.approx([0.6, 0.8])


def rating(share: dict[str, float], floor: float) -> Importance:
    return Importance("fANOVA", "random", 20, share, floor, 20)


def test_an_importance_is_filled_above_its_floor_which_is_drawn() -> None:
    drawn = rated.figure([rating({"train.lr": 0.8, "train.weight_decay": 0.2}, 0.5)])
    floor, marks = drawn.data
    assert set(floor.x) == {0.5}
    assert list(marks.x) == [0.8, 0.2]
    assert list(marks.marker.symbol) == ["circle", "circle-open"]


def test_where_every_importance_is_noise_a_sentence_says_so(tmp_path: Path) -> None:
    summary = read(Ledger(search(tmp_path)))
    noise = tuple(rating(dict.fromkeys(each.share, 0.5), 0.9) for each in summary.importances[:1])
    page = section(render(summary.__class__(**(vars(summary) | {"importances": noise}))))
    assert "Every importance is below its noise floor" in page
    assert "the map may show nothing but noise" in page
    assert "0 of 2 hyperparameters above a noise floor" in page


def test_a_search_without_a_complete_trial_has_a_sentence_instead_of_figures(
    tmp_path: Path,
) -> None:
    all_diverged(tmp_path)
    page = section(build_report(tmp_path).read_text())
    assert "No trial is complete (4 diverged)" in page
    assert "loss is nan" in page
    assert "plotly-graph-div" not in page


def test_a_search_of_three_complete_trials_has_its_figures_and_says_what_lacks(
    tmp_path: Path,
) -> None:
    page = section(render(sweep(tmp_path, 5, 3)))
    drawn = set(re.findall(r'id="figure-([a-z_]+)"', page))
    assert drawn == {"search", "best_of", "parallel", "slices"}
    assert "3 different configurations are complete" in page
    assert "2 without a score are not drawn" in page


def test_the_words_know_from_how_many_trials_importances_are_computed() -> None:
    assert search_words.RATED == evaluators.FEWEST


def test_a_sweep_of_a_hundred_trials_has_every_figure(hundred: Summary) -> None:
    page = section(render(hundred))
    expected = {"search", "best_of", "parallel", "slices", "importance", "contour"}
    assert set(re.findall(r'id="figure-([a-z_]+)"', page)) == expected
    assert "different configurations are complete" not in page


def test_the_steps_of_an_axis_fit_a_phone() -> None:
    few = Scale("x", "steps", ("adamw", "adam"))
    assert ticks(few) == ([0.25, 0.75], ["adamw", "adam"])
    many = Scale("x", "steps", tuple(f"[{n}, 128, 64]" for n in range(30)))
    places, texts = ticks(many)
    assert len(places) == 2
    assert sum(map(len, texts)) <= 40
