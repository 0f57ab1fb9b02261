"""From a design to the plan of a study: what is to be run, under a name that says what it mixes."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, Protocol

from rpbind.analysis.claims import CONFIRMATORY
from rpbind.analysis.winners import TUNED
from rpbind.data.balance import imbalance
from rpbind.design.checks import check_can_be_scored
from rpbind.design.controls import retrained
from rpbind.design.design import Design
from rpbind.design.question import Question
from rpbind.design.source import DataSource
from rpbind.errors import UserError
from rpbind.ledger import Ledger, Plan, Row, Stage
from rpbind.ledger.plans import SEARCH_SIZE
from rpbind.recipe import Recipe, canonical
from rpbind.statistics.table import planned_runs
from rpbind.terminal import typed_command
from rpbind.train.code import code_id, code_of_rows


class Searches(Protocol):
    """What a plan needs to know of a study's searches."""

    @property
    def protein_encoders(self) -> set[str]:
        """The protein encoders whose vectors its trials may read."""
        ...

    def plan_entry(self) -> dict[str, Any]:
        """Return all that its trials depend on."""
        ...


def make_plan(
    experiment: str,
    asked: Question,
    design: Design,
    seeds: tuple[int, ...],
    source: DataSource,
    *,
    sweep: Searches | None = None,
    control: str | None = None,
) -> Plan:
    """Return the plan of a study; its name ends in a hash of everything that its rows depend on.

    The arm named `control` is trained again with a random vector per protein, and with one for all.
    """
    if not seeds:
        raise UserError("A study needs at least one seed, and got none: ask for --seeds 1 or more.")
    if sweep is not None and any(arm.name == TUNED for arm in design.arms):
        raise UserError(f"An arm is named '{TUNED}', which is what a search's best is called.")
    opened, dataset, split = source.opened, source.opened.dataset, source.parts
    check_can_be_scored(dataset, split)
    controls = retrained(design, control, opened)
    searched = set() if sweep is None else sweep.protein_encoders
    trained = (*design.arms, *controls)
    asked_for = [Recipe.model_validate(arm.recipe).proteins for arm in trained]
    encoders = sorted({*asked_for, *searched})
    vectors = [f"{name} {opened.embeddings(name).sha256[:12]}" for name in encoders]
    plan = Plan(
        study=experiment,
        question=asked.question,
        prediction=asked.prediction,
        rule=asked.rule,
        design=design.name,
        arms=design.arms,
        contrasts=design.contrasts,
        factors=dict(design.factors),
        controls=controls,
        confirmatory=CONFIRMATORY,
        seeds=seeds,
        dataset=f"{dataset.manifest.name} {dataset.id}",
        split=f"{split.id} {split.sha256[:12]}",
        split_note=imbalance(dataset, split),
        proteins_note=", ".join(vectors),
        search=None if sweep is None else sweep.plan_entry(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=typed_command(),
        code=code_id(),
        code_modules=code_of_rows(),
    )
    mark = fingerprint(plan)
    name = f"{experiment}-{dataset.manifest.name}-{mark}"
    return plan.model_copy(update={"study": name, "fingerprint": mark})


def fingerprint(plan: Plan) -> str:
    """Return eight hex digits over arms, contrasts, seeds, data, split, vectors, search, code.

    Not over the size of the search: a search is given more trials in its folder.
    """
    skip = {"study", "fingerprint", "created", "command", "question", "prediction", "rule", "looks",
            "code_modules", "accepted_code", "confirmatory", "split_note"}  # fmt: skip
    hashed = plan.model_dump(mode="json", exclude=skip)
    if plan.search is not None:
        hashed["search"] = {k: v for k, v in plan.search.items() if k not in SEARCH_SIZE}
    text = canonical(hashed)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def planned_rows(
    plan: Plan, ledger: Ledger, stage: Stage = "ablation"
) -> dict[tuple[str, int], Row]:
    """Return {(arm, seed): row} of the ended runs of the plan's own recipes and data."""
    return planned_runs(plan, ledger.rows(stage))[0]


def missing(plan: Plan, ledger: Ledger, stage: Stage = "ablation") -> dict[tuple[str, int], int]:
    """Return {(arm, seed): next attempt} for every planned run that is neither done nor diverged.

    A diverged run is not tried again: on the same machine it would diverge again.
    """
    rows = ledger.rows(stage)
    seen, _ = planned_runs(plan, rows)
    latest = {(row.arm, row.seed, row.recipe_id): row.attempt for row in rows}
    recipes = {arm.name: arm.recipe_id for arm in plan.arms}
    return {
        (arm, seed): latest.get((arm, seed, recipes[arm]), -1) + 1
        for arm, seed in plan.planned
        if (arm, seed) not in seen or seen[arm, seed].state not in ("done", "diverged")
    }
