"""ESM-2, ESM C and ProtT5 by transformers, from a local folder in Hugging Face's format.

The folder has `config.json`, the weights (`model.safetensors` or `pytorch_model.bin`, also in
several files) and the tokenizer's files. Code that comes with a folder is never run, and nothing is
downloaded. A vector is the last layer's output.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from rpbind.errors import UserError
from rpbind.proteins.inference import Inference
from rpbind.proteins.language_model import Loaded, Vocabulary
from rpbind.proteins.published import ESM2, ESMC, FAMILIES, PROTT5, Family

INSTALL = "pip install 'rpbind[plm]'"
TOKENIZERS = ("vocab.txt", "tokenizer.json", "spiece.model")
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_BODY = re.compile(r"(\w+\.)?(encoder|layers|embeddings|embed_tokens|norm)\.")
_MOST_TOKENS = 256
"""A vocabulary with more tokens is that of a language model for texts."""


def name_of_folder(folder: Path) -> str:
    """Return the name of a model's folder; in Hugging Face's cache, that of the model."""
    path = folder.resolve()
    cached = [part for part in path.parts if part.startswith("models--")]
    return cached[-1].rpartition("--")[2] if cached else path.name


def load_folder(folder: Path, inference: Inference) -> tuple[Loaded, Family]:
    """Load a protein language model from a folder.

    Parameters
    ----------
    folder
        The folder.
    inference
        The precision of its weights.

    Returns
    -------
    (Loaded, Family)
        The model, and its kind.

    Raises
    ------
    UserError
        If transformers is not installed, a file is missing or damaged, or the folder has another
        kind of model.
    """
    config = _config(folder)
    family = _family(folder, config)
    files = [folder / "config.json", *_weight_files(folder)]
    files += [folder / name for name in TOKENIZERS if (folder / name).is_file()]
    network, vocabulary = _read(folder, family, inference)
    if vocabulary.missing or max(vocabulary.ids.values()) >= config.get("vocab_size", 0):
        raise UserError(
            f"{folder} is no {family.name}: its tokenizer has no token for "
            f"{vocabulary.missing or 'every letter'}. Expected a model of proteins, whose "
            "tokenizer has one token per residue."
        )
    wide, deep = network.config.hidden_size, network.config.num_hidden_layers

    def forward(tokens_BL: Tensor, real_BL: Tensor) -> Tensor:
        return network(input_ids=tokens_BL, attention_mask=real_BL.long()).last_hidden_state

    name, digest = name_of_folder(folder), _digest(files)
    return Loaded(name, digest, network, wide, deep, forward, vocabulary), family


def _config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / "config.json").read_bytes())
    except FileNotFoundError:
        raise UserError(
            f"No config.json in {folder}. Expected a folder as Hugging Face publishes it, with "
            "config.json, model.safetensors and the tokenizer's files; a checkpoint of fair-esm "
            "is a single file, FILE.pt."
        ) from None
    except ValueError as error:
        raise UserError(
            f"{folder / 'config.json'} is damaged ({error}). Copy the folder again."
        ) from None
    if not isinstance(config, dict):
        raise UserError(f"{folder / 'config.json'} is damaged: it holds no object.")
    return config


def _family(folder: Path, config: dict[str, Any]) -> Family:
    kind = config.get("model_type")
    for family in FAMILIES:
        if family.model_type == kind:
            return family
    own = ""
    if "auto_map" in config:
        own = " It needs code of its own, which rpbind does not run."
    raise UserError(
        f"{folder} has a model of type {kind!r}.{own} rpbind reads "
        f"{', '.join(f'{family.name} ({family.model_type})' for family in FAMILIES)}; other "
        "vectors can be computed elsewhere and brought with --from FILE."
    )


def _weight_files(folder: Path) -> list[Path]:
    """Return the files that transformers reads the weights from; safetensors come first."""
    for name in _WEIGHTS:
        if (folder / name).is_file():
            return [folder / name]
        index = folder / f"{name}.index.json"
        if index.is_file():
            try:
                shards = sorted(set(json.loads(index.read_bytes())["weight_map"].values()))
            except (ValueError, LookupError, AttributeError, TypeError):
                raise UserError(f"{index} is damaged. Copy the folder again.") from None
            missing = [shard for shard in shards if not (folder / shard).is_file()]
            if missing:
                raise UserError(
                    f"{folder} lacks {len(missing)} of {len(shards)} files of weights, such as "
                    f"{missing[0]}. Copy or download the whole folder."
                )
            return [index, *(folder / shard for shard in shards)]
    raise UserError(
        f"{folder} has no weights: expected {' or '.join(_WEIGHTS)}. Copy or download the whole "
        "folder."
    )


def _digest(files: list[Path]) -> str:
    """Hash everything that the vectors depend on."""
    lines = []
    for path in files:
        with path.open("rb") as file:
            lines.append(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _read(folder: Path, family: Family, inference: Inference) -> tuple[Any, Vocabulary]:
    try:
        import transformers
    except ImportError:
        raise UserError(
            f"{folder} is a model in Hugging Face's format, and the package transformers is not "
            f"installed: {INSTALL}"
        ) from None
    half = inference.precision == "bfloat16"
    options: dict[str, Any] = {
        "local_files_only": True,
        "output_loading_info": True,
        "ignore_mismatched_sizes": True,  # they are refused below, by name
        "dtype": torch.bfloat16 if half else torch.float32,
    }
    with _silent(), _named(folder, family):
        if family == ESM2:
            network, info = transformers.EsmModel.from_pretrained(
                folder, add_pooling_layer=False, **options
            )
            vocabulary = _esm_vocabulary(transformers.EsmTokenizer.from_pretrained(folder))
        elif family == ESMC:
            network, info = transformers.EsmcModel.from_pretrained(folder, **options)
            vocabulary = _esm_vocabulary(transformers.EsmcTokenizer.from_pretrained(folder))
        else:
            network, info = transformers.T5EncoderModel.from_pretrained(folder, **options)
            vocabulary = _t5_vocabulary(folder, transformers.T5Tokenizer.from_pretrained(folder))
    _check_weights(folder, family, info)
    return network, vocabulary


def _check_weights(folder: Path, family: Family, info: Mapping[str, Any]) -> None:
    """Refuse a network of which a part got random values, or weights of a larger one."""
    lost = {*info["missing_keys"], *(name for name, *_ in info["mismatched_keys"])}
    lost = {name for name in lost if not name.startswith("contact_head.")}  # vectors need no head
    more = {name for name in info["unexpected_keys"] if _BODY.match(name)}
    if lost or more:
        such = min(lost or more)
        raise UserError(
            f"{folder} does not fit the {family.name} that its config.json declares: {len(lost)} "
            f"weights are missing or have another shape and {len(more)} are unknown, such as "
            f"{such}. Copy or download the whole folder."
        )


@contextmanager
def _silent() -> Iterator[None]:
    """Keep transformers' own progress and its list of unused weights (of heads) off the screen."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


