"""The records of what a study will do: its plan, with arms, contrasts, controls and searches."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from rpbind.ledger.records import ArmName, Record
from rpbind.parts import Part

DELTA = 0.010
"""Equivalence margin of the verdicts, where a study says nothing else."""

Expect = Literal["better", "worse", "inert", "no meaningful effect"]
"""What a prediction can say of a contrast."""


class ArmPlan(Record):
    """One arm of a study: a recipe under a name.

    Parameters
    ----------
    name
        The arm's name, which is part of file names.
    recipe
        All hyperparameters, as JSON.
    recipe_id
        Its hash.
    change
        How it differs from its reference, in words.
    """

    name: ArmName
    recipe: dict[str, Any]
    recipe_id: str
    change: str = ""


class ControlPlan(ArmPlan):
    """An arm trained again with one input removed, to see whether its score depends on it.

    Parameters
    ----------
    of
        The name of that arm. The other fields are those of `ArmPlan`.
    """

    of: ArmName


class ContrastPlan(Record):
    """One comparison that the study judges: `arm` minus `reference`, paired by seed.

    Parameters
    ----------
    name
        What reports call it.
    arm
        The arm; in a factorial effect, the first arm with a positive weight.
    reference
        Its reference; in a factorial effect, the first arm with a negative weight.
    fields
        Recipe fields (dotted paths) that the comparison declares to change; empty if it declares
        none.
    weights
        In a factorial effect, {arm: weight}, which sum to zero; empty for a difference of two arms.
    """

    name: str
    arm: str
    reference: str
    fields: tuple[str, ...] = ()
    weights: dict[str, float] = Field(default_factory=dict)


class PredictionPlan(Record):
    """The expected verdict of a contrast, written down before the study ran.

    Parameters
    ----------
    contrast
        Name of the contrast.
    expect
        The verdict.
    """

    contrast: str
    expect: Expect


class OwnPlan(Record):
    """A metric or a control of the user's own: "my_metrics.py:f", and the hash of the content."""

    reference: str
    sha256: str

    @property
    def part(self) -> Part:
        """The function or class, for `rpbind.parts`."""
        return Part(self.reference, self.sha256)

    @property
    def name(self) -> str:
        """What rows and reports call it: the name of the function or class."""
        return self.part.class_name


class InterimAnalysis(Record):
    """An analysis of a study before it was extended.

    Parameters
    ----------
    when
        The time of the analysis, in ISO 8601.
    seeds
        Seeds per arm at that time.
    trials
        Trials per search of tuned arms at that time; None if no trials were added later.
    verdicts
        {contrast: its verdict then}; empty if nothing could be judged yet.
    """

    when: str
    seeds: int
    trials: int | None = None
    verdicts: dict[str, str]


class Winner(BaseModel):
    """The winner of one search in a plan: the arm that trains it on fresh seeds."""

    arm: ArmName


class SearchPlan(BaseModel):
    """The keys of a plan's `search` that we check when we read it; other keys are allowed.

    `search` describes how the trials were drawn. It gets the key `closed` when the winners have
    become arms of the plan.
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


class Plan(Record):
    """What a study will run, written before anything is trained.

    Parameters
    ----------
    study
        The study's name.
    fingerprint
        Hash of everything that its rows depend on: recipes, seeds, data, split and code. An
        extended study keeps the one of its first seeds.
    name
        The name that the user gave with `--name`; "" without one.
    question
        What the experiment asks.
    prediction
        The answer that was expected.
    rule
        How the answer is decided.
    design
        Which design chose the arms, such as "leave-one-out".
    arms, contrasts
        The arms, and the comparisons that are judged.
    factors
        In a factorial design, {change: arms that have it}; else empty.
    controls
        Arms that are trained again with one input removed.
    seeds
        The seeds that every arm is trained with.
    dataset
        Name and hash of the dataset.
    split
        Name and hash of the split.
    split_note
        How the split differs from the one that was requested, if it does.
    proteins_note
        Which protein vectors the arms read, separated by ", ".
    delta
        Largest difference of the primary metric that counts as negligible.
    confirmatory
        Claims judged in a family of hypotheses of their own; None in plans older than this field.
    search
        How the trials of its searches were drawn, see `SearchPlan`; None without a search.
    created
        When it was made, in ISO 8601.
    command, scripted
        The command that made it, and whether it is a script of the user's, without our options.
    code
        Hash of the code that rows depend on.
    code_modules
        {module: hash of its code}.
    accepted_code
        Other hashes of code with which the study was continued by `--accept-code-change`.
    looks
        Its interim analyses so far.
    predictions
        What was expected of its contrasts; no verdict depends on them.
    metrics, own_controls
        Metrics and controls of the user's own.
    smoke
        Whether it is a quick run (`--smoke`), whose numbers are no result.
    """

    study: str
    fingerprint: str = ""
    name: str = ""
    question: str
    prediction: str
    rule: str
    design: str
    arms: tuple[ArmPlan, ...]
    contrasts: tuple[ContrastPlan, ...]
    factors: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    controls: tuple[ControlPlan, ...] = ()
    seeds: tuple[int, ...]
    dataset: str
    split: str
    split_note: str = ""
    proteins_note: str = ""
    delta: float = DELTA
    confirmatory: tuple[str, ...] | None = None
    search: dict[str, Any] | None = None
    created: str
    command: str = ""
    scripted: bool = False
    code: str = ""
    code_modules: dict[str, str] = Field(default_factory=dict)
    accepted_code: tuple[str, ...] = ()
    looks: tuple[InterimAnalysis, ...] = ()
    predictions: tuple[PredictionPlan, ...] = ()
    metrics: tuple[OwnPlan, ...] = ()
    own_controls: tuple[OwnPlan, ...] = ()
    smoke: bool = False

    @property
    def planned(self) -> list[tuple[str, int]]:
        """Every (arm, seed) that the study will train."""
        return [(arm.name, seed) for arm in self.arms for seed in self.seeds]
