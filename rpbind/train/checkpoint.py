"""Checkpoints: written atomically, and read without running code that they may contain."""

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
    """Write tensors and plain values atomically."""
    buffer = io.BytesIO()
    torch.save({"schema": SCHEMA, **content}, buffer)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, buffer.getvalue())


def load(path: Path, advice: str) -> dict[str, Any]:
    """Read a checkpoint onto the CPU with `weights_only=True`.

    Parameters
    ----------
    path
        The file.
    advice
        What the user should do if it cannot be read: the end of the error message.

    Returns
    -------
    The content as `save` received it, with the key `schema`.

    Raises
    ------
    UserError
        If the file is missing, damaged, no checkpoint, or has another schema version.
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
    except Exception:  # torch's own message may advise to load it unsafely
        raise UserError(unreadable) from None
    if not whole:
        raise UserError(unreadable)
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != SCHEMA:
        raise UserError(
            f"{path} has checkpoint schema {schema}; this version reads {SCHEMA}. {advice}"
        )
    return content
