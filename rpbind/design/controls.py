"""The arms that are trained again as controls, with other protein vectors."""

from __future__ import annotations

from rpbind.design.design import Design
from rpbind.errors import check_one_of
from rpbind.ledger import ControlPlan, Plan
from rpbind.recipe import Recipe
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
    check_one_of("The arm to be trained with a control's protein vectors", name, arms)
    recipe = Recipe.model_validate(arms[name].recipe)
    planned = []
    for encoder, what in TAKEN_AWAY.items():
        if encoder != recipe.proteins:
            opened.build_embeddings(encoder)
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
