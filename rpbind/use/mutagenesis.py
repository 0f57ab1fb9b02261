"""In-silico mutagenesis: how each single substitution changes a window's logit.

Shapes: L letters of a window, 4 letters A C G U, M mutants.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import LETTERS, N_TOKEN
from rpbind.errors import UserError
from rpbind.statistics.ranking import DECIMALS

SUBSTITUTES = LETTERS[:N_TOKEN]
Scorer = Callable[[NDArray[np.uint8]], NDArray[np.floating]]
"""Function from tokens (M, L) to logits (M,)."""


@dataclass(frozen=True, eq=False)
class Mutagenesis:
    """The logit of a window, and its change for every substitution.

    `change_L4[i, a]` is the logit with letter `SUBSTITUTES[a]` at position i minus the window's own
    logit; it is 0 if the window has that letter there.
    """

    tokens_L: NDArray[np.uint8]
    logit: float
    change_L4: NDArray[np.float64]

    @property
    def effect_L(self) -> NDArray[np.float64]:
        """Mean |change| over the substitutions of each position (L,): three, or four for an N."""
        substitutions_L = np.where(self.tokens_L == N_TOKEN, 4, 3)
        return np.abs(self.change_L4).sum(1) / substitutions_L

    @property
    def is_flat(self) -> bool:
        """Whether no substitution changes the logit by more than the rounding of metrics."""
        return bool(np.abs(self.change_L4).max() <= 10.0**-DECIMALS)

    def top_span(self, width: int) -> tuple[int, int]:
        """Return start and stop of the `width` positions with the largest mean effect.

        Returns (0, 0) if no substitution changes the logit. Raises `UserError` if the window is
        shorter than `width`.
        """
        length = len(self.tokens_L)
        if not 1 <= width <= length:
            raise UserError(
                f"--width is the length of a span within the window, 1 to {length} nt; got {width}."
            )
        if self.is_flat:
            return 0, 0
        sums = np.convolve(self.effect_L, np.ones(width), mode="valid")
        start = int(np.argmax(sums))
        return start, start + width

    def strongest(self, count: int) -> list[tuple[str, float]]:
        """Return the `count` substitutions that change the logit most, as ("U12A", change).

        Positions count from 1. The list is empty if no substitution changes the logit.
        """
        if self.is_flat:
            return []
        order = np.argsort(-np.abs(self.change_L4), axis=None, kind="stable")
        places, letters = np.unravel_index(order, self.change_L4.shape)
        other = letters != self.tokens_L[places]
        places, letters = places[other][:count], letters[other][:count]
        return [
            (f"{LETTERS[self.tokens_L[i]]}{i + 1}{SUBSTITUTES[a]}", float(self.change_L4[i, a]))
            for i, a in zip(places.tolist(), letters.tolist(), strict=True)
        ]


def mutate(tokens_L: NDArray[np.uint8], score: Scorer) -> Mutagenesis:
    """Score a window and its 4 * L mutants in one call."""
    length = len(tokens_L)
    mutant_L4L = np.tile(tokens_L, (length, 4, 1))
    place_L = np.arange(length)
    mutant_L4L[place_L, :, place_L] = np.arange(4, dtype=np.uint8)
    window_and_mutants_ML = np.concatenate([tokens_L[None], mutant_L4L.reshape(-1, length)])
    logit_M = score(window_and_mutants_ML).astype(np.float64)
    change_L4 = (logit_M[1:] - logit_M[0]).reshape(length, 4)
    own = tokens_L < N_TOKEN
    change_L4[place_L[own], tokens_L[own]] = 0.0  # the window itself: remove rounding errors
    return Mutagenesis(tokens_L, float(logit_M[0]), change_L4)
