"""What an error advises if an embedding store is missing or damaged."""

from __future__ import annotations

import json
from pathlib import Path

from rpbind.errors import did_you_mean
from rpbind.proteins.encoders import ENCODERS
from rpbind.proteins.published import FAMILIES
from rpbind.proteins.store_manifest import stores_folder


def embed_advice(data: Path, encoder_id: str) -> str:
    """Return the command that makes an encoder's store; for an unknown name, the known names."""
    if file := _imported_file(stores_folder(data) / encoder_id):
        return f"run: rpbind embed {data} --from {file} --encoder {encoder_id}"
    if encoder_id in ENCODERS:
        needs = ""
        if encoder_id in (family.any_name for family in FAMILIES):
            needs = " --weights PATH"
        return f"run: rpbind embed {data} --encoder {encoder_id}{needs}"
    made = sorted(file.parent.name for file in stores_folder(data).glob("*/manifest.json"))
    names = list(dict.fromkeys([*made, *ENCODERS]))
    return (
        f"the encoders are {', '.join(names)}, and any other weights by the name of their file or "
        f"folder: rpbind embed {data} --encoder esm2 --weights {encoder_id}.pt."
        f"{did_you_mean(encoder_id, names)}"
    )


def _imported_file(store: Path) -> str:
    """Return the file from which a store was read; "" if an encoder made it, or none is known."""
    try:
        return str(json.loads((store / "manifest.json").read_bytes())["imported"]["file"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""
