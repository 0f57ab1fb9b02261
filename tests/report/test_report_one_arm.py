"""A study that compares no arms: its page and its last screen say how the arm did."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from synthetic_study import plan, write

from rpbind import experiment
from rpbind.analysis.summary import read
from rpbind.ledger import Finding, Ledger
from rpbind.report.build import build_report
from rpbind.screens.terminal import verdict_table, whole_answer


def alone(folder: Path) -> list[float]:
    """Write a study of one arm with three seeds, and return their test AUROCs."""
    write(folder, plan(1, 3, prediction="", contrasts=(), controls=()), lost=False)
    return [row.metrics["test.auroc_macro"] for row in Ledger(folder).rows()]


def screen(study: Path) -> str:
    shown = io.StringIO()
    Console(file=shown, width=100).print(verdict_table(study))
    return shown.getvalue()


def test_the_page_answers_with_the_mean_and_the_range_over_seeds(tmp_path: Path) -> None:
    auroc = alone(tmp_path)
    page = build_report(tmp_path).read_text()
    answer = page[page.index('<section id="answer"') : page.index('<section id="arms">')]
    assert f"{sum(auroc) / 3:.3f}, macro over 24 protein clusters" in answer
    assert f"{min(auroc):.3f} to {max(auroc):.3f}" in answer
    assert "<dt>Prediction</dt>" not in page
    assert '<section id="verdicts">' not in page


def test_the_screen_lists_the_metrics(tmp_path: Path) -> None:
    auroc = alone(tmp_path)
    (line,) = [
        line
        for line in screen(tmp_path).splitlines()
        if line.strip().startswith("AUROC, macro over 24")
    ]
    shown = [float(value) for value in line.split()[-3:]]
    assert shown == [round(x, 3) for x in (sum(auroc) / 3, min(auroc), max(auroc))]


def test_every_finding_of_the_doctor_is_on_the_screen(tmp_path: Path) -> None:
    alone(tmp_path)
    deaf = Finding(name="RNA has no effect", severity="error", measured=0.0, threshold=1e-6,
                   advice="Check the residual.")  # fmt: skip
    (row, *_) = Ledger(tmp_path).rows()
    Ledger(tmp_path).append(
        row.model_copy(update={"attempt": row.attempt + 1, "findings": (deaf,)})
    )
    assert "error: RNA has no effect: 1 run (old). Check the residual." in screen(tmp_path)


def test_without_findings_the_screen_says_whose_findings_there_are_none_of(tmp_path: Path) -> None:
    alone(tmp_path)
    shown = io.StringIO()
    healthy = replace(read(Ledger(tmp_path)), findings=())
    Console(file=shown, width=100).print(whole_answer(healthy))
    (line,) = [line for line in shown.getvalue().splitlines() if line.startswith("findings")]
    assert "doctor" in line


def test_the_last_lines_say_how_to_predict_with_the_first_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    alone(tmp_path)
    first, second = tmp_path / "runs" / "a-s0", tmp_path / "runs" / "a-s1"
    monkeypatch.setattr(experiment, "models_of_study", lambda study: [first, second])
    for words in ("", " --trust"):
        experiment._show(Ledger(tmp_path).plan, tmp_path / "index.html")
        (line,) = [one for one in capsys.readouterr().out.splitlines() if "rpbind predict" in one]
        assert f"rpbind predict {first} WINDOWS --out scores.csv" in line
        assert line.endswith("--trust") == bool(words)
        (first / "parts").mkdir(parents=True, exist_ok=True)  # code of one's own
