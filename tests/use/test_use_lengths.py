"""A model of windows that differ in length is trained, examined, used and exported as any other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from toy_trained import QUICK, SEES_MOTIFS, SMALL, Toy, train, world

from rpbind.data.alphabet import PAD
from rpbind.data.dataset import Dataset
from rpbind.data.manifest import MadeBy
from rpbind.data.writer import Windows, write_dataset
from rpbind.doctor.examine import measure
from rpbind.doctor.sample import sample
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder
from rpbind.train.probes import letters_shuffled
from rpbind.use.export import export_model
from rpbind.use.predict import PredictionInput, predict_windows
from rpbind.use.window_input import GivenWindows

RNA = "ACGUACGGUACCUUAGACGUAGGAUCCUAUUUAGCAUCGGAUCG"


@pytest.fixture(scope="module")
def varying(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    """A model of the simulated world's windows, each cut to 20 to 33 nt."""
    folder = tmp_path_factory.mktemp("varying")
    whole = Dataset.open(world(folder / "whole", SMALL))
    rna_NL = np.array(whole.rna_NL)
    length_N = np.random.default_rng(0).integers(20, 34, len(rna_NL))
    rna_NL[np.arange(33) >= length_N[:, None]] = PAD
    cut = Windows(rna_NL, whole.label_N, whole.protein_N, whole.cluster_N)
    made = write_dataset(folder / "cut", cut, whole.proteins, MadeBy(importer="toy"))
    build_store(made.root, make_encoder("physchem"), [p.sequence for p in made.proteins])
    return train(made.root, folder / "runs", SEES_MOTIFS.with_(QUICK))


def logits(toy: Toy, *rna: str, fit: str | None = None) -> list[float]:
    given = PredictionInput(GivenWindows(list(rna)), protein="SIM00", fit=fit)  # type: ignore[arg-type]
    return predict_windows(toy.trained, given).table["logit"].to_pylist()


def test_a_window_has_the_same_score_alone_and_beside_longer_ones(varying: Toy) -> None:
    windows = (RNA[:20], RNA[:33], RNA[:27], RNA)
    alone = [logits(varying, window)[0] for window in windows]
    assert logits(varying, *windows) == pytest.approx(alone, abs=1e-6)


def test_longer_windows_are_scored_as_they_are_or_cut_or_in_tiles(varying: Toy) -> None:
    left, centre, whole = RNA[:33], RNA[5:38], RNA
    scores = dict(zip((left, centre, whole), logits(varying, left, centre, whole), strict=True))
    assert logits(varying, RNA, fit="left") == pytest.approx([scores[left]], abs=1e-6)
    assert logits(varying, RNA, fit="centre") == pytest.approx([scores[centre]], abs=1e-6)
    given = PredictionInput(GivenWindows([RNA]), protein="SIM00", fit="tile")
    found = predict_windows(varying.trained, given)
    assert found.table["start"].to_pylist() == [1, 12]
    assert found.table["length"].to_pylist() == [33, 33]
    assert "the last tile of 1 window overlaps the one before" in found.remarks
    whole_tiles = predict_windows(
        varying.trained, replace(given, windows=GivenWindows([RNA + RNA[:22]]))
    )
    assert whole_tiles.table["start"].to_pylist() == [1, 34]
    assert not any("overlaps" in remark for remark in whole_tiles.remarks)
    assert found.table["logit"][0].as_py() == pytest.approx(scores[left], abs=1e-6)
    assert len({round(score, 4) for score in scores.values()}) == 3


def test_what_was_done_with_other_lengths_is_said(varying: Toy) -> None:
    given = PredictionInput(GivenWindows([RNA, RNA[:20]]), protein="SIM00")
    said = " ".join(predict_windows(varying.trained, given).remarks)
    assert "20 to 44 nt were padded" in said
    assert "1 of 2 windows has 44 nt, and the model was trained on 20 to 33 nt" in said


def test_the_doctor_finds_that_padding_does_not_count(varying: Toy) -> None:
    inputs = varying.inputs
    measured = measure(varying.trained.model, inputs, sample(inputs))
    assert measured["probe.padding"] < 1e-5


def test_shuffled_letters_stay_in_their_window(varying: Toy) -> None:
    inputs = varying.inputs
    shuffled = letters_shuffled(inputs, 0)
    assert torch.equal(shuffled.rna_NL == PAD, inputs.rna_NL == PAD)
    assert torch.equal(shuffled.rna_NL.sort(1).values, inputs.rna_NL.sort(1).values)
    assert not torch.equal(shuffled.rna_NL, inputs.rna_NL)


def test_an_exported_model_reads_padded_windows(varying: Toy, tmp_path: Path) -> None:
    assert export_model(varying.trained, "torch-export", tmp_path / "m.pt2") < 1e-5
