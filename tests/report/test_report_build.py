import json
import re
from pathlib import Path
from typing import get_args

import pytest
from full_disk import files_of_at_most
from plotly.offline import get_plotlyjs_version
from synthetic_study import HOSTILE, controls, plan, trials, write

from rpbind.errors import UserError
from rpbind.figures import embed
from rpbind.ledger import Ledger, Row
from rpbind.report.build import build_report
from rpbind.statistics.verdict import Word

VERDICT = re.compile(r'<span class="verdict [a-z-]+">([^<]+)</span>')


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("study")
    write(folder)
    trials(folder)
    controls(folder, plan())
    return build_report(folder).read_text()


def outside_scripts(page: str) -> str:
    return re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def test_the_page_is_in_the_folder_of_the_study_and_the_same_each_time(tmp_path: Path) -> None:
    write(tmp_path, plan(2, 2), lost=False)
    first = build_report(tmp_path)
    assert first == tmp_path / "index.html"
    before = first.read_bytes()
    assert build_report(tmp_path).read_bytes() == before
    made = ["claims", "findings.json", "index.html", "ledger", "plan.json"]
    assert sorted(p.name for p in tmp_path.iterdir()) == made


def test_plotly_is_inlined_once_and_the_page_requests_nothing(page: str) -> None:
    assert page.count("* plotly.js (cartesian - minified) v") == 1
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=", page)
    assert "http" not in outside_scripts(page).replace("http-equiv", "")
    assert "default-src 'none'" in page


def test_all_text_stands_before_plotly_and_the_page_is_a_third_of_what_the_full_bundle_made(
    page: str,
) -> None:
    text_ends = page.index("</main>")
    assert text_ends < page.index("* plotly.js (cartesian - minified) v")
    before = re.findall(r"<script([^>]*)>", page[:text_ends])
    assert before
    assert all('type="application/json"' in attributes for attributes in before)
    assert len(page.encode()) < 2_200_000


def test_the_bundle_on_the_page_has_the_version_that_plotly_draws_for() -> None:
    first_lines = embed.PLOTLY.read_text()[:200]
    assert f"v{get_plotlyjs_version()}\n" in first_lines
    assert "MIT License" in (embed.PLOTLY.parent / "LICENSE").read_text()


def test_the_cartesian_bundle_has_every_kind_of_trace_that_is_drawn(page: str) -> None:
    figures = map(json.loads, re.findall(r'id="data-figure-[a-z0-9-]+">(.*?)</script>', page))
    kinds = {trace["type"] for figure in figures for trace in figure["data"]}
    assert kinds == {"scatter", "heatmap"}


def test_hostile_text_of_a_change_or_an_error_is_escaped(page: str) -> None:
    assert HOSTILE not in page
    assert outside_scripts(page).count("&lt;script&gt;alert(") >= 3


def test_a_hostile_contrast_name_cannot_leave_its_figure(tmp_path: Path) -> None:
    study_plan = plan(2, 2)
    named = study_plan.contrasts[0].model_copy(update={"name": "</script>" + HOSTILE})
    write(tmp_path, study_plan.model_copy(update={"contrasts": (named,)}), lost=False)
    written = build_report(tmp_path).read_text()
    assert HOSTILE not in written
    assert "</script></script>" not in written


def test_every_failed_run_is_on_the_page_with_state_and_error(page: str) -> None:
    text = outside_scripts(page)
    assert "3 of 60 planned runs are not done" in text
    assert "loss is nan in epoch 3" in text
    assert re.search(r"init=xavier</th><td class=\"n\">4</td><td>planned", text)


def test_verdicts_use_only_the_words_of_the_decision_rule(page: str) -> None:
    words = set(VERDICT.findall(page)) - {"screening"}
    assert {word.split(",")[0] for word in words} <= set(get_args(Word))
    assert {"inert", "better, meaningful", "no meaningful effect", "inconclusive"} <= words


