"""A study's controls: an arm with other protein vectors, and the baselines without a network."""

from __future__ import annotations

from rich.console import Console

from rpbind.baselines.case import Case
from rpbind.baselines.run import BASELINES, baseline_rows
from rpbind.design.design import Design
from rpbind.design.source import Source
from rpbind.errors import one_of, reason
from rpbind.ledger import ControlPlan, Ledger, Plan
from rpbind.recipe import Recipe
from rpbind.statistics.averages import averages
from rpbind.terminal import PLAIN, progress
from rpbind.train.opened import OpenData

TAKEN_AWAY = {"random": "random-vector", "constant": "one-protein"}
"""Encoder of a control's vectors: what the control is called. `random` leaves each protein its
identity and no biology, `constant` no protein at all: the network then sees the RNA alone."""


def retrained(design: Design, name: str | None, opened: OpenData) -> tuple[ControlPlan, ...]:
    """Plan the named arm once more with each control's vectors, and see that those are there.

    None where no arm is named, nor with the vectors that the arm reads anyway. Raises `UserError`
    on a name that no arm has.
    """
    if name is None:
        return ()
    arms = {arm.name: arm for arm in design.arms}
    one_of("The arm to be trained with a control's protein vectors", name, arms)
    recipe = Recipe.model_validate(arms[name].recipe)
    planned = []
    for encoder, what in TAKEN_AWAY.items():
        if encoder != recipe.proteins:
            opened.build(encoder)
            control = recipe.with_({"proteins": encoder})
            planned.append(
                ControlPlan(
                    name=f"{name}+{what}",
                    recipe=control.model_dump(mode="json"),
                    recipe_id=control.id,
                    change=f"proteins: {recipe.proteins} → {encoder}",
                    of=name,
                )
            )
    return tuple(planned)


def as_arms(plan: Plan) -> Plan:
    """Return a plan whose arms are the controls that are trained; it has no contrasts."""
    return plan.model_copy(update={"arms": plan.controls, "contrasts": (), "controls": ()})


def score_baselines(source: Source, proteins: str, ledger: Ledger) -> None:
    """Add a row to the ledger for every baseline that has no finished one there yet.

    `proteins` is the bank that `protein-only` reads.
    """
    before = {row.arm: row for row in ledger.rows("control") if row.arm in BASELINES}
    left = [name for name in BASELINES if name not in before or before[name].state != "done"]
    if not left:
        return
    console = Console(stderr=True)
    with progress("controls") as bar:
        case = Case.of(source.opened.dataset, source.parts, source.opened.bank(proteins))
        for row in baseline_rows(case, left, bar.named):
            attempt = before[row.arm].attempt + 1 if row.arm in before else 0
            ledger.append(row.model_copy(update={"attempt": attempt}))
            if not console.is_terminal:
                both = averages([row])
                why = f" ({reason(row.error)})" if row.error else ""
                told = f"{row.state}{why}" if both is None else f"test AUROC {both.words()}"
                console.print(f"control {row.arm}: {told}", **PLAIN)
