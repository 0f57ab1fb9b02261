"""Every finding that there is, as data: name, threshold and reason, severity, what to do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from rpbind.ledger import Finding
from rpbind.statistics.trend import OVERFITTING, STILL_IMPROVING

LN2 = math.log(2)
"""The loss of a coin: binary cross-entropy in nats of saying one half."""

SAME_SCORE = 1e-5
NO_GRADIENT = 1e-6


@dataclass(frozen=True)
class Kind:
    """A kind of finding; `threshold` is None where it depends on how much was measured.

    `hides` names the findings that follow from it: they are not told beside it.
    """

    name: str
    severity: Literal["info", "warning", "error"]
    threshold: float | None
    reason: str
    advice: str
    hides: tuple[str, ...] = ()


def _of_curve(found: Finding) -> Kind:
    """Return the kind of a finding on the curve of a finished run, which reports have too."""
    return Kind(found.name, found.severity, found.threshold, found.reason, found.advice)


_FIT = ("batch not fitted", "accuracy stuck")
_STEP = "of the largest logit: float32 leaves about 1e-6, and metrics round scores to 1e-5"

KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "does not run",
            "error",
            None,
            "nothing was measured",
            "Read the error: this arm cannot be built or cannot make a step.",
        ),
        Kind(
            "labels do not follow windows",
            "error",
            0.0,
            "a window's letters and label are the same in whatever order a batch asks for them",
            "Look at how a batch is gathered: letters and labels must come by the same index.",
            _FIT,
        ),
        Kind(
            "one class only",
            "error",
            0.0,
            "the rarer class has no window at all",
            "Give training windows of both classes.",
            _FIT,
        ),
        Kind(
            "logits not finite",
            "error",
            0.0,
            "one NaN or infinite logit spoils every mean",
            "Lower the learning rate or clip the gradient, and train again.",
        ),
        Kind(
            "constant logits",
            "error",
            SAME_SCORE,
            "metrics take scores within one step of 1e-5 as one score",
            "Look at the head: whatever comes in, one number comes out.",
            (
                "RNA ignored",
                "protein ignored",
                "letter order unseen",
                "attention inert",
                "no gradient",
                "dead units",
                *_FIT,
            ),
        ),
        Kind(
            "RNA ignored",
            "error",
            SAME_SCORE,
            _STEP,
            "Let the RNA reach the head: set model.residual to true, or use a memory with values "
            "that differ.",
            ("letter order unseen", *_FIT),
        ),
        Kind(
            "protein ignored",
            "error",
            SAME_SCORE,
            _STEP,
            "Look at the memory and its vectors: proteins make no difference to the logit.",
            ("attention inert",),
        ),
        Kind(
            "letter order unseen",
            "warning",
            SAME_SCORE,
            _STEP,
            "The model counts letters and can see no motif: use an encoder with context.",
        ),
        Kind(
            "attention inert",
            "warning",
            SAME_SCORE,
            _STEP,
            "Its weights cannot matter where all values are one vector: use memory 'residue' or "
            "'segment', or 'none'.",
        ),
        Kind(
            "attention near uniform",
            "info",
            0.999,
            "of the entropy of equal weights: at 200 keys, the weights then differ by some 10 %",
            "Compare with memory 'none' or 'pooled' before reading anything into attention.",
        ),
        Kind(
            "padding counts",
            "error",
            1e-4,
            "of the largest logit: sums in another order move it by about 1e-6",
            "Mask padded residues: a window's logit depends on what its batch is padded to.",
        ),
        Kind(
            "no gradient",
            "error",
            NO_GRADIENT,
            "of the head's: rounding alone leaves about 1e-9 of it",
            "Look at what lies between this block and the loss: it learns nothing, even where "
            "Adam moves it.",
        ),
        Kind(
            "frozen weights",
            "error",
            1e-6,
            "a step moves weights by far more than float32's resolution, 1e-7",
            "Hand this block to the optimizer, with gradients required.",
            ("no gradient",),
        ),
        Kind(
            "weights do not move",
            "error",
            1e-6,
            "a step moves weights by far more than float32's resolution, 1e-7",
            "Raise the learning rate.",
            ("frozen weights", *_FIT),
        ),
        Kind(
            "steps too large",
            "error",
            3.0,
            "times the first loss (or ln 2): a step may overshoot, not undo all that there was",
            "Lower the learning rate, or clip the gradient.",
            _FIT,
        ),
        Kind(
            "batch not fitted",
            "warning",
            0.9 * LN2,
            "a tenth below a coin's loss, on a batch in which no protein gives its label away",
            "Find out what keeps it from fitting a single batch: labels, gradients or a learning "
            "rate that is far too low.",
        ),
        Kind(
            "accuracy stuck",
            "warning",
            None,
            "a coin gets less in 999 of 1,000 batches of this size",
            "It tells the windows of one batch no better than a coin: see the other findings.",
        ),
        Kind(
            "dead units",
            "warning",
            0.9,
            "where inputs are alike about half of a layer's units are off for all of them",
            "Lower the learning rate or change the initialisation: these units pass nothing on.",
        ),
        Kind(
            "starts sure of itself",
            "warning",
            1.5 * LN2,
            "an untrained model knows nothing: its loss is near a coin's, ln 2",
            "Make the initial values smaller: training first has to unlearn them.",
        ),
        Kind(
            "no better than a coin",
            "error",
            None,
            "0.5 and three standard errors of a coin's AUROC (mean over proteins) here",
            "It has learnt nothing that holds for windows it has not seen: see the other findings.",
        ),
        Kind(
            "learnt by heart",
            "error",
            None,
            "0.5 and three standard errors of a coin's AUROC (mean over proteins) here",
            "It fits its training windows and tells no others: check that labels belong to their "
            "windows, then regularise.",
            ("no better than a coin",),
        ),
        Kind(
            "worse than a coin",
            "warning",
            LN2,
            "saying one half every time has a loss of ln 2",
            "It is surer than it may be: stop earlier, regularise, or read calibrated values only.",
        ),
        *(_of_curve(found) for found in (STILL_IMPROVING, OVERFITTING)),
        Kind(
            "identical to the reference",
            "error",
            0.0,
            "the two recipes do not differ in any knob",
            "Take this arm out: it would be the reference once more.",
        ),
        Kind(
            "inert: same function",
            "warning",
            1e-9,
            "of the largest logit, in float64: what rounding leaves is about 1e-15",
            "No training can make this change matter: expect no effect, and do not pay for seeds.",
        ),
        Kind(
            "changes more than it names",
            "error",
            0.0,
            "an effect would be laid to the wrong change",
            "Name every field that differs, or make one arm for each.",
        ),
    )
}
