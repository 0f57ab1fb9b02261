"""What to do where protein vectors are asked for that are not there."""

from __future__ import annotations

from pathlib import Path

from rpbind.errors import did_you_mean
from rpbind.proteins.encoders import ENCODERS


def remedy_of(root: Path, encoder_id: str) -> str:
    """Return what makes the vectors of an encoder; of a name that none has, what there is."""
    if encoder_id in ENCODERS:
        needs = " --weights FILE" if encoder_id == "esm2" else ""
        return f"run: rpbind embed {root.parent} --encoder {encoder_id}{needs}"
    made = sorted(file.parent.name for file in root.glob("*/manifest.json"))
    names = list(dict.fromkeys([*made, *ENCODERS]))
    return (
        f"an encoder is one of {', '.join(names)}, or has the name of an ESM-2 checkpoint's file: "
        f"rpbind embed {root.parent} --encoder esm2 --weights {encoder_id}.pt."
        f"{did_you_mean(encoder_id, names)}"
    )
