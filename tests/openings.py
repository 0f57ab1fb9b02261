"""Counts what a command opens, reads and hashes of a dataset, each by its own path."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from rpbind.data import dataset as datasets
from rpbind.data import frozen_split
from rpbind.data.dataset import Dataset
from rpbind.data.splits import Split
from rpbind.proteins.embedding_store import EmbeddingStore


def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Return what will have been done how often, such as {"dataset opened: world": 1}."""
    seen: Counter[str] = Counter()
    opened, store_opened, read = Dataset.open, EmbeddingStore.open, frozen_split._read
    hashed, verified = datasets.hash_file, EmbeddingStore.verify

    def open_dataset(root: Path) -> Dataset:
        seen[f"dataset opened: {root.name}"] += 1
        return opened(root)

    def open_store(root: Path, encoder: str) -> EmbeddingStore:
        seen[f"vectors opened: {encoder}"] += 1
        return store_opened(root, encoder)

    def read_split(folder: Path, *more: Any) -> Split:
        seen[f"split read: {folder.name}"] += 1
        return read(folder, *more)

    def hash_file(path: Path) -> Any:
        seen[f"hashed: {path.name}"] += 1
        return hashed(path)

    def verify(store: EmbeddingStore) -> str:
        seen[f"vectors hashed: {store.folder.name}"] += 1
        return verified(store)

    monkeypatch.setattr(Dataset, "open", open_dataset)
    monkeypatch.setattr(EmbeddingStore, "open", open_store)
    monkeypatch.setattr(frozen_split, "_read", read_split)
    monkeypatch.setattr(datasets, "hash_file", hash_file)
    monkeypatch.setattr(EmbeddingStore, "verify", verify)
    return seen


def once(seen: Counter[str], *encoders: str, split: str = "cold-rna") -> None:
    """Check that a command opened and hashed one dataset, one split and some vectors, once each."""
    kinds = {name.split(": ")[0] for name in seen}
    assert kinds == {"dataset opened", "split read", "hashed", "vectors opened", "vectors hashed"}
    assert {name for name in seen if name.startswith("vectors opened")} == {
        f"vectors opened: {encoder}" for encoder in encoders
    }
    (read,) = (name for name in seen if name.startswith("split read"))
    assert read.startswith(f"split read: {split}_")
    assert seen.pop("hashed: proteins.parquet") == 2  # the small file: as it is opened, and again
    assert set(seen.values()) == {1}, seen
