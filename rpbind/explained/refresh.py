"""Explain windows of a study's best arm, unless its report has those of the same model already.

Nothing here imports torch before there is something to compute.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rpbind.analysis.summary import Summary
from rpbind.errors import UserError
from rpbind.logos.stored import Explained, key_of, read_explained, write_explained
from rpbind.report.build import Explain
from rpbind.report.publish import publish
from rpbind.report.windows import model_of_best_arm
from rpbind.terminal import loading
from rpbind.verbosity import say
from rpbind.wording.commands import value_of

if TYPE_CHECKING:
    from rpbind.train.opened import OpenData


def explainer(data: Path | OpenData | None, *, trust: bool = False) -> Explain:
    """Return what explains windows of a study's best arm before its page is written.

    Parameters
    ----------
    data
        The dataset, or its folder, which is opened and verified only if there is something to
        compute; None if it is not known, and then nothing is computed.
    trust
        Whether classes of the user's own may be imported, which runs their code.

    Returns
    -------
    Callable
        It takes the study's folder and its summary. A study whose windows cannot be explained says
        why, and gets its page all the same.
    """

    def explain(study: Path, summary: Summary) -> None:
        found = model_of_best_arm(study, summary)
        if found is None or data is None or (isinstance(data, Path) and not data.is_dir()):
            return
        arm, model = found
        key, stored = key_of(model), read_explained(study)
        if stored is not None and (stored.run, stored.key) == (model.name, key):
            return
        try:
            with loading("torch"):
                from rpbind.explained.strongest import strongest
            windows = strongest(model, data, trust=trust)
        except UserError as refusal:
            say(f"No window of {arm} is explained on the page: {refusal}")
            return
        if windows:
            write_explained(study, Explained(arm, model.name, key, windows))

    return explain


def publish_explained(study: Path, command: str) -> Path:
    """Write a study's page; windows are explained if its command names the data with --data.

    Parameters
    ----------
    study
        Folder of the study.
    command
        The command that made it; "" if it was made from Python.

    Returns
    -------
    Path
        The study's page.
    """
    data = value_of(command, "--data") if command else None
    return publish(study, explainer(Path(data) if data else None))
