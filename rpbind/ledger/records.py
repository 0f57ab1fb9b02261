"""What the record of a study is made of: its plan, and a row for every ended attempt of a run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer

State = Literal["done", "failed", "diverged", "stopped", "lost"]
"""What became of an attempt; "lost" was begun and never ended, because its process died."""

CUT_OFF: tuple[State, ...] = ("stopped", "lost")
"""States that say nothing about the recipe: the run was cut off from outside."""

Stage = Literal["check", "control", "search", "ablation"]
"""What a row is of: a check-up before training, a control, a search trial, or a planned run."""

Severity = Literal["info", "warning", "error"]
"""How grave a finding is."""

PartName = Annotated[str, Field(pattern=r"^(validation|test|probe(\.[a-z-]+)?)$")]
"""A part of the split that is scored; `probe` is a sample of test windows, `probe.NAME` the same
windows after an intervention, such as `probe.letters-shuffled`."""

ARM = r"^[A-Za-z0-9][A-Za-z0-9_.+=-]*$"
ArmName = Annotated[str, Field(pattern=ARM, max_length=80)]
"""An arm's name is part of file names: letters, digits and `_ . + = -`."""


def parse_time(text: str) -> datetime:
    """Return the time that a text names; one without a time zone is of UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _check_time(text: str) -> str:
    parse_time(text)
    return text


Time = Annotated[str, AfterValidator(_check_time)]
"""A time, as ISO 8601 has it."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ArmPlan(_Record):
    """One arm of a study: a recipe under a name. `change` says in words how it was made."""

    name: ArmName
    recipe: dict[str, Any]
    recipe_id: str
    change: str = ""


class ControlPlan(ArmPlan):
    """The arm `of` trained again with one thing taken away, to see what it rests on."""

    of: ArmName


class ContrastPlan(_Record):
    """One comparison that the study answers: `arm` minus `reference`, paired by seed.

    `fields` are the recipe fields (dotted paths) that it says it changes; none says nothing.
    A factorial effect is a weighted sum over many arms: `weights` then says how much each counts
    (they sum to zero), and `arm` and `reference` are the first of the two sides.
    """

    name: str
    arm: str
    reference: str
    fields: tuple[str, ...] = ()
    weights: dict[str, float] = {}


class InterimAnalysis(_Record):
    """A time at which a study was judged before it was extended: {contrast: what was said}.

    `seeds` is how many it had then, `trials` how many each search of tuned arms had, where trials
    were added. Where nothing could be judged yet, `verdicts` is empty.
    """

    when: str
    seeds: int
    trials: int | None = None
    verdicts: dict[str, str]


class Winner(BaseModel):
    """What a plan says of the best of one search: the arm that it became."""

    arm: ArmName


class SearchPlan(BaseModel):
    """What is read of a plan's `search`, which says how its trials were drawn; more may be there.

    `closed` is there once the winners are arms of the plan.
    """

    about: str = ""
    arms: dict[str, dict[str, Any]] = {}
    dimensions: tuple[dict[str, Any], ...] = ()
    trials: Annotated[int, Field(ge=0)] = 0
    searches: Annotated[int, Field(ge=1)] = 1
    seeds_per_trial: Annotated[int, Field(ge=1)] = 1
    objectives: Annotated[tuple[str, ...], Field(min_length=1)] = ("auroc",)
    contrasts: tuple[ContrastPlan, ...] = ()
    winners: dict[str, Winner] = {}


class Plan(_Record):
    """What a study was to run, written before anything is trained.

    `fingerprint` is a hash over all that its rows depend on: recipes, seeds, data, split, code; a
    study that is extended keeps that of its first seeds. `looks` says when it was judged before.
    `factors` is {change: arms that have it} of a factorial design, and empty for others.
    `split_note` says how the split came out where it is not as asked.
    `confirmatory` are the claims that it is to decide, in a family of hypotheses of their own; None
    is of a plan that was made before plans declared them.
    `code` is a hash of the code that rows depend on, `code_modules` has that of each module, and
    `accepted_code` the codes that the study went on with by `--accept-code-change`.
    """

    study: str
    fingerprint: str = ""
    question: str
    prediction: str
    rule: str
    design: str
    arms: tuple[ArmPlan, ...]
    contrasts: tuple[ContrastPlan, ...]
    factors: dict[str, tuple[str, ...]] = {}
    controls: tuple[ControlPlan, ...] = ()
    seeds: tuple[int, ...]
    dataset: str
    split: str
    split_note: str = ""
    proteins_note: str = ""
    delta: float = 0.010
    confirmatory: tuple[str, ...] | None = None
    search: dict[str, Any] | None = None
    created: str
    command: str = ""
    code: str = ""
    code_modules: dict[str, str] = {}
    accepted_code: tuple[str, ...] = ()
    looks: tuple[InterimAnalysis, ...] = ()

    @property
    def planned(self) -> list[tuple[str, int]]:
        """Every (arm, seed) that the study asks for."""
        return [(arm.name, seed) for arm in self.arms for seed in self.seeds]


class Call(_Record):
    """One call of the command that runs a study: when it began, and ended, where it was not killed.

    `slots` is how many runs it could make at once.
    """

    began: Time
    slots: Annotated[int, Field(ge=1)]
    ended: Time | Literal[""] = ""


class ProteinScore(_Record):
    """How one run did on one protein of one part; AUROC is None where a class is absent."""

    part: PartName
    protein: str
    cluster: int
    windows: int
    positives: int
    auroc: float | None
    auprc: float | None


class Finding(_Record):
    """Something seen about a run that a reader must know: a name, a number and its threshold.

    `reason` says why the threshold is where it is, `advice` in one sentence what to do.
    """

    name: str
    severity: Severity
    measured: float | None
    threshold: float | None
    reason: str = ""
    advice: str


class _Run(_Record):
    """Which attempt of which run: what marks and rows share."""

    arm: ArmName
    seed: int
    stage: Stage = "ablation"
    attempt: int = 0
    recipe: dict[str, Any]
    recipe_id: str

    @property
    def run(self) -> str:
        """The name of the run that this is an attempt of."""
        return f"{self.stage}-{self.arm}-{self.recipe_id}-s{self.seed}"


class RunStart(_Run):
    """Who makes a run: host, process and Ray job, and since when."""

    host: str
    pid: int
    job: str = ""
    began: str


PROVENANCE_TERMS = {"bank": "embedding store"}
"""The term that is shown for a provenance key whose stored name is an older one."""


def _listed(scores: Sequence[ProteinScore]) -> list[dict[str, Any]]:
    return [score.model_dump() for score in scores]


class Row(_Run):
    """One ended attempt of one run (arm x seed).

    `metrics` has keys such as `test.auroc_macro`; `curve` one mapping per epoch (`epoch`,
    `train.loss`, `validation.loss`, ...); `cost` seconds and counts; `provenance` the dataset,
    split, embedding store, code commit, versions, threads and executor that it was made with.
    """

    state: State
    metrics: dict[str, float] = {}
    proteins: Annotated[
        Sequence[ProteinScore], AfterValidator(tuple), PlainSerializer(_listed)
    ] = ()
    curve: tuple[dict[str, float], ...] = ()
    findings: tuple[Finding, ...] = ()
    cost: dict[str, float] = {}
    provenance: dict[str, str] = {}
    error: str = ""
    ended: str
