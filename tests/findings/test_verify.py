"""A claim is reproduced from its ledger, and its runs bit for bit from the data."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rpbind as rb
from rpbind import cli
from rpbind.data.manifest import ARRAYS, read_manifest
from rpbind.design.source import open_source
from rpbind.ledger import ArmPlan, ContrastPlan, Ledger, Plan
from rpbind.ledger.row_files import parquet_writer, table_of
from rpbind.recipe import Recipe
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE
from rpbind.report.build import build_report
from rpbind.train.machine import Machine
from rpbind.train.run import train_run
from rpbind.train.task import Job

FIXED = narrowed(CONV_RESIDUE, 16).with_({"train.epochs": 1})
ARMS = {"fixed": FIXED, "slower": FIXED.with_({"train.lr": 1e-4})}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, tiny: Path) -> Path:
    """A study of two arms and two seeds, trained in this process, with its report."""
    root = tmp_path_factory.mktemp("verify")
    shutil.copytree(tiny, root / "data")
    source = open_source(root / "data", "cold-rna")
    dataset = source.opened.dataset
    arms = tuple(
        ArmPlan(name=name, recipe=r.model_dump(mode="json"), recipe_id=r.id)
        for name, r in ARMS.items()
    )
    plan = Plan(
        study="s", question="Is slower better?", prediction="", rule="Holm.", design="arms",
        arms=arms, contrasts=(ContrastPlan(name="slower", arm="slower", reference="fixed"),),
        seeds=(0, 1), dataset=f"{dataset.manifest.name} {dataset.id}", split=source.split_name,
        created="2026-01-01",
    )  # fmt: skip
    ledger = Ledger(root / "s")
    ledger.begin(plan)
    threads = torch.get_num_threads()
    for arm in arms:
        for seed in plan.seeds:
            recipe = Recipe.model_validate(arm.recipe)
            inputs = source.opened.inputs(source.split, recipe.proteins)
            job = Job(arm.name, recipe, seed, ledger.runs)
            ledger.append(train_run(job, inputs, Machine(), "test", lambda point: None))
    torch.set_num_threads(threads)
    (root / "s" / "study.toml").write_text(
        'data = "../data"\nsplit = "cold-rna"\n[changes]\nslower = { train.lr = 1e-4 }\n'
    )
    build_report(root / "s")
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Iterator[Path]:
    threads = torch.get_num_threads()
    yield Path(shutil.copytree(made, tmp_path / "copy"))
    torch.set_num_threads(threads)


def called(monkeypatch: pytest.MonkeyPatch, *words: Any) -> int:
    monkeypatch.setattr("sys.argv", ["rpbind", *(str(word) for word in words)])
    try:
        cli.main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_one_seed_of_both_arms_gives_the_same_bits_again(root: Path) -> None:
    found = rb.verify(root / "s" / "claims" / "slower.json", retrain=1)
    assert found.differences == ()
    assert sorted(run.split("-")[1] for run in found.retrained) == ["fixed", "slower"]
    assert all(run.endswith("-s0") for run in found.retrained)
    assert found.notes == ()


def test_a_metric_that_the_run_does_not_give_is_found_although_card_and_ledger_agree(
    root: Path,
) -> None:
    ledger = Ledger(root / "s")
    (row,) = [r for r in ledger.attempts() if r.arm == "slower" and r.seed == 0]
    (file,) = (root / "s" / "ledger").glob(f"{row.run}.0.parquet")
    file.unlink()
    changed = dict(row.metrics) | {"test.auroc_macro": 0.999}
    with file.open("wb") as out:
        parquet_writer(table_of([row.model_copy(update={"metrics": changed})]))(out)
    build_report(root / "s")
    card = root / "s" / "claims" / "slower.json"
    assert rb.verify(card).is_reproduced
    found = rb.verify(card, retrain=1)
    assert "test.auroc_macro" in found.differences[0]
    assert "0.999 in the ledger" in found.differences[0]
    assert len(found.retrained) == 1


def test_data_that_were_changed_are_found(root: Path) -> None:
    file = root / "data" / ARRAYS["label"]
    label_N = np.load(file)
    np.save(file, 1 - label_N)
    found = rb.verify(root / "s" / "claims" / "slower.json", retrain=1)
    (what,) = found.differences
    assert what.startswith("the data:")
    assert ARRAYS["label"] in what
    assert found.retrained == ()


def test_another_dataset_is_not_the_one_of_the_claim(root: Path) -> None:
    manifest = root / "data" / "manifest.json"
    said = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(said | {"name": "other"}))
    assert read_manifest(root / "data").name == "other"
    (what,) = rb.verify(root / "s" / "claims" / "slower.json").differences
    assert "is other " in what


def test_a_claim_without_its_data_is_recomputed_and_says_what_was_not_examined(
    root: Path,
) -> None:
    shutil.rmtree(root / "data")
    found = rb.verify(root / "s" / "claims" / "slower.json")
    assert found.is_reproduced
    assert "not examined" in found.notes[0]


def test_the_exit_code_says_whether_a_claim_is_reproduced(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    card = root / "s" / "claims" / "slower.json"
    assert called(monkeypatch, "verify", card) == 0
    assert capsys.readouterr().out.startswith("reproduced: ")
    card.write_text(card.read_text().replace('"Holm."', '"We looked at it."'))
    assert called(monkeypatch, "verify", card, "--study", root / "s") == 5
    out = capsys.readouterr().out
    assert out.startswith("differs: ")
    assert "the decision rule: the card says We looked at it." in out


def test_more_seeds_than_there_are_cannot_be_trained_again(root: Path) -> None:
    with pytest.raises(rb.UserError, match="there are 2"):
        rb.verify(root / "s" / "claims" / "slower.json", retrain=3)
    with pytest.raises(rb.UserError, match="no claim card"):
        rb.verify(root / "nothing.json")
