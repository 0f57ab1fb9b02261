"""The records of what a study did: a row for each attempt of a run that has ended, and calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer

State = Literal["done", "failed", "diverged", "stopped", "lost"]
"""How an attempt ended; "lost" means that its process died before it ended."""

CUT_OFF: tuple[State, ...] = ("stopped", "lost")
"""States of runs that were interrupted from outside; they say nothing about the recipe."""

Stage = Literal["check", "control", "search", "ablation"]
"""What a row records: a check-up before training, a control, a search trial or a planned run."""

Severity = Literal["info", "warning", "error"]
"""How serious a finding is."""

PartName = Annotated[str, Field(pattern=r"^(validation|test|probe(\.[a-z-]+)?)$")]
"""A part of the split that is scored; `probe` is a sample of test windows, `probe.NAME` the same
windows after an intervention, such as `probe.letters-shuffled`."""

ARM = r"^[A-Za-z0-9][A-Za-z0-9_.+=-]*$"
ArmName = Annotated[str, Field(pattern=ARM, max_length=80)]
"""An arm's name is part of file names: letters, digits and `_ . + = -`."""


def parse_time(text: str) -> datetime:
    """Parse a time.

    Parameters
    ----------
    text
        In ISO 8601; UTC is assumed if it has no time zone.

    Returns
    -------
    datetime
        With a time zone.
    """
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _check_time(text: str) -> str:
    parse_time(text)
    return text


Time = Annotated[str, AfterValidator(_check_time)]
"""A time in ISO 8601."""


class Record(BaseModel):
    """Base of the records: immutable, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Call(Record):
    """One call of the command that runs a study.

    Parameters
    ----------
    began
        When it began, in ISO 8601.
    slots
        How many runs fitted at the same time.
    ended
        When it ended; "" if it was killed.
    """

    began: Time
    slots: Annotated[int, Field(ge=1)]
    ended: Time | Literal[""] = ""


class ProteinScore(Record):
    """The scores of one run on one protein in one part.

    Parameters
    ----------
    part
        The scored part, see `PartName`.
    protein
        The protein's name.
    cluster
        Its protein cluster.
    windows
        Number of its windows in the part.
    positives
        How many of them have label 1.
    auroc
        AUROC; None if the part has only one class.
    auprc
        AUPRC; None if the part has only one class.
    """

    part: PartName
    protein: str
    cluster: int
    windows: int
    positives: int
    auroc: float | None
    auprc: float | None


RENAMED_FINDINGS = {
    "no better than a coin": "no better than chance",
    "worse than a coin": "worse than chance",
    "learnt by heart": "memorised",
}
"""Name of a finding in rows of version 0.1 -> its name now."""


class Finding(Record):
    """Something about a run that a reader must know.

    Parameters
    ----------
    name
        What it is, such as "RNA ignored".
    severity
        How serious it is.
    measured
        The number behind it, if there is one.
    threshold
        The value that the number crossed, if there is one.
    reason
        Why the threshold has this value.
    advice
        What to do, in one or two sentences.
    """

    name: Annotated[str, AfterValidator(lambda name: RENAMED_FINDINGS.get(name, name))]
    severity: Severity
    measured: float | None
    threshold: float | None
    reason: str = ""
    advice: str


SEES_COMPANY = "sees other windows"
"""Name of the finding that a window's score depends on the other windows of its batch."""


class _Run(Record):
    """The fields that identify an attempt of a run; start marks and rows share them."""

    arm: ArmName
    seed: int
    stage: Stage = "ablation"
    attempt: int = 0
    recipe: dict[str, Any]
    recipe_id: str

    @property
    def run(self) -> str:
        """The name of the run, which is the same for all of its attempts."""
        return f"{self.stage}-{self.arm}-{self.recipe_id}-s{self.seed}"


class RunStart(_Run):
    """A run that was started: host, process and Ray job that train it, and since when."""

    host: str
    pid: int
    job: str = ""
    began: str


PROVENANCE_TERMS = {"bank": "embedding store"}
"""The term that is shown for a provenance key whose stored name is an older one."""


def _listed(scores: Sequence[ProteinScore]) -> list[dict[str, Any]]:
    return [score.model_dump() for score in scores]


class Row(_Run):
    """One attempt of one run (arm and seed) that has ended.

    It also has the fields `arm`, `seed`, `stage`, `attempt`, `recipe` and `recipe_id`.

    Parameters
    ----------
    state
        How the attempt ended.
    metrics
        {part.metric: value}, such as `test.auroc_macro`.
    proteins
        Scores per protein and part; read from a ledger, a `ProteinScores`.
    curve
        One mapping per epoch: `epoch`, `train.loss`, `validation.loss` and others.
    findings
        What readers must know about the run.
    test_curves
        Calibration, ROC and precision-recall on test (`rpbind.score_curves`); {} if not recorded.
    cost
        Seconds and counts, such as `train_seconds` and `parameters`.
    provenance
        Dataset, split, embedding store (key `bank`), code, versions, threads and executor.
    error
        Why it did not end as "done"; the first line is the reason. Empty for a run that is done.
    ended
        When it ended, in ISO 8601.
    """

    state: State
    metrics: dict[str, float] = {}
    proteins: Annotated[
        Sequence[ProteinScore], AfterValidator(tuple), PlainSerializer(_listed)
    ] = ()
    curve: tuple[dict[str, float], ...] = ()
    findings: tuple[Finding, ...] = ()
    test_curves: dict[str, list[float]] = {}
    cost: dict[str, float] = {}
    provenance: dict[str, str] = {}
    error: str = ""
    ended: str
