"""The schema of a study's search."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, model_validator

from rpbind.ledger.trials import OBJECTIVES
from rpbind.options import MANY
from rpbind.search.config import REPEATED, SAMPLERS, SCHEDULERS
from rpbind.spaces.named import SPACES
from rpbind.studyfile.fields import Entry, one_of
from rpbind.studyfile.recipes import RecipeSource, form

TRIALS = 50
"""Trials of a search, where a study says nothing else."""


def _one_or_many(value: Any) -> str:
    return "many" if isinstance(value, list | tuple) else "name"


Objective = Annotated[str, *one_of(OBJECTIVES)]
SpaceSource = Annotated[
    Annotated[str, Tag("name"), Field(examples=list(SPACES))]
    | Annotated[dict[str, Any], Tag("table")],
    Discriminator(form),
]
"""A search space: the name of one of rpbind's, a TOML file, or the content of such a file."""
Point = Annotated[
    Annotated[str, Tag("name"), Field(examples=["old", "fixed"])]
    | Annotated[dict[str, Any], Tag("table")],
    Discriminator(form),
]
"""Where a search begins: a preset, a recipe file, a study's folder, or Optuna parameters."""


class SearchSpec(Entry):
    """A search before the comparison, or a search of every arm.

    Parameters
    ----------
    space, base, trials, sampler, scheduler, objective, seeds_per_trial, repeats
        What is searched, and how.
    budget_minutes, budget_train_seconds, storage, warm_start
        What limits a search, where Optuna keeps it, and what it tries first.
    tune_arms, searches, shared_configs
        Searches of every arm instead of one.
    """

    space: SpaceSource | None = Field(
        None,
        description=f"Search space: {', '.join(SPACES)}, a TOML file, or a table with the content "
        "of one (default: original; nuisance for tune_arms).",
    )
    base: RecipeSource | None = Field(
        None,
        description="Recipe around which is searched, in the form of reference; with tune_arms, "
        "all arms start with its values of what is searched (default: the reference).",
    )
    trials: int | None = Field(
        None,
        ge=1,
        le=MANY,
        description=f"Trials of the search, whose winner joins the study as an arm (default: "
        f"{TRIALS}).",
    )
    sampler: Annotated[str, *one_of(SAMPLERS)] = Field(
        "tpe", description=f"Sampler: {', '.join(SAMPLERS)}."
    )
    scheduler: Annotated[str, *one_of(SCHEDULERS)] = Field(
        "none", description=f"Scheduler: {', '.join(SCHEDULERS)}."
    )
    objective: Annotated[
        Annotated[Objective, Tag("name")]
        | Annotated[list[Objective], Field(min_length=1), Tag("many")],
        Discriminator(_one_or_many),
    ] = Field(
        "auroc",
        description=f"Objective: {', '.join(OBJECTIVES)}; in a list of several, the first chooses "
        "the winner.",
    )
    seeds_per_trial: int = Field(
        1, ge=1, le=MANY, description="Seeds per trial; their mean is its score."
    )
    repeats: Annotated[str, *one_of(REPEATED)] = Field(
        "reuse",
        description=f"What a configuration that was tried before does: {', '.join(REPEATED)}.",
    )
    budget_minutes: float | None = Field(
        None, gt=0, description="Start no trial after this many minutes of a call."
    )
    budget_train_seconds: float | None = Field(
        None, gt=0, description="Start no trial after this many seconds of training, in all calls."
    )
    storage: str | None = Field(
        None, description="Optuna storage URL (default: a journal file in the study's folder)."
    )
    warm_start: list[Point] = Field(
        [],
        description="Tried first: presets, recipe files, folders of earlier studies (their five "
        "best), or tables of Optuna parameters.",
    )
    tune_arms: int | None = Field(
        None, ge=1, le=MANY, description="Tune every arm, with this many trials per search."
    )
    searches: int = Field(
        1, ge=1, le=MANY, description="Searches per tuned arm; a verdict needs 5."
    )
    shared_configs: bool = Field(False, description="Give every tuned arm the same configurations.")

    @model_validator(mode="after")
    def _one_kind(self) -> SearchSpec:
        if self.trials is not None and self.tune_arms is not None:
            raise ValueError("trials and tune_arms cannot be combined: remove one of them")
        if (self.searches > 1 or self.shared_configs) and self.tune_arms is None:
            raise ValueError("searches and shared_configs need tune_arms: add it")
        return self
