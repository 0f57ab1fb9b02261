"""RNA letters and their tokens (small integers).

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
"""Codes for two or three bases. They are refused: reading them as N would lose information."""

MOST_N = 0.5
"""A window with a larger share of N holds too little sequence; see `n_share`."""

BAD = 255
"""Value in `TOKEN_OF_BYTE` of every byte that is not an RNA letter."""


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
    """Turn RNA or DNA letters into tokens.

    Parameters
    ----------
    letters
        A, C, G, U or T, and N, in either case.

    Returns
    -------
    NDArray[np.uint8]
        (L,) tokens.

    Raises
    ------
    UserError
        On any other letter.
    """
    text = letters if isinstance(letters, str) else letters.decode(errors="replace")
    one_byte_L = text.encode("ascii", "replace")  # any other letter becomes "?"
    tokens_L: NDArray[np.uint8] = TOKEN_OF_BYTE[np.frombuffer(one_byte_L, dtype=np.uint8)]
    if (tokens_L == BAD).any():
        place = int(np.argmax(tokens_L == BAD))
        letter = text[place]
        advice = " This is a code for several bases; write N." if letter.upper() in IUPAC else ""
        raise UserError(
            f"RNA has the letters A C G U/T N, in either case; got {letter!r} "
            f"at letter {place + 1:,} of {len(text):,}.{advice}"
        )
    return tokens_L


def n_share(rna_NL: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the share of the letter N in each window.

    Parameters
    ----------
    rna_NL
        (N, L) tokens.

    Returns
    -------
    NDArray[np.float64]
        (N,), from 0 to 1.
    """
    return np.count_nonzero(rna_NL == N_TOKEN, axis=1) / rna_NL.shape[1]


def decode(tokens_L: NDArray[np.uint8]) -> str:
    """Turn tokens into letters.

    Parameters
    ----------
    tokens_L
        (L,) tokens.

    Returns
    -------
    str
        L letters, upper case, with U and not T.
    """
    return _BYTE_OF_TOKEN[tokens_L].tobytes().decode()