def test_a_metric_that_no_run_has_is_a_dash_and_never_nan(page: str) -> None:
    text = outside_scripts(page)
    assert re.search(r'<td class="n">\s*–\s*</td>', text)
    assert not re.search(r"\b(nan|None|inf)\b", text.replace("loss is nan", ""))


def test_every_figure_is_there_once(page: str) -> None:
    ids = re.findall(r'<div id="figure-([a-z0-9_-]+)"', page)
    assert {"forest", "runs", "controls", "proteins", "map", "search", "learning"} <= set(ids)
    assert len(ids) == len(set(ids))


def test_a_search_is_marked_as_exploratory_and_shows_its_best_trial(page: str) -> None:
    search = page[page.index('<section id="search">') : page.index('<section id="findings">')]
    assert "Exploratory" in search
    assert search.count("(best)</th>") == 1
    assert "train.lr" in search


def test_controls_are_shown_with_their_flags_and_with_the_claims_of_each_arm(page: str) -> None:
    text = outside_scripts(page)
    section = text[text.index('<section id="controls">') : text.index('<section id="curves">')]
    assert section.index("5mer-per-protein") < section.index("5mer-shared")
    assert re.search(r'protein-degree <span class="flag">flag</span>', section)
    assert re.search(r"gc-per-protein</th><td class=\"n\">–</td>", section)
    assert "4 of 5 seeds" in section
    assert section.count('<td class="claim">') == 12 * 5
    assert "<small>minus letters shuffled</small>" in section


def test_a_study_without_controls_says_so_and_claims_nothing(tmp_path: Path) -> None:
    study_plan = plan(2, 2)
    Ledger(tmp_path).begin(study_plan)
    text = outside_scripts(build_report(tmp_path).read_text())
    assert "No baseline was scored." in text
    assert '<td class="claim">' not in text


def test_one_seed_gets_numbers_and_no_p_value(tmp_path: Path) -> None:
    write(tmp_path, plan(2, 1, split="random-0.8-s0"), clusters=24, lost=False)
    text = outside_scripts(build_report(tmp_path).read_text())
    verdicts = text[: text.index('<section id="controls">')]
    assert VERDICT.findall(verdicts) == ["inconclusive", "screening"]
    assert "unattainable" in text
    assert "Random split" in text
    assert '<td class="n">–</td>' in text


def test_a_study_in_which_nothing_is_done_still_gets_its_page(tmp_path: Path) -> None:
    study_plan = plan(2, 2)
    Ledger(tmp_path).begin(study_plan)
    arm = study_plan.arms[0]
    failed = Row(arm=arm.name, seed=0, state="failed", recipe=arm.recipe, error="no memory",
                 recipe_id=arm.recipe_id, ended="2026-01-02")  # fmt: skip
    Ledger(tmp_path).append(failed)
    text = outside_scripts(build_report(tmp_path).read_text())
    assert "none of the 4 planned runs is done (1 failed, 3 not begun)" in text
    assert "no memory" in text


def test_a_folder_without_a_study_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no plan\.json"):
        build_report(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_cannot_be_written_fails_before_it_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, plan(2, 2), lost=False)

    def denied(dir: Path) -> None:
        raise PermissionError(13, "Permission denied", str(dir))

    def drawn(*words: object) -> None:
        raise AssertionError("the page was drawn")

    monkeypatch.setattr("tempfile.TemporaryFile", denied)
    monkeypatch.setattr("rpbind.report.build.render", drawn)
    with pytest.raises(UserError, match=r"index\.html cannot be made: .*Permission denied"):
        build_report(tmp_path)


@pytest.mark.parametrize("size", [100_000, 1_000_000])
def test_a_page_on_a_full_disk_leaves_the_old_one(size: int, tmp_path: Path) -> None:
    write(tmp_path, plan(2, 2), lost=False)
    page = tmp_path / "index.html"
    page.write_text("the old page")
    with files_of_at_most(size), pytest.raises(OSError, match="large") as error:
        build_report(tmp_path)
    assert error.value.filename == str(page)
    assert page.read_text() == "the old page"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["index.html", "ledger", "plan.json"]
