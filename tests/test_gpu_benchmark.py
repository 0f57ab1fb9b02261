"""The benchmark of a GPU, exercised on a CPU. The run by Ray Train in it has other tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gpu
import gpu_checks
import pytest
import torch
from gpu_rates import Size
from pages import Page
from typer.testing import CliRunner

from rpbind.recipe.presets import PRESETS

SMALLEST = Size(factor=8, seconds=0.01, rounds=1, windows=640, processes=1, seeds=(5,))
SECTIONS = (gpu.check, gpu.one_process, gpu.one_epoch, gpu.many_processes, gpu.seeds_together)


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    """Runs of the benchmark set torch's threads."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def report_into(file: Path) -> gpu.Report:
    return gpu.Report(Page("", file), "cpu", SMALLEST)


def test_every_table_has_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [each for each in gpu_checks.CHECKS if each is not gpu_checks.worker_group]
    monkeypatch.setattr(gpu, "CHECKS", others)
    report = report_into(tmp_path / "page.md")
    for section in SECTIONS:
        section(report)
    assert not report.failed
    page = (tmp_path / "page.md").read_text()
    checks, alone, epochs, shared, together = page.split("\n\n")[-5:]
    for name in PRESETS:
        assert all(f"| `{name}`" in table for table in (checks, alone, shared))
        assert (f"| `{name} /8`, 5 seeds |" in together) == (name != "conv-residue")
    assert all(f"| `{name}` |" in epochs for name in gpu.EPOCH)


def test_a_fast_form_that_computes_something_else_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = [found for found in gpu_checks.fast_and_plain("cpu", 8) if "plain" in found.what]
    assert all(found.holds for found in right)
    forward = gpu_checks.FastModel.forward

    def wrong(model: Any, *given: Any) -> Any:
        return forward(model, *given) * (1.0 if model.plain else 1.001)

    monkeypatch.setattr(gpu_checks.FastModel, "forward", wrong)
    found = [found for found in gpu_checks.fast_and_plain("cpu", 8) if "plain" in found.what]
    assert not any(each.holds for each in found if each.what.endswith("scores"))


def test_a_row_that_fails_says_so_and_the_others_go_on(tmp_path: Path) -> None:
    report = report_into(tmp_path / "page.md")
    report.attempt("first", lambda: [][0])
    report.attempt("second", lambda: report.page.row("second", "1"))
    assert report.failed
    *_, first, second = (tmp_path / "page.md").read_text().splitlines()
    assert first.startswith("| first | failed: IndexError")
    assert second == "| second | 1 |"


def test_no_row_is_begun_when_no_time_is_left(tmp_path: Path) -> None:
    report = report_into(tmp_path / "page.md")
    report.began -= gpu.LIMIT + 1
    report.attempt("late", lambda: report.page.row("late", "1"))
    assert "| late | not measured" in (tmp_path / "page.md").read_text()
    assert not report.failed


@pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device is here")
def test_without_a_gpu_nothing_is_measured(tmp_path: Path) -> None:
    app = gpu.typer.Typer()
    app.command()(gpu.main)
    ended = CliRunner().invoke(app, ["--out", str(tmp_path / "page.md")])
    assert ended.exit_code == 2
    assert not (tmp_path / "page.md").exists()
