import html
import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from rpbind.ledger import ArmPlan, Ledger, Plan, ProteinScore, Row
from rpbind.recipe import Recipe
from rpbind.recipe.files import read_recipe
from rpbind.recipe.presets import FIXED, OLD
from rpbind.report import build
from rpbind.report.build import build_report
from rpbind.screens.terminal import verdict_table

ARMS = {"old": OLD, "fixed": FIXED}


def winner(arm: str, search: str) -> Recipe:
    return ARMS[arm].with_({"train.lr": 1e-3 * (1 + int(search.removeprefix("s")))})


def row(name: str, seed: int, auroc: float, stage: str, part: str) -> Row:
    recipe = ARMS[name.partition(".")[0]].with_({"train.lr": 1e-3 * (1 + seed % 7)})
    arm, search = name.split(".")[:2]
    base = winner(arm, search) if stage == "ablation" else recipe
    return Row.model_validate(
        {
            "arm": name, "seed": seed, "state": "done", "stage": stage, "ended": f"{seed:05d}",
            "recipe": base.model_dump(mode="json"), "recipe_id": base.id,
            "metrics": {f"{part}.auroc_macro": auroc, "validation.auroc_macro": auroc},
            "proteins": [
                ProteinScore(part=part, protein=f"P{g}", cluster=g, windows=9, positives=4,
                             auroc=auroc + 0.001 * ((7 * g + 3 * seed + len(name)) % 5), auprc=None)
                for g in range(24)
            ],
        }
    )  # fmt: skip


def study(folder: Path, searches: int) -> str:
    """Write a study of two tuned arms, `fixed` better by 0.05; return the section of its search."""
    search_names = [f"{arm}.s{s}" for arm in ARMS for s in range(searches)]
    recipes = {search_name: winner(*search_name.split(".")) for search_name in search_names}
    contrast = {"name": "whole", "arm": "fixed", "reference": "old"}
    plan = Plan(
        study="tuned", question="?", prediction="!", rule=".", design="path, tuned arms",
        arms=tuple(
            ArmPlan(name=search_name, recipe=r.model_dump(mode="json"), recipe_id=r.id)
            for search_name, r in recipes.items()
        ),
        contrasts=(), seeds=(0, 1), dataset="toy", split="cold-rna", created="2026-01-01",
        search={
            "about": "Rates.", "arms": {k: r.model_dump(mode="json") for k, r in ARMS.items()},
            "dimensions": [], "trials": 3, "sampler": "tpe", "scheduler": "none",
            "objectives": ["auroc"], "searches": searches, "shared": False, "closed": True,
            "contrasts": [contrast],
            "winners": {s: {"arm": s, "trial": f"{s}.trial-0002"} for s in search_names},
        },
    )  # fmt: skip
    ledger = Ledger(folder)
    ledger.begin(plan)
    for search_name in search_names:
        worth = 0.05 * search_name.startswith("fixed")
        for n in range(3):
            name = f"{search_name}.trial-{n:04d}"
            ledger.append(row(name, 1000 + n, 0.6 + 0.01 * n + worth, "search", "validation"))
        for seed in (0, 1):
            ledger.append(row(search_name, seed, 0.58 + worth, "ablation", "test"))
    page = build_report(folder).read_text()
    assert "The plan has no contrast" not in page
    many = f"The results of the {2 * searches} searches are in the section Search"
    assert (many in answer(folder)) == (searches > 1)
    assert '<section id="verdicts">' not in page  # there is none, and the search comes first
    assert page.index('<section id="search">') < page.index('<section id="arms">')
    return page[page.index('<section id="search">') : page.index('<section id="findings">')]


def on_terminal(folder: Path) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(verdict_table(folder))
    return console.export_text()


def answer(folder: Path) -> str:
    page = (folder / "index.html").read_text()
    return page[page.index('<section id="answer"') : page.index('<section id="search">')]


def test_page_and_terminal_show_the_verdict_on_tuned_arms_or_why_there_is_none(
    tmp_path: Path,
) -> None:
    study(tmp_path / "five", 5)
    assert "whole, tuned, raises AUROC by 0.05" in answer(tmp_path / "five")
    assert re.search(r"whole +\+0\.05.*5/5×24 +better, meaningful", on_terminal(tmp_path / "five"))
    study(tmp_path / "one", 1)
    for text in (answer(tmp_path / "one"), on_terminal(tmp_path / "one")):
        assert "No verdict on tuned arms: 1 search per arm" in text
        assert "better" not in text


def test_five_searches_per_arm_show_a_verdict_by_search_budgets_and_optimism(
    tmp_path: Path,
) -> None:
    section = study(tmp_path, 5)
    assert re.search(r'class="verdict better">\s*better, meaningful', section)
    assert "5 of 5 searches" in section
    assert "The sampler (tpe)" in section
    assert "the same number of trials for every search" in section
    assert section.count("<small>3 done</small>") == 10
    assert "figure-best_of" in section


def test_one_search_per_arm_shows_the_refusal_and_no_verdict(tmp_path: Path) -> None:
    section = study(tmp_path, 1)
    assert "No verdict on tuned arms: 1 search per arm" in section
    assert 'class="verdict' not in section


@pytest.mark.parametrize("searches", [1, 5])
def test_a_winner_is_shown_with_its_optimism(searches: int, tmp_path: Path) -> None:
    section = study(tmp_path, searches)
    assert section.count("+0.0400") == 2 * searches


def test_the_best_recipe_is_on_the_page_as_a_file_that_commands_read(tmp_path: Path) -> None:
    section = study(tmp_path, 1)
    found = dict(re.findall(r'<pre data-file="(.*?)">(.*?)</pre>', section, flags=re.DOTALL))
    assert sorted(found) == ["winner-fixed.s0.toml", "winner-old.s0.toml"]
    page = (tmp_path / "index.html").read_text()
    assert (Path(build.__file__).parent / "copy.js").read_text() in page  # makes its buttons
    file = tmp_path / "winner.toml"
    file.write_text(html.unescape(found["winner-fixed.s0.toml"]))
    best = row("fixed.s0.trial-0002", 1002, 0.6, "search", "validation")
    assert read_recipe(file).id == best.recipe_id


def test_optimism_has_two_parts(tmp_path: Path) -> None:
    section = study(tmp_path, 1)  # fresh seeds: 0.04 lower, and the same on validation and test
    assert section.count("<small>selection +0.040</small>") == 2
    assert len(re.findall(r"<small>validation to test [+−]?0.000</small>", section)) == 2