@contextmanager
def _named(folder: Path, family: Family) -> Iterator[None]:
    """Turn what transformers makes of a damaged folder into a `UserError`."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # its readers raise whatever a damaged file leads to
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise UserError(
            f"{folder} cannot be read as {family.name}: it is damaged, or would run code when "
            f"loaded ({why}). Copy or download the whole folder."
        ) from None


def _esm_vocabulary(tokenizer: Any) -> Vocabulary:
    return Vocabulary(
        ids={token: at for token, at in tokenizer.get_vocab().items() if len(token) == 1},
        before=(tokenizer.cls_token_id,),
        after=(tokenizer.eos_token_id,),
        pad=tokenizer.pad_token_id,
    )


def _t5_vocabulary(folder: Path, tokenizer: Any) -> Vocabulary:
    """Return the tokens of ProtT5, whose authors replace U, Z, O and B by X."""
    known = tokenizer.get_vocab()
    if len(known) > _MOST_TOKENS or "<AA2fold>" in known:
        other = "ProstT5, which needs a prefix" if "<AA2fold>" in known else "a T5 for texts"
        raise UserError(
            f"{folder} is {other}. Expected {PROTT5.name}, such as "
            "Rostlab/prot_t5_xl_half_uniref50-enc; other vectors can be computed elsewhere and "
            "brought with --from FILE."
        )
    return Vocabulary(
        ids={token[1]: at for token, at in known.items() if len(token) == 2 and token[0] == "▁"},
        before=(),
        after=(tokenizer.eos_token_id,),
        pad=tokenizer.pad_token_id,
        as_x="JUOBZ",
    )
