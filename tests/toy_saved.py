"""Trained models on disk, taken apart and written again without any check: for damaged models, and
for model files of version 0.1.0, which nothing else writes any more."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save

OLD_FIELDS = (
    "recipe",
    "seed",
    "width",
    "length",
    "threads",
    "provenance",
    "calibration",
    "proteins",
    "weights",
)
OLD_PROTEIN_FIELDS = ("id", "sequence", "windows", "positives", "auroc")


def content_of(folder: Path) -> dict[str, Any]:
    """Return all that a model folder holds: its description, `recipe` as text, and `weights`."""
    tree = json.loads((folder / "model.json").read_bytes())
    tree |= json.loads((folder / "proteins.json").read_bytes())
    del tree["files"], tree["sha256"]
    recipe, weights = folder / "recipe.json", folder / "model.safetensors"
    return tree | {"recipe": recipe.read_text(), "weights": load(weights.read_bytes())}


def write_folder_of(content: dict[str, Any], folder: Path) -> Path:
    """Write a model folder with the right hashes, whatever the content; without a card."""
    tree = dict(content)
    files = {
        "recipe.json": tree.pop("recipe", "").encode(),
        "model.safetensors": save(tree.pop("weights")),
        "proteins.json": json.dumps(
            {name: tree.pop(name) for name in ("vectors", "proteins") if name in tree}
        ).encode(),
    }
    tree["files"] = {name: hashlib.sha256(raw).hexdigest() for name, raw in files.items()}
    folder.mkdir(exist_ok=True)
    for name, raw in (files | {"model.json": described(tree)}).items():
        (folder / name).write_bytes(raw)
    return folder


def described(tree: dict[str, Any]) -> bytes:
    """Return the file of a description, with its own hash."""
    raw = (json.dumps(tree, indent=1) + "\n").encode()
    return json.dumps(tree | {"sha256": hashlib.sha256(raw).hexdigest()}).encode()


def write_old_file_of(content: dict[str, Any], path: Path) -> Path:
    """Write a model file as version 0.1.0 did."""
    old = {name: content[name] for name in OLD_FIELDS if name in content}
    if isinstance(old.get("proteins"), list):
        old["proteins"] = [
            {name: protein[name] for name in OLD_PROTEIN_FIELDS} for protein in old["proteins"]
        ]
    torch.save({"schema": content.get("schema", 1), **old}, path)
    return path
