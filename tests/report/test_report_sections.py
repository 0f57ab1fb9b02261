import re
from pathlib import Path
from typing import Any

import pytest
from synthetic_study import done, plan, trials, write

import rpbind
from rpbind.analysis.summary import read
from rpbind.design.factorial import factorial
from rpbind.ledger import Ledger
from rpbind.recipe import Recipe
from rpbind.report.build import build_report
from rpbind.screens.terminal import verdict_table
from rpbind.wording.banners import banners

CHANGES = {
    "residual": ("model.residual", True),
    "temperature": ("model.attention.temperature", True),
    "lr": ("train.lr", 0.5),
    "clip-norm": ("train.clip_norm", 1.0),
    "mask": ("train.mask", 0.5),
    "shift": ("train.shift", 3),
}
FORBIDDEN = ("significan", "no effect", "without effect", "trend towards", "proves ")


def crossed(folder: Path, k: int) -> Path:
    """A factorial study in which only residual and lr together have an effect."""
    changes = dict(list(CHANGES.items())[:k])
    end = Recipe().with_(dict(changes.values()))
    moved = {name: (path,) for name, (path, _) in changes.items()}
    design = factorial(("end", end), Recipe(), moved)
    parts: dict[str, Any] = {
        "controls": (),
        "arms": design.arms,
        "contrasts": design.contrasts,
        "factors": dict(design.factors),
    }
    study_plan = plan().model_copy(update=parts | {"design": design.name})
    ledger = Ledger(folder)
    ledger.begin(study_plan)
    for stream, arm in enumerate(study_plan.arms):
        both = all(arm.name in study_plan.factors[name] for name in ("residual", "lr"))
        for seed in study_plan.seeds:
            ledger.append(done(arm, seed, 0.04 * both, stream, 24))
    return folder


def section(page: str, name: str) -> str:
    return page[page.index(f'<section id="{name}">') :].split("</section>")[0]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return crossed(tmp_path_factory.mktemp("full"), 3)


@pytest.fixture(scope="module")
def page(full: Path) -> str:
    return build_report(full).read_text()


@pytest.fixture(scope="module")
def fraction(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return crossed(tmp_path_factory.mktemp("fraction"), 6)


def test_a_full_factorial_has_verdicts_on_main_effects_and_interactions_of_two(full: Path) -> None:
    contrasts = {c.paired.contrast.name: c.verdict for c in read(Ledger(full)).contrasts}
    assert list(contrasts) == [
        "residual",
        "temperature",
        "lr",
        "residual × temperature",
        "residual × lr",
        "temperature × lr",
    ]
    assert contrasts["residual × lr"].word == "better"
    assert contrasts["residual × lr"].mean == pytest.approx(0.04, abs=0.01)
    assert contrasts["residual"].mean == pytest.approx(0.02, abs=0.005)


def test_its_section_shows_shapley_values_and_the_interaction_of_three(page: str) -> None:
    shown = section(page, "factorial")
    tables = shown[shown.index("</figcaption>") :]
    assert tables.count('<th scope="row">') == 3 + 1
    assert "residual × temperature × lr" in shown
    assert "Exploratory" in shown
    assert "Aliases" not in shown


def test_an_effect_says_how_many_arms_it_compares(full: Path, page: str) -> None:
    verdicts = section(page, "verdicts")
    assert "mean of 4 arms with it, minus mean of 4 arms without it" in verdicts
    assert "in 8 arms" in verdicts
    assert verdict_table(full)


def test_a_fraction_has_verdicts_on_main_effects_only_and_shows_its_aliases(fraction: Path) -> None:
    summary = read(Ledger(fraction))
    assert [c.paired.contrast.name for c in summary.contrasts] == list(CHANGES)
    assert summary.factorial is not None
    shown = section(build_report(fraction).read_text(), "factorial")
    assert "64 combinations" in shown
    for name, others in summary.factorial.aliases.items():
        assert name in shown
        assert all(other in shown for other in others)
    assert "Shapley" not in shown


def test_a_path_has_no_such_section_and_its_effects_are_not_at_one_reference(
    tmp_path: Path,
) -> None:
    page = build_report(write(tmp_path, plan(2, 2, design="path"), lost=False)).read_text()
    assert '<section id="factorial">' not in page
    assert "effect at this reference" not in page


@pytest.mark.parametrize("design", ["leave-one-out", "add-one-in"])
def test_one_at_a_time_designs_show_effects_at_this_reference(design: str, tmp_path: Path) -> None:
    write(tmp_path, plan(2, 2, design=design), lost=False)
    assert build_report(tmp_path).read_text().count("effect at this reference") == 1


def test_importance_names_evaluators_sampler_and_the_noise_floor(tmp_path: Path) -> None:
    dimensions = [
        {"path": path, "kind": "float", "low": low, "high": high, "log": log}
        for path, low, high, log in (
            ("train.lr", 1e-4, 1e-2, True),
            ("train.weight_decay", 0.0, 0.1, False),
        )
    ]
    search = {"dimensions": dimensions, "sampler": "random", "trials": 12}
    write(tmp_path, plan(2, 2, search=search), lost=False)
    trials(tmp_path, 14)
    shown = section(build_report(tmp_path).read_text(), "search")
    for part in (
        "fANOVA",
        "PED-ANOVA",
        "mean decrease of impurity",
        "Noise floor",
    ):
        assert part in shown
    assert "13 different configurations" in shown


def test_only_arms_that_know_base_rates_get_a_banner(tmp_path: Path) -> None:
    study_plan = plan(2, 2)
    ledger = Ledger(tmp_path)
    ledger.begin(study_plan)
    for number, arm in enumerate(study_plan.arms):
        for seed in study_plan.seeds:
            row = done(arm, seed, 0.0, number, 24)
            blind = tuple(score.model_copy(update={"auroc": 0.5}) for score in row.proteins)
            ledger.append(row.model_copy(update={"proteins": blind} if number else {}))
    found = [b for b in banners(read(ledger)) if "base rates" in b]
    assert len(found) == 1
    assert "memory=residue 0.740 against 0.500" in found[0]


def test_no_report_text_uses_a_forbidden_word_for_a_result(page: str) -> None:
    package = Path(rpbind.__file__).parent
    files = [*(package / "report").rglob("*.html"), package / "design" / "price.py"]
    files += [
        file
        for room in ("statistics", "analysis", "report")
        for file in (package / room).glob("*.py")
    ]
    texts = [file.read_text() for file in files]
    texts.append(re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))
    for text in texts:
        assert [word for word in FORBIDDEN if word in text.lower()] == []
