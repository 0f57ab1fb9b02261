"""The schema of a study: everything that it depends on, as `study.toml` holds it.

What is no part of it belongs to one call: the folder of the reports, and whether the study is only
checked, extended, or continued with other code.
"""

from __future__ import annotations

from typing import Annotated, Any, get_args

from pydantic import Discriminator, Field, Tag

from rpbind.design.kinds import ALONE, DESIGNS
from rpbind.design.own import ALL, REFERENCE
from rpbind.ledger.plan_records import DELTA, Expect
from rpbind.ledger.records import ArmName
from rpbind.run.logger_registry import TRACKERS
from rpbind.split_spec import EXAMPLES
from rpbind.studyfile.fields import Entry, Values, one_of, option
from rpbind.studyfile.own import OwnSource
from rpbind.studyfile.recipes import RecipeSource, form
from rpbind.studyfile.search import SearchSpec

VERSION = 1
"""Version of this schema, which a study file states as `version`."""

OFF = "off"


class DesignTable(Entry):
    """One of the designs that a study joins.

    Parameters
    ----------
    kind
        What is compared with what.
    start, end
        The names of its two ends. It starts from the reference, or from the `end` of an earlier
        design.
    changes
        The changes that it makes, in order.
    """

    kind: Annotated[str, *one_of(DESIGNS)] = Field(description=f"Design: {', '.join(DESIGNS)}.")
    start: ArmName | None = Field(
        None,
        description="Arm without the changes (default: the first of ends). The end of an earlier "
        "design, to go on from there.",
    )
    end: ArmName | None = Field(
        None, description="Arm with all of the changes (default: the second of ends)."
    )
    changes: list[str] | None = Field(
        None, description="Names of the changes that it makes, in order (default: all)."
    )


OneDesign = Annotated[
    Annotated[str, *one_of(DESIGNS), Tag("name")] | Annotated[DesignTable, Tag("table")],
    Discriminator(form),
]


def _one_or_many(value: Any) -> str:
    return "many" if isinstance(value, list | tuple) else "one"


Designs = Annotated[
    Annotated[OneDesign, Tag("one")] | Annotated[list[OneDesign], Field(min_length=1), Tag("many")],
    Discriminator(_one_or_many),
]


class ArmSpec(Entry):
    """An arm beyond the design.

    Parameters
    ----------
    name
        Its name.
    reference
        The recipe that its changes are made to.
    changes
        What differs from it.
    about
        What it changes, in words.
    """

    name: ArmName = Field(description="Name of the arm.")
    reference: RecipeSource | None = Field(
        None, description="Recipe that its changes are made to (default: the study's reference)."
    )
    changes: Values = Field({}, description="Values that differ from it, by path.")
    about: str | None = Field(
        None, description="What it changes, for reports (default: its differences)."
    )


class ContrastSpec(Entry):
    """A comparison beyond the design: `arm` minus `reference`.

    Parameters
    ----------
    name
        What reports call it.
    arm, reference
        The two arms.
    fields
        Hyperparameters that it declares to change.
    """

    name: str = Field(min_length=1, description="Name of the contrast.")
    arm: str = Field(description="The arm.")
    reference: str = Field(description="The arm that it is compared with.")
    fields: list[str] = Field(
        [], description="Paths that may differ, if others must not (default: any may)."
    )


class Prediction(Entry):
    """What you expect of a contrast, written down before the study runs.

    Parameters
    ----------
    contrast
        Name of the contrast.
    expect
        The expected verdict.
    """

    contrast: str = Field(description="Name of a contrast; a wrong one is refused with the list.")
    expect: Expect = Field(description=f"Expected verdict: {', '.join(get_args(Expect))}.")


