"""ESM-2 with a small random model that is saved in the format of the published checkpoints."""

import argparse
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from esm.model.esm2 import ESM2

from rpbind.errors import UserError
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder
from rpbind.proteins.windows import stitch

pytestmark = pytest.mark.filterwarnings("error")


def tiny_model() -> ESM2:
    torch.manual_seed(0)
    return ESM2(num_layers=2, embed_dim=16, attention_heads=4).eval()


def save_as_published(model: ESM2, path: Path, **extra: Any) -> Path:
    config = argparse.Namespace(
        encoder_layers=2, encoder_embed_dim=16, encoder_attention_heads=4, token_dropout=True
    )
    weights = {
        ("encoder." if key.startswith("lm_head") else "encoder.sentence_encoder.") + key: value
        for key, value in model.state_dict().items()
        if not key.startswith("contact_head")
    }
    torch.save({"cfg": {"model": config}, "model": weights} | extra, path)
    return path


def last_layer(model: ESM2, sequence: str) -> torch.Tensor:
    tokens = model.alphabet.get_batch_converter()([("", sequence)])[2]
    with torch.inference_mode():
        output: torch.Tensor = model(tokens, repr_layers=[2])["representations"][2]
    return output[0, 1:-1]


def test_residue_vectors_are_the_last_layer_of_fair_esm(tmp_path: Path) -> None:
    model = tiny_model()
    encoder = make_encoder("esm2", save_as_published(model, tmp_path / "esm2_t2_tiny.pt"))
    vectors_LW = encoder.encode("mktayiakqrQISFVKSHFSRQ*")
    assert (encoder.id, encoder.width, str(vectors_LW.dtype)) == ("esm2_t2_tiny", 16, "float32")
    direct = last_layer(model, "MKTAYIAKQRQISFVKSHFSRQ").numpy()
    np.testing.assert_allclose(vectors_LW, direct, atol=1e-5)


def test_a_letter_that_esm_does_not_know_reads_as_x(tmp_path: Path) -> None:
    encoder = make_encoder("esm2", save_as_published(tiny_model(), tmp_path / "tiny.pt"))
    np.testing.assert_array_equal(encoder.encode("MKJ"), encoder.encode("MKX"))


def test_a_long_protein_takes_each_half_from_its_own_window(tmp_path: Path) -> None:
    model = tiny_model()
    encoder = make_encoder("esm2", save_as_published(model, tmp_path / "tiny.pt"))
    protein = "ACDEFGHIKLMNPQRSTVWY" * 52
    vectors_LW = encoder.encode(protein)
    assert vectors_LW.shape == (1040, 16)
    first, last = last_layer(model, protein[:1022]), last_layer(model, protein[18:])
    np.testing.assert_allclose(vectors_LW[:520], first[:520].numpy(), atol=1e-5)
    np.testing.assert_allclose(vectors_LW[520:], last[502:].numpy(), atol=1e-5)


@pytest.mark.parametrize("length", [1, 9, 10, 11, 15, 16, 25, 26, 27, 100])
def test_windows_give_every_residue_once_and_in_order(length: int) -> None:
    positions = stitch(length, lambda a, b: np.arange(a, b, dtype=np.float32)[:, None], 10, 5)
    assert positions[:, 0].tolist() == list(range(length))


@pytest.mark.parametrize("length", [11, 16, 27, 100])
def test_a_residue_comes_from_the_window_in_which_it_is_farthest_from_a_cut(length: int) -> None:
    windows: list[tuple[int, int]] = []

    def distance(start: int, stop: int) -> np.ndarray:
        windows.append((start, stop))
        place = np.arange(start, stop, dtype=np.float32)
        left = place - start if start else np.full_like(place, np.inf)
        right = stop - 1 - place if stop < length else np.full_like(place, np.inf)
        return np.minimum(left, right)[:, None]

    found = stitch(length, distance, 10, 4)[:, 0]
    best = np.full(length, -np.inf)
    for start, stop in list(windows):
        best[start:stop] = np.maximum(best[start:stop], distance(start, stop)[:, 0])
    assert all(
        start + 4 <= stop for (start, _), (_, stop) in zip(windows[1:], windows, strict=False)
    )
    np.testing.assert_array_equal(found, best)


def test_the_store_keeps_float16_and_the_hash_of_the_weights(tmp_path: Path) -> None:
    encoder = make_encoder("esm2", save_as_published(tiny_model(), tmp_path / "tiny.pt"))
    store = build_store(tmp_path, encoder, ["MKV", "ACDE"])
    assert store.residues_ND.dtype == np.float16
    assert store.manifest.encoder_sha256 == encoder.sha256
    np.testing.assert_allclose(store.residues_ND[:3], encoder.encode("MKV"), rtol=1e-3, atol=1e-3)


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("ran",)


def test_a_checkpoint_that_would_run_code_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = save_as_published(tiny_model(), tmp_path / "evil.pt", extra=Evil())
    with pytest.raises(UserError, match="would run code"):
        make_encoder("esm2", path)
    assert not (tmp_path / "ran").exists()


def test_the_error_on_missing_weights_has_their_address_and_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    place = re.escape(str(tmp_path / "checkpoints" / "esm2_t6_8M_UR50D.pt"))
    with pytest.raises(UserError, match=rf"{place}.*https://.*/esm2_t6_8M_UR50D\.pt.*--weights"):
        make_encoder("esm2_t6_8M_UR50D")


def test_an_unpublished_checkpoint_needs_its_file() -> None:
    with pytest.raises(UserError, match="--weights FILE"):
        make_encoder("esm2")


def test_the_error_on_a_missing_weights_file_names_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"No file .*nowhere\.pt"):
        make_encoder("esm2_t6_8M_UR50D", tmp_path / "nowhere.pt")


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    path = save_as_published(tiny_model(), tmp_path / "esm2_t6_8M_UR50D.pt")
    with pytest.raises(UserError, match="6 layers of width 320"):
        make_encoder("esm2_t6_8M_UR50D", path)


@pytest.mark.parametrize("change", ["missing", "unknown"])
def test_a_checkpoint_with_other_tensors_is_refused(tmp_path: Path, change: str) -> None:
    path = save_as_published(tiny_model(), tmp_path / "tiny.pt")
    with torch.serialization.safe_globals([argparse.Namespace]):
        data = torch.load(path, weights_only=True)
    if change == "missing":
        del data["model"]["encoder.sentence_encoder.layers.1.fc1.weight"]
    else:
        data["model"]["encoder.sentence_encoder.layers.2.fc1.weight"] = torch.zeros(1)
    torch.save(data, path)
    with pytest.raises(UserError, match=rf"1 (weights )?are {change}"):
        make_encoder("esm2", path)


@pytest.mark.parametrize("content", [b"", b"no checkpoint"])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tiny.pt"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"tiny\.pt"):
        make_encoder("esm2", path)


def config(**changed: Any) -> argparse.Namespace:
    fitting = {"encoder_layers": 1, "encoder_embed_dim": 8, "encoder_attention_heads": 2}
    return argparse.Namespace(**fitting | {"token_dropout": True} | changed)


@pytest.mark.parametrize(
    "content",
    [
        {"state_dict": {}},
        torch.zeros(3),
        [1, 2],
        None,
        {"cfg": {"model": None}, "model": {}},
        {"cfg": {"model": config()}, "model": {1: torch.zeros(1)}},
        {"cfg": {"model": config()}, "model": {"encoder.lm_head.bias": "no tensor"}},
        {"cfg": {"model": config()}, "model": [torch.zeros(1)]},
        {"cfg": {"model": config(encoder_attention_heads=3)}, "model": {}},
        {"cfg": {"model": config(encoder_attention_heads=0)}, "model": {}},
        {"cfg": {"model": config(encoder_layers="2")}, "model": {}},
    ],
)
def test_a_checkpoint_of_another_kind_is_refused(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "other.pt")
    with pytest.raises(UserError, match=r"other\.pt (is no ESM-2 checkpoint|does not fit)"):
        make_encoder("esm2", tmp_path / "other.pt")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_gpu_gives_the_vectors_that_the_cpu_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = save_as_published(tiny_model(), tmp_path / "tiny.pt")
    there = make_encoder("esm2", file).encode("MKTAYIAKQRQISFVKSHFSRQ")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    here = make_encoder("esm2", file).encode("MKTAYIAKQRQISFVKSHFSRQ")
    np.testing.assert_allclose(there, here, atol=1e-4)
