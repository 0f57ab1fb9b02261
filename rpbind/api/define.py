"""Studies as values, before they run; and experiments, which are studies with a command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rpbind.command import as_command as as_command
from rpbind.studyfile.given import spec_of
from rpbind.studyfile.read import StudyFile as StudyFile
from rpbind.studyfile.read import read_study as read_study
from rpbind.studyfile.spec import StudySpec as StudySpec
from rpbind.studyfile.template import schema_text as schema_text
from rpbind.studyfile.template import write_template as write_template
from rpbind.terminal import run_experiment as run_experiment


def define_study(**fields: Any) -> StudySpec:
    """Define a study without running it.

    Parameters
    ----------
    **fields
        The fields of a study file (docs/study-file.md), which are the keywords of `rb.ablate`.
        `predict` may be {name of a contrast: expected verdict}.

    Returns
    -------
    StudySpec
        What an experiment's function returns (`rb.as_command`).

    Raises
    ------
    UserError
        If there is no such field, or if its value is wrong.

    Examples
    --------
    >>> change = {"model.residual": False}
    >>> define_study(reference="fixed", changes={"no-residual": change}).reference
    'fixed'
    """
    predict = fields.get("predict")
    if isinstance(predict, Mapping):
        fields["predict"] = [{"contrast": name, "expect": word} for name, word in predict.items()]
    return spec_of(fields, {})
