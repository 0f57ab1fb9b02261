"""A trained model knows the experiments of its training, and scores others by their protein."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toy_trained import QUICK, SEES_MOTIFS, Toy, train

from rpbind.data.alphabet import decode
from rpbind.recipe.narrower import narrowed
from rpbind.train.opened import OpenData
from rpbind.use.compatibility import EvaluationTarget
from rpbind.use.evaluate import evaluate_model
from rpbind.use.experiments import with_experiments
from rpbind.use.export_graph import metadata
from rpbind.use.predict import PredictionInput, Predictions, predict_windows
from rpbind.use.score import logits_of

CHANGES = {**QUICK, "model.experiment": "name", "train.lr": 0.01}


@pytest.fixture(scope="module")
def told(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Toy:
    """A small model that learned a vector for each experiment."""
    recipe = narrowed(SEES_MOTIFS, 4).with_(CHANGES)
    return train(small, tmp_path_factory.mktemp("told") / "runs", recipe)


def test_on_its_own_data_it_has_the_metrics_of_the_ledger_to_the_bit(told: Toy) -> None:
    result = evaluate_model(told.trained, EvaluationTarget(OpenData(told.data)))
    ledger = {k: v for k, v in told.row.metrics.items() if k.startswith("test")}
    assert ledger.items() <= result.metrics.items()


def predicted(told: Toy, folder: Path, name: str) -> Predictions:
    """Predict windows for the first protein, under some name."""
    protein = told.inputs.proteins[0]
    (folder / "proteins.fasta").write_text(f">{name}\n{protein.sequence}\n")
    rows = "".join(f"{decode(rna_L)},{name}\n" for rna_L in told.inputs.rna_NL[:9].numpy())
    (folder / "windows.csv").write_text(f"rna,protein\n{rows}")
    return predict_windows(
        told.trained, PredictionInput(folder / "windows.csv", folder / "proteins.fasta")
    )


def test_a_new_experiment_is_scored_by_its_protein_alone_and_said_to_be_new(
    told: Toy, tmp_path: Path
) -> None:
    name = told.inputs.proteins[0].id
    known, new = predicted(told, tmp_path, name), predicted(told, tmp_path, "OTHER_HepG2")
    assert not any("experiments" in remark for remark in known.remarks)
    assert [r for r in new.remarks if r.startswith("1 of 1 experiment")]
    assert known.table["logit"] != new.table["logit"]
    protein = torch.zeros(9, dtype=torch.int32)
    nine = replace(told.inputs, rna_NL=told.inputs.rna_NL[:9], protein_N=protein)
    alone = replace(nine, experiments={})
    assert new.table["logit"].to_pylist() == pytest.approx(logits_of(told.trained.model, alone))
    assert known.table["logit"].to_pylist() == pytest.approx(
        logits_of(told.trained.model, with_experiments(told.trained, nine))
    )


def test_an_exported_model_says_that_it_takes_no_experiment(told: Toy, sees_motifs: Toy) -> None:
    assert "experiment" in metadata(told.trained)
    assert "experiment" not in metadata(sees_motifs.trained)
