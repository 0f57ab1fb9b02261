"""Windows with too many N get no prediction and no explanation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from toy_trained import QUICK, SEES_MOTIFS, Toy, train

from rpbind.data.alphabet import decode
from rpbind.data.dataset import Dataset
from rpbind.data.manifest import MadeBy
from rpbind.data.writer import Windows, write_dataset
from rpbind.errors import UserError
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder
from rpbind.train.opened import OpenData
from rpbind.use.compatibility import EvaluationTarget
from rpbind.use.evaluate import evaluate_model
from rpbind.use.explain import Pair, explain_window
from rpbind.use.predict import PredictionInput, predict_windows


@pytest.fixture(scope="module")
def toy(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Toy:
    return train(small, tmp_path_factory.mktemp("quick"), SEES_MOTIFS.with_(QUICK))


def test_a_window_with_too_many_n_gets_no_logit_and_no_probability(
    toy: Toy, tmp_path: Path
) -> None:
    whole = decode(toy.inputs.rna_NL[0].numpy())
    windows_by_n = {count: "N" * count + whole[count:] for count in (0, 1, 16, 17, 33)}
    rows = "".join(f"{rna},SIM00\n" for rna in windows_by_n.values())
    (tmp_path / "w.csv").write_text(f"rna,protein\n{rows}")
    result = predict_windows(toy.trained, PredictionInput(tmp_path / "w.csv", toy.fasta))
    assert result.table["n_share"].to_pylist() == [count / 33 for count in windows_by_n]
    for column in ("logit", "probability", "calibrated"):
        known = [value is not None for value in result.table[column].to_pylist()]
        assert known == [True, True, True, False, False]
    assert result.unread == 2


def test_a_window_with_too_many_n_is_not_explained(toy: Toy) -> None:
    for rna in ("N" * 33, "N" * 17 + "ACGU" * 4):
        with pytest.raises(UserError, match="--rna are N"):
            explain_window(toy.trained, Pair(rna, "SIM00", toy.fasta))
    half = explain_window(toy.trained, Pair("N" * 16 + "ACGU" * 4 + "A", "SIM00", toy.fasta))
    assert half.letters.startswith("N" * 16)


def test_an_evaluation_notes_how_many_windows_have_too_many_n(small: Path, tmp_path: Path) -> None:
    clean = Dataset.open(small)
    rna_NL = np.array(clean.rna_NL)
    rna_NL[::7] = 4
    made_by = MadeBy(importer="toy")
    windows = Windows(rna_NL, clean.label_N, clean.protein_N, clean.cluster_N)
    dataset = write_dataset(tmp_path / "d", windows, clean.proteins, made_by)
    sequences = [protein.sequence for protein in dataset.proteins]
    build_store(dataset.root, make_encoder("physchem"), sequences)
    toy = train(dataset.root, tmp_path / "runs", SEES_MOTIFS.with_(QUICK))
    result = evaluate_model(toy.trained, EvaluationTarget(OpenData(dataset.root)))
    blank = int((toy.inputs.rna_NL[toy.inputs.parts["test"]] == 4).all(1).sum())
    assert blank > 0
    assert [note for note in result.notes if note.startswith(f"{blank} of ")]
    assert result.metrics.items() <= toy.row.metrics.items()


def test_an_evaluation_of_windows_without_n_has_no_note(toy: Toy) -> None:
    assert evaluate_model(toy.trained, EvaluationTarget(OpenData(toy.data))).notes == ()
