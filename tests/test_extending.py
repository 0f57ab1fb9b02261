"""docs/extending.md is followed word by word in a copy of the package: what it adds is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rpbind.ledger import Ledger

ROOT = Path(__file__).resolve().parents[1]
GUIDE = ROOT / "docs" / "extending.md"
STEP = re.compile(
    r"^In `(?P<file>[^`]+)`, (?P<where>above|below)\s+`(?P<anchor>[^`]+)`:"
    r"\n\n```python\n(?P<code>.*?)```"
    r"|^In `(?P<other>[^`]+)`, write\s+`(?P<new>[^`]+)` for\s+`(?P<old>[^`]+)`\.",
    flags=re.MULTILINE | re.DOTALL,
)
FOLLOWED = ("RNA encoder", "Metric", "Logger")
QUESTION = '''
import rpbind as rb

DIM = rb.preset("conv-residue").value("model.encoder.dim")


@rb.as_command(narrower=16)
def main() -> rb.StudySpec:
    """Compare two RNA encoders."""
    return rb.define_study(
        experiment="gru",
        question="Does a GRU read windows better?",
        reference="conv-residue",
        changes={"gru-encoder": {"model.encoder": {"kind": "gru", "dim": DIM}}},
        design="add-one-in",
        ends=("conv", "gru"),
        controls="off",
    )


rb.run_experiment(main)
'''


def follow(section: str, tree: Path) -> int:
    """Make the changes of one section in a copy of the project; returns how many there were."""
    text = re.search(
        rf"^## {section}\n(.*?)(?=^## |\Z)", GUIDE.read_text(), re.MULTILINE | re.DOTALL
    )
    assert text is not None, f"{GUIDE.name} has no section {section}"
    steps = list(STEP.finditer(text[1]))
    for step in steps:
        file = tree / (step["file"] or step["other"])
        before = file.read_text()
        anchor = step["anchor"] or re.sub(r"\s+", " ", step["old"])
        assert before.count(anchor) == 1, f"{file.name} has '{anchor}' {before.count(anchor)} times"
        if step["new"]:
            after = before.replace(anchor, re.sub(r"\s+", " ", step["new"]))
        elif step["where"] == "above":
            after = before.replace(anchor, step["code"] + anchor)
        else:
            after = before.replace(anchor, f"{anchor}\n{step['code'].rstrip()}")
        file.write_text(after)
    return len(steps)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which the guide's three sections were followed."""
    tree = tmp_path_factory.mktemp("extended")
    for folder in ("rpbind", "experiments", "search_spaces"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    assert [follow(section, tree) for section in FOLLOWED] == [4, 4, 2]
    (tree / "experiments" / "gru.py").write_text(QUESTION)
    return tree


def run(tree: Path, *words: str) -> str:
    """Run Python in the copy and return what it prints; the copy is imported, not this package."""
    ended = subprocess.run(
        [sys.executable, *words], cwd=tree, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(tree), "COLUMNS": "250"},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_an_added_encoder_metric_and_logger_are_in_the_help(tree: Path) -> None:
    assert "gru" in run(tree, "-m", "rpbind", "hyperparameters", "--help")
    assert "model.encoder.layers" in run(tree, "-m", "rpbind", "hyperparameters", "model.encoder")
    shown = " ".join(run(tree, "experiments/tune.py", "--help").split())
    assert "balanced-accuracy" in shown
    assert "csv (progress.csv per run" in shown


def test_an_added_encoder_metric_and_logger_are_in_a_study_and_on_its_page(
    tree: Path, tmp_path: Path, tiny: Path
) -> None:
    world = shutil.copytree(tiny, tmp_path / "world")  # a study writes its split into it
    run(
        tree, "experiments/gru.py", "--smoke", "--reports", str(tmp_path), "--name", "study",
        "--log", "csv", "--data", str(world),
    )  # fmt: skip
    study = tmp_path / "study"
    rows = Ledger(study).rows("ablation")
    assert sorted((row.arm, row.seed) for row in rows if row.state == "done") == [
        ("conv", 0), ("conv", 1), ("with-gru-encoder", 0), ("with-gru-encoder", 1),
    ]  # fmt: skip
    assert all(0.0 <= row.metrics["test.balanced_accuracy"] <= 1.0 for row in rows)
    page = (study / "index.html").read_text()
    assert "Balanced accuracy" in page
    assert "gru-encoder" in page
    logged = list((study / "csv").rglob("progress.csv"))
    assert len(logged) == len(rows)
    assert "validation.balanced_accuracy" in logged[0].read_text().splitlines()[0]


def test_two_builds_of_an_added_encoder_have_the_same_initial_values(tree: Path) -> None:
    """Whatever the state of torch's global generator is: its arms are paired."""
    code = (
        "import torch; from rpbind.model.build import build_model\n"
        "from rpbind.recipe.encoders import GruEncoder; from rpbind.recipe.model import Model\n"
        "config = Model(encoder=GruEncoder(dim=8))\n"
        "def built(state):\n"
        "    torch.manual_seed(state)\n"
        "    return build_model(config, width=10, length=21, seed=3).state_dict()\n"
        "one, other = built(1), built(2)\n"
        "assert 'encoder.gru.weight_hh_l0_reverse' in one\n"
        "print(all(torch.equal(one[name], other[name]) for name in one))"
    )
    assert run(tree, "-c", code).strip() == "True"
