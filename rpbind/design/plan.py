"""From a design to the plan of a study: all its runs, and the hash of what they depend on."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, Protocol

from rpbind.analysis.claims import CONFIRMATORY
from rpbind.analysis.winners import TUNED
from rpbind.design.checks import check_can_be_scored
from rpbind.design.controls import planned_controls
from rpbind.design.design import Design
from rpbind.design.question import Question
from rpbind.design.source import DataSource
from rpbind.errors import UserError
from rpbind.ledger import Ledger, OwnPlan, Plan, PredictionPlan, Row, Stage
from rpbind.ledger.plan_records import DELTA
from rpbind.ledger.plans import SEARCH_SIZE
from rpbind.recipe import Recipe, canonical
from rpbind.statistics.table import planned_runs
from rpbind.terminal import typed_command
from rpbind.train.code import code_id, code_of_rows
from rpbind.verbosity import in_command_line


class Searches(Protocol):
    """What a plan needs to know of a study's searches."""

    @property
    def protein_encoders(self) -> set[str]:
        """Names of the protein encoders whose vectors trials may read."""
        ...

    def plan_entry(self) -> dict[str, Any]:
        """Return everything that trials depend on, as the plan records it."""
        ...


def make_plan(
    experiment: str,
    question: Question,
    design: Design,
    seeds: tuple[int, ...],
    source: DataSource,
    *,
    sweep: Searches | None = None,
    control: str | None = None,
    delta: float = DELTA,
    predictions: tuple[PredictionPlan, ...] = (),
    metrics: tuple[OwnPlan, ...] = (),
    own_controls: tuple[OwnPlan, ...] = (),
    smoke: bool = False,
) -> Plan:
    """Return the plan of a study; its name ends in a hash of everything that its rows depend on.

    Parameters
    ----------
    experiment
        Name of the experiment, with which the study's name begins.
    question
        Question, prediction and decision rule.
    design
        The arms and contrasts.
    seeds
        The random numbers with which each arm is trained.
    source
        The dataset and its split.
    sweep
        The searches that come first, if there are any.
    control
        Name of the arm that is trained again with random and with constant protein vectors.
    delta
        Largest difference of the primary metric that counts as negligible.
    predictions
        What is expected of the contrasts.
    metrics, own_controls
        Metrics and controls of the user's own.
    smoke
        Whether it is a quick run, whose numbers are no result.

    Returns
    -------
    Plan
        The plan, with its fingerprint.

    Raises
    ------
    UserError
        Without a seed, if an arm has the reserved name of a search's winner, or if the data cannot
        be scored.
    """
    if not seeds:
        raise UserError("A study needs at least one seed, and got none. Use --seeds 1 or more.")
    if sweep is not None and any(arm.name == TUNED for arm in design.arms):
        raise UserError(
            f"An arm is named '{TUNED}', which is the name of a search's winner. Rename the arm."
        )
    opened, dataset = source.opened, source.opened.dataset
    if sweep is not None and source.split.folds:
        raise UserError(
            f"A search needs one split, and --split {source.split.text} has "
            f"{source.split.folds}: a winner chosen on one fold has seen the test windows of "
            "others. Search with one split, then compare its winner over folds with rpbind ablate."
        )
    for each in dict.fromkeys(source.split.of_run(seed) for seed in seeds):
        check_can_be_scored(dataset, opened.split(each))
    controls = planned_controls(design, control, opened)
    searched = set() if sweep is None else sweep.protein_encoders
    trained = (*design.arms, *controls)
    read = [Recipe.model_validate(arm.recipe).proteins for arm in trained]
    encoders = sorted({*read, *searched})
    vectors = [f"{name} {opened.embeddings(name).sha256[:12]}" for name in encoders]
    plan = Plan(
        study=experiment,
        question=question.question,
        prediction=question.prediction,
        rule=question.rule,
        design=design.name,
        arms=design.arms,
        contrasts=design.contrasts,
        factors=dict(design.factors),
        controls=controls,
        confirmatory=CONFIRMATORY,
        seeds=seeds,
        dataset=f"{dataset.manifest.name} {dataset.id}",
        split=source.split_name,
        split_note=source.notes,
        proteins_note=", ".join(vectors),
        delta=delta,
        predictions=predictions,
        metrics=metrics,
        own_controls=own_controls,
        smoke=smoke,
        search=None if sweep is None else sweep.plan_entry(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=typed_command(),
        scripted=not in_command_line(),
        code=code_id(),
        code_modules=code_of_rows(),
    )
    mark = fingerprint(plan)
    name = f"{experiment}-{dataset.manifest.name}-{mark}"
    return plan.model_copy(update={"study": name, "fingerprint": mark})


def fingerprint(plan: Plan) -> str:
    """Return a hash over arms, contrasts, seeds, data, split, protein vectors, search and code.

    The size of a search does not count, because a search can be extended in its folder.

    Parameters
    ----------
    plan
        The plan.

    Returns
    -------
    str
        Eight hexadecimal digits.
    """
    skip = {"study", "fingerprint", "created", "command", "question", "prediction", "rule", "looks",
            "code_modules", "accepted_code", "confirmatory", "split_note",
            "predictions", "smoke", "name", "scripted"}  # fmt: skip
    hashed = plan.model_dump(mode="json", exclude=skip)
    for added in ("metrics", "own_controls"):  # studies without them keep their fingerprint
        if not hashed[added]:
            del hashed[added]
    if plan.search is not None:
        hashed["search"] = {k: v for k, v in plan.search.items() if k not in SEARCH_SIZE}
    text = canonical(hashed)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def planned_rows(
    plan: Plan, ledger: Ledger, stage: Stage = "ablation"
) -> dict[tuple[str, int], Row]:
    """Return the ended runs that have the plan's recipes and data.

    Parameters
    ----------
    plan
        The plan.
    ledger
        The ledger of its study.
    stage
        "ablation", or "control" for runs of trained controls.

    Returns
    -------
    dict
        {(arm, seed): row}.
    """
    return planned_runs(plan, ledger.rows(stage))[0]


def missing(plan: Plan, ledger: Ledger, stage: Stage = "ablation") -> dict[tuple[str, int], int]:
    """Return the planned runs that are neither done nor diverged.

    A diverged run gets no other attempt, because it would diverge again on the same machine.

    Parameters
    ----------
    plan
        The plan.
    ledger
        The ledger of its study.
    stage
        "ablation", or "control" for runs of trained controls.

    Returns
    -------
    dict
        {(arm, seed): number of the next attempt}.
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
