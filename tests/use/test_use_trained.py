"""Opening a model file: what it must hold, and which protein encoder belongs to it."""

import argparse
from pathlib import Path

import numpy as np
import pytest
import torch
from esm.model.esm2 import ESM2
from toy_saved import content_of, write_folder_of, write_old_file_of
from toy_trained import QUICK, SEES_MOTIFS, Toy, train

import rpbind as rb
from rpbind.data.alphabet import encode
from rpbind.data.dataset import Dataset
from rpbind.errors import UserError
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder
from rpbind.use.predict import PredictionInput, predict_windows
from rpbind.use.score import logits_of, with_windows
from rpbind.use.trained import TrainedModel


def tiny_esm2(path: Path, seed: int) -> Path:
    """Write a random ESM-2 of one layer in the format of the published checkpoints."""
    torch.manual_seed(seed)
    weights = ESM2(num_layers=1, embed_dim=8, attention_heads=2).state_dict()
    config = argparse.Namespace(
        encoder_layers=1, encoder_embed_dim=8, encoder_attention_heads=2, token_dropout=True
    )
    model = {f"encoder.sentence_encoder.{k}": v for k, v in weights.items()}
    model = {k: v for k, v in model.items() if "contact_head" not in k}
    model = {k.replace("sentence_encoder.lm_head", "lm_head"): v for k, v in model.items()}
    path.parent.mkdir(exist_ok=True)
    torch.save({"cfg": {"model": config}, "model": model}, path)
    return path


def test_an_esm2_model_needs_its_own_weights_and_refuses_others(
    small: Path, tmp_path: Path
) -> None:
    right, wrong = (tiny_esm2(tmp_path / name / "toy.pt", len(name)) for name in ("one", "other"))
    sequences = [protein.sequence for protein in Dataset.open(small).proteins]
    build_store(small, make_encoder("esm2", right), sequences)
    toy = train(small, tmp_path / "runs", SEES_MOTIFS.with_({"proteins": "toy"} | QUICK))
    with pytest.raises(UserError, match=r"protein encoder toy \w{12} .* got toy \w{12}"):
        toy.trained.encoder(wrong)
    with pytest.raises(UserError, match="--weights FILE"):
        toy.trained.encoder(None)
    table = tmp_path / "w.csv"
    table.write_text(f"rna,protein\n{'A' * 33},SIM00\n")
    given = PredictionInput(table, toy.fasta, weights=right)
    assert predict_windows(toy.trained, given).table.num_rows == 1


def test_a_model_of_vectors_from_a_file_predicts_from_that_file_and_no_other(
    small: Path, tmp_path: Path
) -> None:
    proteins = Dataset.open(small).proteins
    random = np.random.default_rng(0)
    vectors = {one.id: random.normal(size=4).astype(np.float32) for one in proteins}
    file, other = tmp_path / "v.npz", tmp_path / "w.npz"
    new = {"NEW": np.ones(4, np.float32), "Q33148": np.zeros(4, np.float32)}
    np.savez(file, **new, **vectors)
    np.savez(other, **vectors)
    rb.embed(small, "pooled", source=file)
    toy = train(small, tmp_path / "runs", SEES_MOTIFS.with_({"proteins": "pooled"} | QUICK))
    with pytest.raises(UserError, match=r"v\.npz .*--weights"):
        toy.trained.encoder(None)
    with pytest.raises(UserError, match="Give the same --weights"):
        toy.trained.encoder(other)
    table = tmp_path / "w.csv"
    table.write_text("rna,protein\n" + "".join(f"{'ACG' * 11},{one.id}\n" for one in proteins))
    found = predict_windows(toy.trained, PredictionInput(table, toy.fasta, weights=file)).table
    inputs = with_windows(
        toy.inputs,
        np.tile(encode("ACG" * 11), (len(proteins), 1)),
        np.arange(len(proteins), dtype=np.int32),
    )
    assert found["logit"].to_numpy().tolist() == logits_of(toy.trained.model, inputs).tolist()
    toy.fasta.write_text(">NEW\nMKV\n>MISSING\nMKVW\n>sp|Q33148|EWS_HUMAN GN=EWSR1\nMKVV\n")
    table.write_text(f"rna,protein\n{'ACG' * 11},NEW\n{'ACG' * 11},EWSR1\n")
    given = PredictionInput(table, toy.fasta, weights=file)
    assert predict_windows(toy.trained, given).table.num_rows == 2
    table.write_text(f"rna,protein\n{'ACG' * 11},MISSING\n")
    with pytest.raises(UserError, match=r"v\.npz has no vectors for 1 of 1 protein: 'MISSING'"):
        predict_windows(toy.trained, given)


def test_an_encoder_with_another_hash_is_refused(sees_motifs: Toy) -> None:
    trained = sees_motifs.trained
    assert trained.encoder(None).id == "physchem"
    trained.provenance["encoder"] = "physchem 000000000000"
    with pytest.raises(UserError, match="physchem 000000000000"):
        trained.encoder(None)
    with pytest.raises(UserError, match="has no weights"):
        trained.encoder(Path("weights.pt"))


def test_a_file_that_is_no_finished_run_is_refused(sees_motifs: Toy, tmp_path: Path) -> None:
    content = content_of(sees_motifs.file)
    del content["calibration"]
    old = write_old_file_of(content, tmp_path / "old.pt")
    for model in (old, write_folder_of(content, tmp_path / "odd")):
        with pytest.raises(UserError, match="lacks calibration"):
            TrainedModel.open(model)
    with pytest.raises(UserError, match="no model"):
        TrainedModel.open(tmp_path / "none")
    (tmp_path / "bad.pt").write_bytes(old.read_bytes()[:999])
    with pytest.raises(UserError, match="not a readable rpbind checkpoint"):
        TrainedModel.open(tmp_path / "bad.pt")


@pytest.mark.parametrize("change", ["width", "head"])
def test_weights_that_do_not_fit_the_recipe_are_refused(
    change: str, sees_motifs: Toy, tmp_path: Path
) -> None:
    content = content_of(sees_motifs.file)
    if change == "width":
        content["width"] += 1
    else:
        content["weights"] = {k: v for k, v in content["weights"].items() if "head" not in k}
    with pytest.raises(UserError, match="is damaged: its weights"):
        TrainedModel.open(write_folder_of(content, tmp_path / "odd"))


def test_the_name_decides_between_two_proteins_with_one_sequence(sees_motifs: Toy) -> None:
    trained = sees_motifs.trained
    first = trained.proteins[0]
    twin = first.model_copy(update={"id": "TWIN", "windows": 10, "positives": 1, "auroc": 0.5})
    both = type(trained)(**{**vars(trained), "proteins": (first, twin)})
    sequence = sees_motifs.inputs.proteins[0].sequence
    assert both.context("TWIN", sequence).base_rate == 0.1
    assert both.context("SIM00", sequence).auroc == first.auroc
    pooled = both.context("NEITHER", sequence)
    assert pooled.base_rate == (first.positives + 1) / (first.windows + 10)
    assert pooled.auroc == pytest.approx(((first.auroc or 0) + 0.5) / 2)
    assert not both.context("TWIN", "MKV").seen
