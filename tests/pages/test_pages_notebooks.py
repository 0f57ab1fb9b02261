"""The notebooks of examples/ run from the first cell to the last, and show what they promise."""

import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from rpbind.ledger import Ledger

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the folder of the notebooks; the fourth one reads the study of the first."""
    copy = tmp_path_factory.mktemp("examples") / "examples"
    ignored = shutil.ignore_patterns("data", "reports")
    return Path(shutil.copytree(ROOT / "examples", copy, ignore=ignored))


def outputs(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Run a notebook; the last line of each cell, and what the cell shows."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook: Any = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    where = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, kernel_name="python3", timeout=600, resources=where).execute()
    return {
        cell["source"].splitlines()[-1]: "".join(map(_shown, cell["outputs"]))
        for cell in notebook.cells
        if cell["cell_type"] == "code"
    }


def _shown(output: dict[str, Any]) -> str:
    data = output.get("data", {})
    text: str = data.get("text/html") or data.get("text/plain") or output.get("text", "")
    return text


def test_the_quickstart_shows_its_verdicts_inline(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = outputs("1-quickstart", folder, monkeypatch)
    assert "Does the residual connection matter" in shown["study"]
    assert {"no-residual", "slower", "inconclusive"} <= set(re.findall(r"[\w-]+", shown["study"]))
    assert "index.html" in shown["study.report()"]


def test_ten_lines_ablate_an_encoder_of_ones_own_on_real_windows(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = outputs("2-my-own-encoder", folder, monkeypatch)
    assert {"gru", "inconclusive"} <= set(re.findall(r"[\w-]+", shown["study"]))
    notebook = nbformat.read(folder / "2-my-own-encoder.ipynb", as_version=4)
    (lines,) = [c["source"].splitlines() for c in notebook.cells if "rb.ablate" in c["source"]]
    assert len(lines) <= 10
    rows = Ledger(folder / "reports" / "my-encoder").rows("ablation")
    assert {(row.arm, row.state) for row in rows} == {("reference", "done"), ("gru", "done")}


def test_a_ledger_is_read_without_training_anything(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = folder / "reports" / "quickstart" / "ledger"
    before = sorted(ledger.iterdir())
    shown = outputs("4-ledger-with-pandas", folder, monkeypatch)
    assert sorted(ledger.iterdir()) == before
    assert "SIM" in shown['(table["no-residual"] - table["reference"]).sort_values().head()']


def test_the_winner_of_a_search_is_confirmed_on_fresh_seeds(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = outputs("3-search-and-confirm", folder, monkeypatch)
    (told,) = [text for line, text in shown.items() if line.startswith("print")]
    assert len(re.findall(r"\b0\.\d{3}$", told, flags=re.MULTILINE)) == 3


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs(notebook: Path) -> None:
    cells = nbformat.read(notebook, as_version=4).cells
    assert len(cells) <= 20
    assert [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []
