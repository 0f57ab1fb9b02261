"""ESM-2, ESM C and ProtT5: small random models in the format in which they are published."""

import json
import os
import re
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rpbind.errors import UserError
from rpbind.proteins import language_model, model_folder
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import make_encoder, remake_encoder
from rpbind.proteins.inference import Inference
from rpbind.proteins.letters import unusual_letters

transformers = pytest.importorskip("transformers", reason="pip install 'rpbind[plm]'")
sentencepiece = pytest.importorskip("sentencepiece", reason="pip install 'rpbind[plm]'")

PROTEIN = "MKTAYIAKQRQISFVKSHFSRQ"
LETTERS = "LAGVSERTIDPKQNFYMHWCXBUZO"
ESM_TOKENS = ["<cls>", "<pad>", "<eos>", "<unk>", *LETTERS, ".", "-", "<null_1>", "<mask>"]


def save_esm2(folder: Path) -> Any:
    """As facebook/esm2_*: safetensors of the model with its head, vocab.txt."""
    config = transformers.EsmConfig(
        vocab_size=33, hidden_size=16, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=32, position_embedding_type="rotary", token_dropout=True,
        max_position_embeddings=1026, pad_token_id=1, mask_token_id=32,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    model = transformers.EsmForMaskedLM(config)
    model.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(ESM_TOKENS))
    (folder / "tokenizer_config.json").write_text("{}")
    return model.esm


def save_esmc(folder: Path) -> Any:
    """As biohub/ESMC-*-hf: safetensors of the model with its head, tokenizer.json."""
    config = transformers.EsmcConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=32
    )
    model = transformers.EsmcForMaskedLM(config)
    model.save_pretrained(folder)
    transformers.EsmcTokenizer().save_pretrained(folder)
    return model.esmc


def save_prott5(folder: Path) -> Any:
    """As Rostlab/prot_t5_xl_half_uniref50-enc: weights of torch in float16, spiece.model."""
    config = transformers.T5Config(
        vocab_size=128, d_model=16, d_kv=4, d_ff=32, num_layers=2, num_heads=4,
        feed_forward_proj="relu",
    )  # fmt: skip
    model = transformers.T5EncoderModel(config).half()
    folder.mkdir(parents=True)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    config.save_pretrained(folder)
    with (folder / "spiece.model").open("wb") as file:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter([" ".join(f"{LETTERS}jj")] * 20), model_writer=file,
            model_type="unigram", vocab_size=40, hard_vocab_limit=False, minloglevel=2,
            user_defined_symbols=[f"▁{letter}" for letter in LETTERS],
            pad_id=0, eos_id=1, unk_id=2, bos_id=-1,
        )  # fmt: skip
    return model.float()


KINDS: dict[str, Callable[[Path], Any]] = {
    "esm2": save_esm2, "esmc": save_esmc, "prott5": save_prott5,
}  # fmt: skip


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Any]]:
    """A folder and the model in it for each kind; do not write there."""
    torch.manual_seed(0)
    root = tmp_path_factory.mktemp("models")
    return {kind: (root / f"tiny-{kind}", save(root / f"tiny-{kind}").eval())
            for kind, save in KINDS.items()}  # fmt: skip


def last_layer(kind: str, folder: Path, model: Any, residues: str) -> torch.Tensor:
    """The vectors as the documentation of the published model computes them."""
    if kind == "prott5":
        tokens = transformers.T5Tokenizer.from_pretrained(folder)(
            " ".join(re.sub("[UZOBJ]", "X", residues)), return_tensors="pt"
        )
        inner = slice(0, -1)
    else:
        cls = transformers.EsmTokenizer if kind == "esm2" else transformers.EsmcTokenizer
        tokens = cls.from_pretrained(folder)(residues.replace("J", "X"), return_tensors="pt")
        inner = slice(1, -1)
    with torch.inference_mode():
        output = model(input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"])
    return output.last_hidden_state[0, inner]


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_are_those_of_the_published_recipe(
    kind: str, saved: dict[str, tuple[Path, Any]]
) -> None:
    folder, model = saved[kind]
    encoder = make_encoder(kind, folder)
    assert (encoder.id, encoder.width, encoder.dtype) == (f"tiny-{kind}", 16, "float16")
    for residues in (PROTEIN, "MUKXBZOAJ"):
        expected = last_layer(kind, folder, model, residues).numpy()
        np.testing.assert_allclose(encoder.encode(residues.lower() + "*"), expected, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_gives_what_each_protein_gives_alone(
    kind: str, saved: dict[str, tuple[Path, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_model, "window_bounds", lambda n: [(0, 6), (4, n)] if n > 9
                        else [(0, n)])  # fmt: skip
    monkeypatch.setattr(language_model, "stitch", lambda n, forward: np.concatenate(
        [forward(0, 6)[:5], forward(4, n)[1:]]) if n > 9 else forward(0, n))  # fmt: skip
    chains = ["MKV", PROTEIN[:12], "ACDEFGH", "W", PROTEIN[:11]]
    alone = make_encoder(kind, saved[kind][0])
    together = make_encoder(kind, saved[kind][0], inference=Inference(batch_residues=40))
    assert len(together.batches(chains)) < len(chains) == len(alone.batches(chains))  # type: ignore[attr-defined]
    for chain, vectors_LW in zip(chains, together.encode_batch(chains), strict=True):  # type: ignore[attr-defined]
        np.testing.assert_allclose(vectors_LW, alone.encode(chain), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_bfloat16_rounds_the_vectors_and_has_a_name_of_its_own(
    kind: str, saved: dict[str, tuple[Path, Any]]
) -> None:
    folder, _ = saved[kind]
    exact = make_encoder(kind, folder)
    half = make_encoder(kind, folder, inference=Inference("bfloat16"))
    assert half.id == f"tiny-{kind}-bf16"
    assert half.sha256 != exact.sha256
    one, other = half.encode(PROTEIN), exact.encode(PROTEIN)
    assert not np.array_equal(one, other)
    np.testing.assert_allclose(one, other, atol=0.1 * np.abs(other).max())
    again = remake_encoder(half.id, folder)
    assert (again.id, again.sha256) == (half.id, half.sha256)


@pytest.mark.parametrize(("kind", "other"), [("esm2", "prott5"), ("prott5", "esmc")])
def test_a_model_of_another_kind_is_refused_by_name(
    kind: str, other: str, saved: dict[str, tuple[Path, Any]]
) -> None:
    with pytest.raises(UserError, match=f"--encoder {other}"):
        make_encoder(kind, saved[other][0])


def test_a_published_model_is_found_in_the_cache_of_hugging_face(
    tmp_path: Path, saved: dict[str, tuple[Path, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(UserError, match="hf download biohub/ESMC-300M-hf"):
        make_encoder("ESMC-300M-hf")
    place = tmp_path / "models--biohub--ESMC-300M-hf"
    shutil.copytree(saved["esmc"][0], place / "snapshots" / ("a" * 40))
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("a" * 40)
    with pytest.raises(UserError, match="30 layers of width 960"):
        make_encoder("ESMC-300M-hf")
    assert make_encoder("esmc", place / "snapshots" / ("a" * 40)).id == "ESMC-300M-hf"


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("ran",)


def spoil_weights(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def spoil_size(folder: Path, layers: int) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": layers}))


def spoil_type(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text()) | {"model_type": "bert"}
    (folder / "config.json").write_text(json.dumps(config | {"auto_map": {"AutoModel": "own.My"}}))


def spoil_letters(folder: Path) -> None:
    (folder / "vocab.txt").write_text("\n".join(token for token in ESM_TOKENS if token != "W"))


def spoil_code(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    torch.save({"esm.x": Evil()}, folder / "pytorch_model.bin")


def spoil_shards(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {"esm.x": "model-1-of-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (spoil_weights, "damaged"),
        (partial(spoil_size, layers=3), "16 weights are missing"),
        (partial(spoil_size, layers=1), "16 are unknown"),
        (spoil_type, "code of its own"),
        (spoil_letters, "no token for W"),
        (spoil_code, "would run code"),
        (spoil_shards, "model-1-of-2.safetensors"),
        (lambda folder: (folder / "config.json").unlink(), r"No config\.json"),
        (lambda folder: (folder / "config.json").write_text("{"), r"config\.json is damaged"),
        (lambda folder: (folder / "vocab.txt").unlink(), "cannot be read as ESM-2"),
        (lambda folder: (folder / "model.safetensors").unlink(), "no weights"),
    ],
)
def test_a_damaged_folder_is_refused_and_runs_no_code(
    tmp_path: Path,
    saved: dict[str, tuple[Path, Any]],
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Path], object],
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "tiny"
    shutil.copytree(saved["esm2"][0], folder)
    spoil(folder)
    with pytest.raises(UserError, match=expected):
        make_encoder("esm2", folder)
    assert not (tmp_path / "ran").exists()


def test_weights_that_would_be_stored_under_another_encoder_or_lack_their_folder_are_refused(
    tmp_path: Path, saved: dict[str, tuple[Path, Any]]
) -> None:
    shutil.copytree(saved["esmc"][0], tmp_path / "physchem")
    with pytest.raises(UserError, match="Rename it"):
        make_encoder("esmc", tmp_path / "physchem")
    with pytest.raises(UserError, match="Give its folder"):
        make_encoder("esmc", tmp_path / "physchem" / "model.safetensors")


def test_without_transformers_the_error_says_what_to_install(
    saved: dict[str, tuple[Path, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(UserError, match=re.escape(model_folder.INSTALL)):
        make_encoder("esmc", saved["esmc"][0])


def test_each_encoder_says_how_it_reads_unusual_letters(
    saved: dict[str, tuple[Path, Any]],
) -> None:
    sequences = ["MUUX", "mk*", "MUJ"]
    found = {kind: unusual_letters(sequences, make_encoder(kind, saved[kind][0]).letters)
             for kind in ("esm2", "prott5")}  # fmt: skip
    assert found["esm2"] == [
        "1 J in 1 protein, read as X",
        "3 U in 2 proteins, read as itself",
        "1 X in 1 protein, read as itself",
        "lower case in 1 protein, read as upper case",
        "* at the end of 1 protein, dropped",
    ]
    assert found["prott5"][1] == "3 U in 2 proteins, read as X"


def test_a_build_that_was_killed_gives_the_same_bits(
    tmp_path: Path, saved: dict[str, tuple[Path, Any]]
) -> None:
    encoder = make_encoder("esm2", saved["esm2"][0], inference=Inference(batch_residues=12))
    chains = ["MKV", "ACD", "WWYY", "GHIK", "LLLLLLLLL"]
    whole = build_store(tmp_path / "whole", encoder, chains)

    def stop(done: int, total: int) -> None:
        if done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_store(tmp_path / "cut", encoder, chains, stop)
    (piece,) = sorted((tmp_path / "cut" / "embeddings").rglob("*.npy"))[:1]
    piece.unlink()  # half a batch is there
    assert build_store(tmp_path / "cut", encoder, chains).sha256 == whole.sha256
