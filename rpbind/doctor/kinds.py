"""All kinds of findings as data: name, severity, threshold, reason for the threshold, advice."""

from __future__ import annotations

import math

from rpbind.doctor.kind import SHARED_SEQUENCE, Kind
from rpbind.ledger import Finding
from rpbind.ledger.records import SEES_COMPANY
from rpbind.statistics.trend import OVERFITTING, STILL_IMPROVING

LN2 = math.log(2)
"""Chance level of the loss: binary cross-entropy, in nats, of predicting 1/2 for every window."""

SAME_SCORE = 1e-5
NO_GRADIENT = 1e-6


def _of_curve(found: Finding) -> Kind:
    """Return the kind of a finding on a training curve; reports show these findings too."""
    return Kind(found.name, found.severity, found.threshold, found.reason, found.advice)


_FIT = ("batch not fitted", "accuracy stuck")
_STEP = "of the largest logit: float32 leaves about 1e-6, and metrics round scores to 1e-5"

_NO_SEEDS = "Training cannot give this change an effect: do not spend seeds on it."
_IN_64 = "of the largest logit, in float64, where rounding errors are about 1e-15"
_IN_32 = "of the largest logit, in float32, which classes of your own may need"
_SAME_FUNCTION = (
    ("inert: same function", 1e-9, _IN_64),
    ("inert: same function in float32", SAME_SCORE, _IN_32),
)

KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "does not run",
            "error",
            None,
            "nothing was measured",
            "Read the error: this arm cannot be built or cannot make a training step.",
        ),
        Kind(
            "labels do not follow windows",
            "error",
            0.0,
            "a window's letters and label must not depend on its place in the batch",
            "Check how a batch is gathered: letters and labels must use the same index.",
            _FIT,
        ),
        Kind(
            "one class only",
            "error",
            0.0,
            "the rarer class has no window",
            "Train on windows of both classes.",
            _FIT,
        ),
        Kind(
            "logits not finite",
            "error",
            0.0,
            "one NaN or infinite logit makes every mean NaN or infinite",
            "Lower the learning rate or clip the gradient, and train again.",
        ),
        Kind(
            "constant logits",
            "error",
            SAME_SCORE,
            "metrics treat scores within one step of 1e-5 as tied",
            "Check the head: its output does not depend on its input.",
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
            "Check the memory and its vectors: the protein does not change the logit.",
            ("attention inert",),
        ),
        Kind(
            "letter order unseen",
            "warning",
            SAME_SCORE,
            _STEP,
            "The model counts letters and cannot see motifs: use an encoder with context.",
        ),
        Kind(
            "attention inert",
            "warning",
            SAME_SCORE,
            _STEP,
            "The attention weights cannot change the output if all values are the same vector: use "
            "memory 'residue', 'segment' or 'none'.",
        ),
        Kind(
            "attention near uniform",
            "info",
            0.999,
            "of the entropy of equal weights: with 200 keys, the weights then differ by about 10 %",
            "Compare with memory 'none' or 'pooled' before you interpret the attention.",
        ),
        Kind(
            "padding counts",
            "error",
            1e-4,
            "of the largest logit: summing in another order changes it by about 1e-6",
            "Mask padded residues and letters: a logit depends on the padding of its batch.",
        ),
        Kind(
            SEES_COMPANY,
            "warning",
            1e-4,
            "of the largest logit: summing in another order changes it by about 1e-6",
            "A logit depends on the other windows of the batch (batch statistics, attention across "
            "windows, neighbours): the model can count the windows of a locus. Compare it with the "
            "control density, and read the cluster-weighted AUROC.",
            ("padding counts",),
        ),
        Kind(
            SHARED_SEQUENCE,
            "info",
            None,
            "equal proteins have equal vectors",
            "Compare it with the regressions per protein, which tell such experiments apart.",
        ),
        Kind(
            "no gradient",
            "error",
            NO_GRADIENT,
            "of the head's gradient norm: rounding alone leaves about 1e-9 of it",
            "Check what lies between this block and the loss: the block learns nothing, even if "
            "Adam changes its weights.",
        ),
        Kind(
            "frozen weights",
            "error",
            1e-6,
            "a step moves weights by far more than float32's resolution, 1e-7",
            "Give this block's parameters to the optimizer, with requires_grad=True.",
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
            "times the larger of the first loss and ln 2: a step may overshoot, but not this far",
            "Lower the learning rate, or clip the gradient.",
            _FIT,
        ),
        Kind(
            "batch not fitted",
            "warning",
            0.9 * LN2,
            "10 % below the chance level of the loss, on a batch with both labels for each protein",
            "Find out why the model cannot fit a single batch: check labels, gradients and whether "
            "the learning rate is far too low.",
        ),
        Kind(
            "accuracy stuck",
            "warning",
            None,
            "random guesses score lower in 999 of 1,000 batches of this size",
            "The model is at chance level on a single batch: see the other findings.",
        ),
        Kind(
            "dead units",
            "warning",
            0.9,
            "with similar inputs, about half of a layer's units are off for all of them",
            "Lower the learning rate or change the initialisation: these units always output 0.",
        ),
        Kind(
            "starts sure of itself",
            "warning",
            1.5 * LN2,
            "an untrained model knows nothing, so its loss should be near the chance level, ln 2",
            "Make the initial values smaller: training must first undo these confident logits.",
        ),
        Kind(
            "no better than chance",
            "error",
            None,
            "0.5 plus three standard errors of a random score's AUROC (mean over proteins) here",
            "The model predicts validation windows at chance level: see the other findings.",
        ),
        Kind(
            "memorised",
            "error",
            None,
            "0.5 plus three standard errors of a random score's AUROC (mean over proteins) here",
            "The model fits its training windows and is at chance level on others: check that "
            "labels belong to their windows, then regularise.",
            ("no better than chance",),
        ),
        Kind(
            "worse than chance",
            "warning",
            LN2,
            "predicting 1/2 for every window has a loss of ln 2",
            "The model is overconfident: stop earlier, regularise, or use calibrated values.",
        ),
        *(_of_curve(found) for found in (STILL_IMPROVING, OVERFITTING)),
        Kind("not applicable", "info", None, "a class of your own", "All else is measured."),
        Kind(
            "identical to the reference",
            "error",
            0.0,
            "the two recipes have the same hyperparameters",
            "Remove this arm: it would train the reference again.",
        ),
        *(Kind(name, "warning", limit, why, _NO_SEEDS) for name, limit, why in _SAME_FUNCTION),
        Kind(
            "changes more than it names",
            "error",
            0.0,
            "the effect would be attributed to the wrong change",
            "Name every field that differs, or make one arm for each.",
        ),
    )
}
