"""What cannot be measured in the user's own classes, and why: findings that say so."""

from __future__ import annotations

from collections.abc import Iterator

from rpbind.doctor.finding import finding
from rpbind.doctor.gradients import blocks
from rpbind.ledger import Finding
from rpbind.model.binding import BindingModel
from rpbind.model.pair_model import PairModel


def not_applicable(model: PairModel) -> Iterator[Finding]:
    """Yield a finding for each measure that a model with the user's own classes does not have.

    Parameters
    ----------
    model
        The model.

    Returns
    -------
    Iterator of Finding
        Nothing for a model of ours.
    """
    if not isinstance(model, BindingModel):
        yield _left_out("attention", "uniform attention, weights and entropy", WHOLE)
        yield _left_out("dead units", "units that are always off", WHOLE)
        if "encoder" not in blocks(model):
            why = "it has no child module with the name 'encoder'"
            yield _left_out("gradient at the RNA encoder", "the norm of its gradient", why)
    elif "encoder." in model.custom:
        yield _left_out("dead units in the encoder", "units that are always off", LAYERS)


WHOLE = "a whole model of your own computes the logit itself, and rpbind does not know its layers"
LAYERS = "rpbind does not know which layers of an encoder of your own go into a ReLU"


def _left_out(name: str, what: str, why: str) -> Finding:
    return finding("not applicable", None, where=name, note=f"Not measured: {what}, since {why}.")
