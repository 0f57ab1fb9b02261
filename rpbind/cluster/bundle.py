"""A study as text, printed by a job on the cluster and unpacked at home: `python -m` it.

Plan, ledger and report go; models, checkpoints and Ray's own files stay on the shared storage.
"""

from __future__ import annotations

import base64
import io
import re
import sys
import tarfile
from pathlib import Path

from rpbind.errors import UserError
from rpbind.terminal import REPORT_PREFIX

STAYS = ("runs", "ray")
BEGIN, END = "-----BEGIN RPBIND STUDY-----", "-----END RPBIND STUDY-----"


def study_named(output: str, job: str) -> str:
    """Return the study folder that a page's output names last."""
    found = re.findall(rf"^{REPORT_PREFIX}(.*)/index\.html$", output, flags=re.MULTILINE)
    if not found:
        raise UserError(
            f"Job {job} has not written a report yet: its output names none. See "
            f"`rpbind job status {job}`."
        )
    return str(found[-1])


def pack(study: Path) -> str:
    """Return a study as text between two marks."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path in sorted(study.iterdir()):
            if path.name not in STAYS and not path.name.startswith("."):
                archive.add(path, path.name)
    text = base64.encodebytes(buffer.getvalue()).decode()
    return f"{BEGIN}\n{text}{END}"


def unpack(output: str, target: Path) -> None:
    """Write the study that `output` holds to `target`; nothing can be written beside it."""
    found = re.search(rf"{BEGIN}\n(.*?){END}", output, flags=re.DOTALL)
    if found is None:
        raise UserError("The cluster's answer holds no study; is it the same version of rpbind?")
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(found[1])), mode="r:gz") as archive:
        archive.extractall(target, filter="data")


if __name__ == "__main__":
    print(pack(Path(sys.argv[1])))
