"""Checkpoints: written whole or not at all, and read without running anything that is in them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import torch

from rpbind.errors import UserError
from rpbind.ledger import write_atomic

SCHEMA = 1


def save(path: Path, content: dict[str, Any]) -> None:
    """Write tensors and plain values; the file appears under its name only when it is whole."""
    buffer = io.BytesIO()
    torch.save({"schema": SCHEMA, **content}, buffer)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, buffer.getvalue())


def load(path: Path, advice: str) -> dict[str, Any]:
    """Read a checkpoint onto the CPU with `weights_only=True`.

    Raises `UserError`, which ends in `advice`, where it is damaged, something else, or too new.
    """
    unreadable = (
        f"{path} is not a readable rpbind checkpoint: it is damaged, is another kind of file, or "
        f"would run code on loading. {advice}"
    )
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}). {advice}") from None
    try:
        whole = zipfile.ZipFile(io.BytesIO(raw)).testzip() is None  # torch ignores the checksums
        content: dict[str, Any] = torch.load(io.BytesIO(raw), map_location="cpu", weights_only=True)
    except Exception:  # what torch says of it may advise to read it unsafely
        raise UserError(unreadable) from None
    if not whole:
        raise UserError(unreadable)
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != SCHEMA:
        raise UserError(
            f"{path} has checkpoint schema {schema}, this version reads {SCHEMA}. {advice}"
        )
    return content
