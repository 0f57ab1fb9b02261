import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, matthews_corrcoef
from toy_trained import QUICK, SEES_MOTIFS, SMALL, Toy, train, world

from rpbind.data.splits import Part, SplitSpec
from rpbind.errors import UserError
from rpbind.train.opened import OpenData
from rpbind.use.compatibility import EvaluationTarget
from rpbind.use.evaluate import evaluate_model, reliability
from rpbind.use.score import score_windows

CHOSEN = {"mcc", "brier", "brier_calibrated", "ece", "ece_calibrated"}


@pytest.mark.parametrize("part", ["validation", "test"])
def test_on_its_own_data_a_model_has_the_metrics_of_the_ledger_to_the_bit(
    part: Part, sees_motifs: Toy
) -> None:
    result = evaluate_model(
        sees_motifs.trained, EvaluationTarget(OpenData(sees_motifs.data), part=part)
    )
    ledger = {k: v for k, v in sees_motifs.row.metrics.items() if k.startswith(part)}
    assert len(ledger) == {"validation": 8, "test": 13}[part]
    assert ledger.items() <= result.metrics.items()
    # threshold and calibration are chosen on validation, so the ledger has these for test alone
    chosen = {f"{part}.{name}" for name in CHOSEN}
    assert result.metrics.keys() - ledger.keys() == (chosen if part == "validation" else set())
    assert result.proteins == tuple(p for p in sees_motifs.row.proteins if p.part == part)
    assert result.notes == ()


@pytest.mark.parametrize("part", ["arrays/label.npy", "embeddings/*/residues-*.npy"])
def test_data_that_was_changed_is_not_scored(tmp_path: Path, part: str, sees_motifs: Toy) -> None:
    shutil.copytree(sees_motifs.data, tmp_path / "changed")
    for file in (tmp_path / "changed").glob(part):
        *rest, last = file.read_bytes()
        file.write_bytes(bytes([*rest, last ^ 1]))
    with pytest.raises(UserError, match="has changed since it was made"):
        evaluate_model(sees_motifs.trained, EvaluationTarget(OpenData(tmp_path / "changed")))


def test_mcc_and_brier_score_agree_with_scikit_learn(sees_motifs: Toy) -> None:
    trained, inputs = sees_motifs.trained, sees_motifs.inputs
    result = evaluate_model(trained, EvaluationTarget(OpenData(sees_motifs.data))).metrics
    logit_N, index_N = score_windows(trained.model, inputs, inputs.parts["test"])
    label_N = inputs.label_N[index_N].numpy()
    calibration = trained.calibration
    assert result["test.mcc"] == matthews_corrcoef(label_N, logit_N > calibration.threshold)
    raw_N = 1 / (1 + np.exp(-logit_N.astype(float)))
    assert result["test.brier"] == pytest.approx(brier_score_loss(label_N, raw_N))
    right_N = calibration.probability(logit_N)
    assert result["test.brier_calibrated"] == pytest.approx(brier_score_loss(label_N, right_N))


def test_the_calibration_error_is_the_gap_between_probability_and_share_of_positives() -> None:
    probability_N = np.array([0.11, 0.13, 0.91, 0.93, 1.0, 0.97])
    result = reliability(probability_N, np.array([0, 1, 1, 1, 1, 0], dtype=np.uint8))
    assert [(b.low, b.windows, b.bound_share) for b in result.bins] == [
        (0.1, 2, 0.5),
        (0.9, 4, 0.75),
    ]
    assert result.ece == pytest.approx((2 * (0.5 - 0.12) + 4 * (0.9525 - 0.75)) / 6)
    assert result.brier == pytest.approx(np.mean([0.0121, 0.7569, 0.0081, 0.0049, 0, 0.9409]))


def test_another_dataset_is_refused_without_other_data_and_scored_with_notes_with_it(
    sees_motifs: Toy, tmp_path: Path
) -> None:
    other = world(tmp_path / "other", replace(SMALL, seed=2))
    with pytest.raises(UserError, match=r"dataset .*; split .*; .* --other-data"):
        evaluate_model(sees_motifs.trained, EvaluationTarget(OpenData(other)))
    result = evaluate_model(sees_motifs.trained, EvaluationTarget(OpenData(other), other_data=True))
    assert result.metrics["test.auroc_macro"] > 0.9
    assert [note.split(":")[0] for note in result.notes[:3]] == [
        f"other {what} than the model's" for what in ("dataset", "split", "embedding store")
    ]
    assert len(result.notes) == 5  # one of them says that leaks cannot be counted
    assert result.notes[4].startswith("0 of 4 proteins")


def test_another_split_is_scored_with_the_number_of_training_windows_in_its_test_part(
    sees_motifs: Toy,
) -> None:
    with pytest.raises(UserError, match="cold-rna_70-15-15_seed0"):
        evaluate_model(
            sees_motifs.trained, EvaluationTarget(OpenData(sees_motifs.data), rule="random")
        )
    result = evaluate_model(
        sees_motifs.trained,
        EvaluationTarget(OpenData(sees_motifs.data), rule="random", other_data=True),
    )
    other, leak, known = result.notes
    assert other.startswith("other split than the model's: random_70-15-15_seed0")
    # 432 test windows of 2,880, of which 70 % were training windows
    count, of, overlap = map(int, re.findall(r"\d+", leak))
    assert of == 432
    assert 0.6 * 432 < count < 0.8 * 432
    assert count <= overlap < 432
    assert known.startswith("6 of 6 proteins")


def test_a_dataset_of_another_name_is_the_same_data(small: Path, tmp_path: Path) -> None:
    toy = train(small, tmp_path / "runs", SEES_MOTIFS.with_(QUICK))
    copy = world(tmp_path / "renamed", SMALL)
    assert evaluate_model(toy.trained, EvaluationTarget(OpenData(copy))).notes == ()


def test_windows_that_the_model_cannot_read_are_refused_even_with_other_data(
    sees_motifs: Toy, tmp_path: Path
) -> None:
    longer = world(tmp_path / "longer", replace(SMALL, length=1_025))
    with pytest.raises(UserError, match=r"1,025 letters; .* windows of 20 to 1,024 nt"):
        evaluate_model(sees_motifs.trained, EvaluationTarget(OpenData(longer), other_data=True))


def test_the_split_of_a_model_is_read_from_its_id() -> None:
    spec = SplitSpec.from_id("cold-both_60-20-20_seed7_neg-some_rule 0123456789ab")
    assert (spec.rule, spec.ratio, spec.seed) == ("cold-both", (60, 20, 20), 7)


def test_the_command_writes_metrics_and_provenance_as_json(
    sees_motifs: Toy, tmp_path: Path
) -> None:
    out = tmp_path / "result.json"
    words = ("evaluate", sees_motifs.file, "--data", sees_motifs.data, "--out", out)
    command = [sys.executable, "-m", "rpbind", *map(str, words)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    result = json.loads(out.read_text())
    ledger = {k: v for k, v in sees_motifs.row.metrics.items() if k.startswith("test.")}
    assert len(ledger) == 13
    assert result["metrics"].items() >= ledger.items()
    assert result["model_provenance"] == sees_motifs.trained.provenance
    assert f"{sees_motifs.row.metrics['test.auroc_macro']:.4f}" in finished.stdout
