"""Studies side by side: what differs in plan, like verdicts, and arms that may be paired."""

from __future__ import annotations

import re
import shlex
import sys
from html import unescape
from pathlib import Path

import pytest

import rpbind as rb
from rpbind import cli
from rpbind.analysis.summary import read
from rpbind.ledger import ArmPlan, Ledger, Plan
from rpbind.recipe import Recipe
from rpbind.several.like import like_contrasts, pairs_of
from rpbind.several.plans import plan_rows, recipe_rows
from rpbind.several.side import Side, sides_of

sys.path.append(str(Path(__file__).parents[1] / "report"))  # the synthetic studies stand there

from synthetic_study import EFFECTS, HOSTILE, NAMES, done, plan
from twelve_studies import harmless, search

CLUSTERS = 6
LOW, HIGH = 0.0, 0.06
"""What the second arm gains in the first study and in the second."""


def write(folder: Path, study: Plan, gain: float) -> Path:
    """Write a study whose runs are done; its second arm has this much more AUROC."""
    ledger = Ledger(folder)
    ledger.begin(study)
    for i, arm in enumerate(study.arms):
        for seed in study.seeds:
            added = gain if i == 1 else 0.0
            ledger.append(done(arm, seed, EFFECTS[i] + added, i + 50 * (added > 0), CLUSTERS))
    return folder


