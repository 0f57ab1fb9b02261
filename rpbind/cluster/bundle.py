"""Pack a study as text: a job on the cluster prints it, and `rpbind job fetch` unpacks it.

Plan, ledger and report are packed; models, checkpoints and Ray's files stay on the shared storage.
Run it as `python -m rpbind.cluster.bundle STUDY`.
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

NOT_SENT = ("runs", "ray")
BEGIN, END = "-----BEGIN RPBIND STUDY-----", "-----END RPBIND STUDY-----"


def study_named(output: str, job_id: str) -> str:
    """Return the study folder that an experiment's output names last."""
    found = re.findall(rf"^{REPORT_PREFIX}(.*)/index\.html$", output, flags=re.MULTILINE)
    if not found:
        raise UserError(
            f"Job {job_id} has not written a report yet, so there is nothing to fetch. See its "
            f"state with `rpbind job status {job_id}`."
        )
    return str(found[-1])


def pack(study: Path) -> str:
    """Return a study as text between two marker lines."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path in sorted(study.iterdir()):
            if path.name not in NOT_SENT and not path.name.startswith("."):
                archive.add(path, path.name)
    text = base64.encodebytes(buffer.getvalue()).decode()
    return f"{BEGIN}\n{text}{END}"


def unpack(output: str, target: Path) -> None:
    """Write the study in `output` to the folder `target`, and no file outside of it."""
    found = re.search(rf"{BEGIN}\n(.*?){END}", output, flags=re.DOTALL)
    if found is None:
        raise UserError(
            "The cluster's answer contains no study. Check that the cluster has the same version "
            "of rpbind as this machine."
        )
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(found[1])), mode="r:gz") as archive:
        archive.extractall(target, filter="data")


if __name__ == "__main__":
    print(pack(Path(sys.argv[1])))
