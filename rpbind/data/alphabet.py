"""RNA letters and the small integers that stand for them.

Shapes: L letters of one window; arrays of letters are ASCII bytes in uint8.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rpbind.errors import UserError

LETTERS = "ACGUN"
"""Token t stands for `LETTERS[t]`; T is read as U, lower case as upper case, N is unknown."""

N_TOKEN = LETTERS.index("N")
IUPAC = "RYSWKMBDHV"
"""Codes for two or three bases: refused, since reading them as N would hide what is known."""

MOST_N = 0.5
"""A window with a larger share of N shows too little for an answer: see `n_share`."""

BAD = 255
"""What `TOKEN_OF_BYTE` holds for every byte that is no RNA letter."""


def _table() -> NDArray[np.uint8]:
    table = np.full(256, BAD, dtype=np.uint8)
    for token, letter in enumerate(LETTERS):
        table[[ord(letter), ord(letter.lower())]] = token
    table[[ord("T"), ord("t")]] = LETTERS.index("U")
    table.flags.writeable = False
    return table


TOKEN_OF_BYTE = _table()
"""(256,) uint8: the token of each ASCII byte."""

_BYTE_OF_TOKEN = np.frombuffer(LETTERS.encode(), dtype=np.uint8)


def encode(letters: str | bytes) -> NDArray[np.uint8]:
    """Return the (L,) uint8 tokens of RNA or DNA letters; `UserError` on any other letter."""
    text = letters if isinstance(letters, str) else letters.decode(errors="replace")
    one_byte_L = text.encode("ascii", "replace")  # "?" stands for any other letter, and is none
    tokens_L: NDArray[np.uint8] = TOKEN_OF_BYTE[np.frombuffer(one_byte_L, dtype=np.uint8)]
    if (tokens_L == BAD).any():
        place = int(np.argmax(tokens_L == BAD))
        letter = text[place]
        doubt = " It is a code for several bases; write N." if letter.upper() in IUPAC else ""
        raise UserError(
            f"RNA has the letters A C G U/T N, in either case; got {letter!r} "
            f"at letter {place + 1:,} of {len(text):,}.{doubt}"
        )
    return tokens_L


def n_share(rna_NL: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the share of N in each window (N,), given tokens (N, L)."""
    return np.count_nonzero(rna_NL == N_TOKEN, axis=1) / rna_NL.shape[1]


def decode(tokens_L: NDArray[np.uint8]) -> str:
    """Return the letters of (L,) tokens: upper case, with U and not T."""
    return _BYTE_OF_TOKEN[tokens_L].tobytes().decode()