class ResourceSpec(Entry):
    """What each run gets, and where it runs.

    Parameters
    ----------
    workers, cpus_per_worker, gpus_per_run, share_gpus, executor, address, log
        As the options of every experiment.
    """

    workers: int = option("workers")
    cpus_per_worker: int = option("cpus_per_worker")
    gpus_per_run: float = option("gpus_per_run")
    share_gpus: bool = option("share_gpus")
    executor: Annotated[str, *one_of(("auto", "trial", "train"))] = option("executor")
    address: str | None = option("address")
    log: list[Annotated[str, *one_of(TRACKERS)]] | None = option("log")


class StudySpec(Entry):
    """Everything that defines a study.

    Parameters
    ----------
    version
        Version of this schema.
    question, prediction, rule
        What the study asks, the expected answer, and how the results decide it.
    experiment, name
        The beginning of the name of the study's folder, or its whole name.
    data, split, proteins
        The windows, how they are divided, and the protein vectors.
    reference, changes, design, ends, design_name
        The arms: a reference, named changes of it, and the designs that combine them.
    arms, contrasts
        Arms and comparisons beyond the design.
    seeds, epochs, narrower, smoke
        The size of the study and of its models.
    delta
        The equivalence margin of the verdicts.
    controls
        The arm that is trained again with random and with constant protein vectors.
    predict
        Predictions about contrasts, which the report judges.
    metrics, own_controls
        Metrics and controls of one's own.
    search
        A search that comes first.
    resources
        What each run gets.
    """

    version: int = Field(VERSION, description="Version of the schema of this file.")
    question: str = Field("", description="What the study asks; it stands at the top of its page.")
    prediction: str = Field("", description="The answer that you expect, in words.")
    rule: str = Field("", description="How the results decide the question, in words.")
    experiment: ArmName | None = Field(
        None,
        description="First part of the name of the study's folder (default: ablate, or tune for a "
        "search alone).",
    )
    name: str | None = option("name")
    data: str | None = option("data")
    split: str = option("split", examples=list(EXAMPLES))
    proteins: str | None = option("proteins")
    reference: RecipeSource = Field(
        "fixed",
        description="Recipe that the changes are made to: a preset, a recipe file, or a table "
        "with preset or file, and fields.",
    )
    changes: dict[ArmName, Values] = Field(
        {}, description="Named changes of the reference: {path: value} each."
    )
    design: Designs | None = Field(
        None,
        description=f"What is compared with what: {', '.join(DESIGNS)}; a table for other ends or "
        f"fewer changes; a list joins several (default: {ALONE}).",
    )
    ends: list[ArmName] = Field(
        [REFERENCE, ALL],
        min_length=2,
        max_length=2,
        description="Names of the arm without changes and of the arm with all of them.",
    )
    design_name: str | None = Field(
        None, description="What reports call the design (default: the first design)."
    )
    arms: list[ArmSpec] = Field([], description="Arms beyond the design.")
    contrasts: list[ContrastSpec] = Field([], description="Comparisons beyond the design.")
    seeds: int | None = option("seeds")
    epochs: int | None = option("epochs")
    narrower: int | None = option("narrower")
    smoke: bool = option("smoke")
    delta: float = Field(
        DELTA,
        gt=0,
        lt=0.5,
        description="Largest difference of test AUROC that counts as no meaningful effect.",
    )
    controls: str | None = Field(
        None,
        description="Arm that is trained again with random and with constant protein vectors, or "
        f'"{OFF}" (default: the first arm).',
    )
    predict: list[Prediction] = Field(
        [], description="Predictions about contrasts; the report says which held."
    )
    metrics: list[OwnSource] = Field([], description="Metrics of your own: FILE.py:FUNCTION each.")
    own_controls: list[OwnSource] = Field(
        [], description="Controls of your own, classes that fit and score: FILE.py:CLASS each."
    )
    search: SearchSpec | None = Field(
        None, description="Search that comes first, or searches that tune every arm."
    )
    resources: ResourceSpec = Field(
        ResourceSpec(), description="What each run gets, and where it runs."
    )
