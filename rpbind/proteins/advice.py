"""What an error advises if an embedding store is missing or damaged."""

from __future__ import annotations

from pathlib import Path

from rpbind.errors import did_you_mean
from rpbind.proteins.encoders import ENCODERS
from rpbind.proteins.store_manifest import stores_folder


def embed_advice(data: Path, encoder_id: str) -> str:
    """Return the command that makes an encoder's store; for an unknown name, the known names."""
    if encoder_id in ENCODERS:
        needs = " --weights FILE" if encoder_id == "esm2" else ""
        return f"run: rpbind embed {data} --encoder {encoder_id}{needs}"
    made = sorted(file.parent.name for file in stores_folder(data).glob("*/manifest.json"))
    names = list(dict.fromkeys([*made, *ENCODERS]))
    return (
        f"the encoders are {', '.join(names)}, and any ESM-2 checkpoint by the name of its file: "
        f"rpbind embed {data} --encoder esm2 --weights {encoder_id}.pt."
        f"{did_you_mean(encoder_id, names)}"
    )
