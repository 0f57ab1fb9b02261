"""Controls that are trained: one arm again, with protein vectors that carry no biology."""

from __future__ import annotations

from rpbind.design.design import Design
from rpbind.errors import check_one_of
from rpbind.ledger import ControlPlan, Plan
from rpbind.recipe import Recipe
from rpbind.train.opened import OpenData

CONTROL_ENCODERS = {"random": "random-vector", "constant": "one-protein"}
"""Protein encoder -> name of the control. With `random` vectors, proteins can be told apart but
carry no biology; with `constant` vectors, the network sees the RNA alone."""


def planned_controls(design: Design, name: str | None, opened: OpenData) -> tuple[ControlPlan, ...]:
    """Plan one arm once more with each control's vectors, and make these vectors if necessary.

    Raises `UserError` if no arm has this name.
    """
    planned = controls_of(design, name)
    for control in planned:
        opened.build_embeddings(control.recipe["proteins"])
    return planned


def controls_of(design: Design, name: str | None) -> tuple[ControlPlan, ...]:
    """Return one arm once more with each control's vectors.

    Parameters
    ----------
    design
        The arms of the study.
    name
        The arm; None for no control.

    Returns
    -------
    tuple of ControlPlan
        The controls; vectors that the arm itself uses are left out.

    Raises
    ------
    UserError
        If no arm has this name.
    """
    if name is None:
        return ()
    arms = {arm.name: arm for arm in design.arms}
    check_one_of("The arm to train with other protein vectors", name, arms)
    recipe = Recipe.model_validate(arms[name].recipe)
    planned = []
    for encoder, what in CONTROL_ENCODERS.items():
        if encoder != recipe.proteins:
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
    """Return a plan whose arms are the trained controls of a plan.

    Parameters
    ----------
    plan
        The plan of a study.

    Returns
    -------
    Plan
        The same plan, with its controls as arms, and without contrasts.
    """
    return plan.model_copy(update={"arms": plan.controls, "contrasts": (), "controls": ()})
