"""Controls of the user's own: a class without a network that fits and scores windows.

Shapes: N windows, L letters per window, P proteins, W width of a protein vector.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rpbind.baselines.data import Baseline, BaselineData, Prediction
from rpbind.data.clusters import Progress
from rpbind.data.dataset import Protein
from rpbind.errors import UserError
from rpbind.parts import Part, load
from rpbind.parts.loading import class_file, errors_in

SLOT = "own_controls"


@dataclass(frozen=True, eq=False)
class ControlWindows:
    """The windows that a control of the user's own reads.

    Parameters
    ----------
    rna_NL
        Tokens (N, L) uint8: 0 to 4 for A C G U N.
    protein_N
        Each window's protein, as an index into `proteins` (N,) int32.
    proteins
        The P proteins, each with id, gene and sequence.
    mean_PW
        Mean residue vector of each protein (P, W) float32.
    label_N
        Labels (N,) uint8, 1 if bound; None for the windows that are scored.
    """

    rna_NL: NDArray[np.uint8]
    protein_N: NDArray[np.int32]
    proteins: tuple[Protein, ...]
    mean_PW: NDArray[np.float32]
    label_N: NDArray[np.uint8] | None


class OwnControl(Protocol):
    """What a control of the user's own must have; it is made without arguments."""

    def fit(self, train: ControlWindows) -> object:
        """Learn from the training windows, which have labels."""
        ...

    def score(self, test: ControlWindows) -> NDArray[np.floating]:
        """Return a score per window (N,), finite; a greater one means bound more probably."""
        ...


def own_control(part: Part) -> Baseline:
    """Return a class of the user's own as a baseline.

    Parameters
    ----------
    part
        The class, and the hash of its file's content.

    Returns
    -------
    callable
        Fits it on the training windows, and scores the test windows.
    """

    def baseline(data: BaselineData, progress: Progress) -> Prediction:
        kind: Any = load(part, SLOT)
        train, test = data.parts["train"], data.parts["test"]
        what = f"{SLOT}: {part.class_name}"
        with errors_in(class_file(kind), f"{what} failed"):
            control = kind()
            control.fit(_windows(data, train, labelled=True))
            found = np.asarray(control.score(_windows(data, test, labelled=False)))
        if found.shape != (len(test),) or not np.issubdtype(found.dtype, np.floating):
            raise UserError(
                f"{what}.score must return an array ({len(test)},) of floats, one per window; got "
                f"{found.shape} of {found.dtype}."
            )
        if not np.isfinite(found).all():
            raise UserError(f"{what}.score returned NaN or infinity; every score must be finite.")
        return Prediction(test, found.astype(np.float64), {"class": part.reference,
                                                           "sha256": part.sha256})  # fmt: skip

    return baseline


def _windows(data: BaselineData, index_N: NDArray[np.int64], *, labelled: bool) -> ControlWindows:
    return ControlWindows(
        data.rna_NL[index_N],
        data.protein_N[index_N],
        data.proteins,
        data.mean_PW,
        data.label_N[index_N] if labelled else None,
    )
