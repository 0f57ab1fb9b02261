"""The protein alphabet, and the cleaning of sequences for import, embed, predict and explain.

Case does not matter, and one `*` (stop) at the end is dropped. The letters are the twenty amino
acids, `U` (selenocysteine), `O` (pyrrolysine) and the ambiguous IUPAC codes: `B` (D or N), `Z` (E
or Q), `J` (I or L) and `X` (any). Anything else is an error, including a gap or an inner `*`.
"""

from __future__ import annotations

import hashlib

from rpbind.errors import UserError

RESIDUES = "ACDEFGHIKLMNPQRSTVWY"
STANDS_FOR = {"B": "DN", "Z": "EQ", "J": "IL", "U": "C", "O": "K", "X": RESIDUES}
"""How encoders that know only the twenty amino acids read the other letters."""

_LETTERS = frozenset(RESIDUES) | STANDS_FOR.keys()
_KNOWN = _LETTERS | {letter.lower() for letter in _LETTERS}  # "ß".upper() would be two residues


def clean(sequence: str) -> str:
    """Return a sequence in upper case and without a final `*`.

    Parameters
    ----------
    sequence
        A protein sequence, in any case.

    Returns
    -------
    The residues, one letter each.

    Raises
    ------
    UserError
        If the sequence is empty or has a letter that is no amino acid.
    """
    residues = sequence.strip().removesuffix("*")
    if not residues:
        raise UserError("Expected a protein sequence, got an empty one.")
    place = next((at for at, letter in enumerate(residues) if letter not in _KNOWN), None)
    if place is None:
        return residues.upper()
    letter = residues[place]
    advice = "only one '*', at the end, is dropped" if letter == "*" else "correct or remove it"
    raise UserError(
        f"Residue {place + 1} of {len(residues)} is {letter!r}, which is no amino acid; {advice}. "
        f"The letters are {RESIDUES}{''.join(STANDS_FOR)}, in either case."
    )


def sequence_key(sequence: str) -> str:
    """Return a protein's key in an embedding store.

    Parameters
    ----------
    sequence
        A protein sequence, in any case.

    Returns
    -------
    The SHA-256 of the cleaned sequence, 64 hex digits.
    """
    return hashlib.sha256(clean(sequence).encode()).hexdigest()
