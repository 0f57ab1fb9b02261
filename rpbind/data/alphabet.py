"""RNA letters and their tokens (small integers).

Windows of different lengths share one matrix: a shorter window is followed by the token `PAD`, up
to the length of the longest one. Shapes: N windows, L letters of one window, or of the longest;
arrays of letters are ASCII bytes in uint8.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rpbind.errors import UserError
from rpbind.files.spill import blocks

LETTERS = "ACGUN"
"""Token t stands for `LETTERS[t]`; T is read as U, lower case as upper case, N is unknown."""

N_TOKEN = LETTERS.index("N")
PAD = len(LETTERS)
"""Stands after the last letter of a window that is shorter than the longest; it is no letter."""

SHORTEST, LONGEST = 20, 1_024
"""The lengths that windows of one dataset may have if they differ, in nucleotides."""

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
    share_N = np.empty(len(rna_NL))
    for part in blocks(len(rna_NL)):
        share_N[part] = np.count_nonzero(rna_NL[part] == N_TOKEN, axis=1) / lengths(rna_NL[part])
    return share_N


def lengths(rna_NL: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the number of letters of each window, without padding.

    Parameters
    ----------
    rna_NL
        (N, L) tokens.

    Returns
    -------
    NDArray[np.int64]
        (N,), from 0 to L.
    """
    length_N = np.empty(len(rna_NL), dtype=np.int64)
    for part in blocks(len(rna_NL)):
        length_N[part] = np.count_nonzero(rna_NL[part] != PAD, axis=1)
    return length_N


def pad(windows: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Put windows of any lengths into one matrix.

    Parameters
    ----------
    windows
        Tokens: matrices (n, l) of windows, each with a length of its own.

    Returns
    -------
    NDArray[np.uint8]
        (N, L) tokens, in the given order; L is the greatest length.
    """
    longest = max(part_nl.shape[1] for part_nl in windows)
    rna_NL = np.full((sum(map(len, windows)), longest), PAD, dtype=np.uint8)
    start = 0
    for part_nl in windows:
        rna_NL[start : start + len(part_nl), : part_nl.shape[1]] = part_nl
        start += len(part_nl)
    return rna_NL


def trimmed(rna_NL: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return windows (N, L) without the columns in which all of them are padded."""
    longest = max(int(lengths(rna_NL[part]).max()) for part in blocks(len(rna_NL)))
    return rna_NL[:, :longest]


def check_padding(rna_NL: NDArray[np.uint8]) -> None:
    """Raise `ValueError` if a window (N, L) has no letter, or padding before its last letter."""
    for part in blocks(len(rna_NL)):
        is_pad_RL = rna_NL[part] == PAD
        if is_pad_RL[:, 0].any() or (is_pad_RL[:, :-1] & ~is_pad_RL[:, 1:]).any():
            raise ValueError("a window has no letter, or padding before its last letter")


def decode(tokens_L: NDArray[np.uint8]) -> str:
    """Turn tokens into letters.

    Parameters
    ----------
    tokens_L
        (L,) tokens; padding is left out.

    Returns
    -------
    str
        Its letters, upper case, with U and not T.
    """
    return _BYTE_OF_TOKEN[tokens_L[tokens_L != PAD]].tobytes().decode()