def decayed(arm: ArmPlan) -> ArmPlan:
    """The arm with another weight decay."""
    recipe = Recipe.model_validate(arm.recipe).with_({"train.weight_decay": 0.05})
    changed = {"recipe": recipe.model_dump(mode="json"), "recipe_id": recipe.id}
    return arm.model_copy(update=changed)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Studies that share data, split and arms; the second has more seeds and another recipe."""
    folder = tmp_path_factory.mktemp("reports")
    first = harmless(4, 4)
    write(folder / "first", first, LOW)
    second = harmless(3, 6)
    arms = (second.arms[0], decayed(second.arms[1]), second.arms[2])
    write(folder / "second", second.model_copy(update={"arms": arms}), HIGH)
    write(folder / "data", first.model_copy(update={"dataset": "other@123456789abc"}), LOW)
    split = {"split": "cold-protein-0.8-0.1-0.1-s0@ba9876543210"}
    write(folder / "split", first.model_copy(update=split), LOW)
    write(folder / "seeds", first.model_copy(update={"seeds": (7, 8, 9)}), LOW)
    other = tuple(arm.model_copy(update={"name": f"x-{arm.name}"}) for arm in first.arms)
    write(folder / "arms", first.model_copy(update={"arms": other, "contrasts": ()}), LOW)
    search(folder / "search")
    return folder


def opened(reports: Path, *names: str) -> list[Side]:
    return sides_of([reports / name for name in names])


def rows(page: str, name: str) -> list[list[str]]:
    """Return the cells of a table of a page, without tags."""
    table = page.partition(f'data-name="{name}"')[2].partition("</table>")[0]
    found = []
    for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL):
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        found.append([" ".join(unescape(re.sub("<[^>]+>", " ", cell)).split()) for cell in cells])
    return found


def test_the_plan_table_has_what_differs_and_nothing_else(reports: Path) -> None:
    sides = opened(reports, "first", "second")
    found = {row.what: row.values for row in plan_rows(sides) if row.differs}
    assert found == {
        "arms": ("4", "3"), "contrasts": ("3", "2"), "seeds": ("0 to 3 (4)", "0 to 5 (6)"),
    }  # fmt: skip
    (changed,) = recipe_rows(sides)
    assert (changed.arm, changed.path) == (NAMES[1], "train.weight_decay")
    assert changed.values[1] == "0.05"
    assert changed.values[0] != "0.05"


def test_code_of_other_modules_is_named(reports: Path, tmp_path: Path) -> None:
    study = Ledger(reports / "first").plan
    for name, code in (("one", "a"), ("two", "b")):
        Ledger(tmp_path / name).begin(
            study.model_copy(
                update={"code": code * 40, "code_modules": {"model": code, "run": "c"}}
            )
        )
    found = {row.what: row.values for row in plan_rows(opened(tmp_path, "one", "two"))}
    assert found["code that differs from 1"] == ("–", "rpbind.model")
    assert found["code"] == ("a" * 12, "b" * 12)


def test_like_contrasts_are_those_of_each_study_next_to_each_other(reports: Path) -> None:
    sides = opened(reports, "first", "second")
    likes = {like.name: like for like in like_contrasts(sides)}
    for number, side in enumerate(sides):
        for contrast in read(side.ledger).contrasts:
            shown = likes[contrast.paired.contrast.name].judged[number]
            assert shown is not None
            assert shown.verdict == contrast.verdict
    moved = likes[f"{NAMES[1]} vs old"]
    assert moved.other == (2,)  # there, the arm has another recipe
    assert likes[f"{NAMES[3]} vs old"].judged[1] is None
    assert not likes[f"{NAMES[3]} vs old"].is_shared


def test_like_arms_are_paired_as_compare_pairs_them(reports: Path) -> None:
    (pair,) = pairs_of(opened(reports, "first", "second"))
    expected = rb.compare(reports / "first", reports / "second").result
    assert pair.comparison is not None
    assert [c.verdict for c in pair.comparison.contrasts] == [c.verdict for c in expected.contrasts]
    by_name = {c.paired.contrast.name: c for c in pair.comparison.contrasts}
    assert by_name[NAMES[1]].verdict.word == "worse"
    assert by_name[NAMES[1]].verdict.mean == pytest.approx(LOW - HIGH, abs=0.02)
    assert by_name["old"].verdict.word == "inert"
    assert by_name["old"].paired.seeds == (0, 1, 2, 3)  # those that both studies have


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ("data", "they have other data"),
        ("split", "they have other splits"),
        ("seeds", "they share no seed"),
        ("arms", "they have no arm of one name"),
        ("search", "they have no arm of one name"),
    ],
)
def test_where_pairing_is_not_allowed_the_page_says_why(
    reports: Path, tmp_path: Path, other: str, why: str
) -> None:
    (pair,) = pairs_of(opened(reports, "first", other))
    assert pair.comparison is None
    assert why in pair.why
    made = rb.side_by_side([reports / "first", reports / other], tmp_path / "page.html")
    assert f"Not paired: {why}" in made.page.read_text()
    assert any(f"1 and 2 are not paired: {why}" in line for line in made.lines)


def test_winners_of_searches_are_not_paired(reports: Path, tmp_path: Path) -> None:
    twin = search(tmp_path / "twin")
    (pair,) = pairs_of(sides_of([reports / "search", twin]))
    assert pair.comparison is not None
    assert [c.paired.contrast.name for c in pair.comparison.contrasts] == ["base"]
    assert any(note.startswith("tuned: chosen by a search") for note in pair.comparison.notes)


def test_a_running_study_has_neither_verdicts_nor_pairs(reports: Path, tmp_path: Path) -> None:
    running = write(tmp_path / "running", Ledger(reports / "first").plan, HIGH)
    with Ledger(running).drive("test"):
        made = rb.side_by_side([reports / "first", running], tmp_path / "page.html")
    page = made.page.read_text()
    assert "2: running still runs" in page
    assert {row[5] for row in rows(page, "contrasts")[1:]} == {
        f"inconclusive {n} paired seeds" for n in (4,)
    }
    assert 'data-name="paired-1-2"' not in page


def test_the_tables_of_the_page_have_the_numbers_of_the_ledgers(
    reports: Path, tmp_path: Path
) -> None:
    folders = [reports / name for name in ("first", "second", "data")]
    page = rb.side_by_side(folders, tmp_path / "page.html").page.read_text()
    head, *body = rows(page, "contrasts")
    assert len(head) == 2 + 2 * 3
    for number, folder in enumerate(folders):
        shown = {row[0].removesuffix(" other recipes in 2"): row[2 + 2 * number] for row in body}
        for contrast in read(Ledger(folder)).contrasts:
            cell = shown[contrast.paired.contrast.name].replace("−", "-")
            mean = contrast.verdict.mean
            if mean is not None:
                assert float(cell.split()[0]) == pytest.approx(mean, abs=6e-5)
    arms = {row[0]: row[1:] for row in rows(page, "arms")[1:]}
    assert arms["old"][-1] == "the same"
    assert arms[NAMES[1]][-1] == "differs"
    assert arms[NAMES[3]][1] == "–"


def test_text_of_users_is_text_on_the_page(reports: Path, tmp_path: Path) -> None:
    study = plan(2, 2, name=HOSTILE, question=HOSTILE)
    for name in ("one", "t<i>wo"):
        write(tmp_path / name, study, LOW)
        rb.note(tmp_path / name, HOSTILE)
    page = rb.side_by_side([tmp_path / "one", tmp_path / "t<i>wo"]).page
    assert HOSTILE not in page.read_text()
    assert "<i>" not in page.read_text()
    assert page.parent == tmp_path


def test_the_page_stands_beside_the_first_study_and_in_the_list(tmp_path: Path) -> None:
    names = ["a" * 70, "b" * 70, "c" * 70]
    for name in names:
        write(tmp_path / name, harmless(2, 2), LOW)
    short = rb.side_by_side([tmp_path / name for name in names[:2]]).page
    assert short == tmp_path / f"side-by-side-{names[0]}-{names[1]}.html"
    long = rb.side_by_side([tmp_path / name for name in names]).page
    assert long.parent == tmp_path
    assert len(long.name) < 100
    listed = (tmp_path / "index.html").read_text()
    assert short.name in listed
    assert long.name in listed
    again = rb.side_by_side([tmp_path / name for name in names[:2]]).page
    assert again == short


def test_studies_of_one_name_are_told_apart(reports: Path, tmp_path: Path) -> None:
    twin = write(tmp_path / "elsewhere" / "first", harmless(4, 4), LOW)
    sides = sides_of([reports / "first", twin])
    assert [side.label for side in sides] == [f"{reports.name}/first", "elsewhere/first"]


def called(*words: str) -> int:
    sys.argv = ["rpbind", *words]
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("first nowhere", "holds no study"),
        ("first file.txt", "holds no study"),
        ("first first", "is given twice"),
        ("first second/../first", "is given twice"),
        ("first newer", "update rpbind"),
        ("first damaged", "damaged"),
        ("first second --out first/index.html", "is no page of studies side by side"),
        ("first second --out first", "is a folder"),
        ("first second --out file.txt/page.html", "is not a folder"),
        ("first second --watch", "--watch is for one study"),
        ("first second --format md", "--format is for one study"),
        ("first second --table arms", "--table is for one study"),
    ],
)
def test_what_cannot_be_put_side_by_side_is_refused_with_the_reason(
    reports: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: str,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("first", "second", "newer", "damaged"):
        write(tmp_path / name, harmless(2, 2), LOW)
    (tmp_path / "newer" / "plan.json").write_text('{"schema": 99}')
    row = next((tmp_path / "damaged" / "ledger").glob("*.parquet"))
    row.write_bytes(row.read_bytes()[:40])
    (tmp_path / "file.txt").write_text("x")
    (tmp_path / "first" / "index.html").write_text("a page")
    assert called("report", *shlex.split(words)) == 2
    assert says in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.glob("side-by-side*"))
    assert (tmp_path / "first" / "index.html").read_text() == "a page"


def test_the_command_prints_the_sentences_and_the_page(
    reports: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "page.html"
    folders = [str(reports / name) for name in ("first", "second")]
    assert called("report", *folders, "--out", str(out)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"report: {out}"
    assert re.fullmatch(
        rf"{re.escape(NAMES[1])}: AUROC is lower in 1 than in 2 by 0\.0\d\d \(.*\)\.",
        next(line for line in lines if "lower in 1" in line),
    )
    assert out.exists()
