"""The last screen of a study is short, says the verdicts, and leaves the rest to the report."""

import io
from pathlib import Path

import pytest
import synthetic_study
from rich.console import Console

from rpbind import verbosity
from rpbind.screens.screen import MOST_LINES, last_screen
from rpbind.screens.terminal import verdict_table

NAMES = (*synthetic_study.NAMES, "heads", "film")


def lines(study: Path, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    console.print(last_screen(study))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fourteen arms, of which two repeat others by effect, with controls and lost runs."""
    folder = tmp_path_factory.mktemp("screen")
    effects = (*synthetic_study.EFFECTS, 0.001, -0.05)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(synthetic_study, "NAMES", NAMES)
        patch.setattr(synthetic_study, "EFFECTS", effects)
        plan = synthetic_study.plan(arms=14)
        synthetic_study.write(folder, plan)
        synthetic_study.controls(folder, plan)
    return folder


def test_fourteen_arms_fit_a_screen_of_50_lines_and_80_columns(study: Path) -> None:
    shown = lines(study)
    assert len(shown) <= 50
    assert max(map(len, shown)) <= 80


def test_the_answer_comes_first_and_the_next_command_before_the_table(study: Path) -> None:
    shown = lines(study, 2000)
    assert shown[0].startswith("! 3 of 70 planned runs are missing")
    assert shown[1].startswith("▼ film lowers AUROC by 0.048 (0.034 to 0.063)")
    table = next(n for n, line in enumerate(shown) if " film vs old " in line)
    command = next(n for n, line in enumerate(shown) if line.strip().startswith("python exp"))
    assert command < table


def test_every_contrast_is_there_with_its_verdict(study: Path) -> None:
    shown = lines(study, 200)
    rows = {name: next(line.strip() for line in shown if f" {name} vs old " in line)
            for name in NAMES[1:]}  # fmt: skip
    assert rows["film"].startswith("worse")
    assert rows["memory=expanded"].startswith("inert ")
    assert rows["memory=residue"].startswith("better")


def test_the_best_baseline_and_who_beats_it_are_there_and_the_rest_is_not(study: Path) -> None:
    text = " ".join(lines(study, 2000))
    assert "2 of 14 arms beat the plain baseline (5mer-per-protein, test AUROC 0.722)" in text
    assert "sees motifs?" not in text
    assert "report" in lines(study, 200)[-1]


def test_verbose_shows_the_whole_answer(study: Path) -> None:
    verbosity.choose(verbose=True)
    try:
        whole = lines(study)
    finally:
        verbosity.reset()
    console = Console(file=io.StringIO(), width=80)
    console.print(verdict_table(study))
    assert isinstance(console.file, io.StringIO)
    assert whole == console.file.getvalue().splitlines()
    assert len(whole) > len(lines(study))


def test_of_many_lost_runs_three_are_named_and_the_others_counted(tmp_path: Path) -> None:
    synthetic_study.write(tmp_path, synthetic_study.plan(arms=5), lost=False)
    for row in (tmp_path / "ledger").glob("ablation-encoder=token-*"):
        row.unlink()
    shown = [line for line in lines(tmp_path, 200) if line.startswith("  ")]
    assert sum(line.startswith("  encoder=token, seed") for line in shown) == MOST_LINES
    assert f"  and {5 - MOST_LINES} more" in "\n".join(shown)
