"""The protein alphabet and how a sequence is cleaned; import, embed, predict and explain ask here.

Case does not matter and one `*` (stop) at the end is dropped. Letters are the twenty amino acids,
`U` (selenocysteine), `O` (pyrrolysine) and the IUPAC codes for doubt: `B` (D or N), `Z` (E or Q),
`J` (I or L) and `X` (any). Everything else is an error, a gap or a `*` within the sequence too.
"""

from __future__ import annotations

import hashlib

from rpbind.errors import UserError

RESIDUES = "ACDEFGHIKLMNPQRSTVWY"
STANDS_FOR = {"B": "DN", "Z": "EQ", "J": "IL", "U": "C", "O": "K", "X": RESIDUES}
"""What the other letters are read as by encoders that know the twenty alone."""

_LETTERS = frozenset(RESIDUES) | STANDS_FOR.keys()
_KNOWN = _LETTERS | {letter.lower() for letter in _LETTERS}  # "ß".upper() would be two residues


def clean(sequence: str) -> str:
    """Return the sequence in upper case without a final `*`; `UserError` where it is not one."""
    residues = sequence.strip().removesuffix("*")
    if not residues:
        raise UserError("Wanted a protein sequence, got an empty one.")
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
    """Return the SHA-256 (hex) of the cleaned sequence: a protein's key in an embedding store."""
    return hashlib.sha256(clean(sequence).encode()).hexdigest()
