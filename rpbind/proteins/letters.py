"""How protein encoders read the letters beyond the twenty amino acids, and how many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from rpbind.counted import counted
from rpbind.proteins.sequence import RESIDUES, STANDS_FOR, clean

ITSELF = "itself"
"""What a rule says of a letter that the encoder knows."""
AS_ITSELF: Mapping[str, str] = dict.fromkeys(STANDS_FOR, ITSELF)
"""The rule of an encoder that knows all letters."""
AS_RESIDUES: Mapping[str, str] = {
    letter: others if len(others) == 1 else f"the mean of {' and '.join(others)}"
    for letter, others in STANDS_FOR.items()
    if letter != "X"
} | {"X": "the mean of all twenty"}
"""The rule of an encoder that knows the twenty amino acids only."""


def unusual_letters(sequences: Iterable[str], rule: Mapping[str, str]) -> list[str]:
    """Count the letters that are none of the twenty amino acids, and what is cleaned away.

    Parameters
    ----------
    sequences
        Protein sequences as they are in a dataset or a file.
    rule
        How an encoder reads each letter of `STANDS_FOR`.

    Returns
    -------
    list of str
        A line for each letter that occurs; then one for lower case and one for `*` at an end.
    """
    letters: Counter[str] = Counter()
    proteins: Counter[str] = Counter()
    lower = stops = 0
    for sequence in sequences:
        there = Counter(letter for letter in clean(sequence) if letter not in RESIDUES)
        letters += there
        proteins.update(there.keys())
        lower += any(letter.islower() for letter in sequence)
        stops += sequence.strip().endswith("*")
    lines = [
        f"{letters[letter]:,} {letter} in {counted(proteins[letter], 'protein')}, "
        f"read as {rule[letter]}"
        for letter in STANDS_FOR
        if letters[letter]
    ]
    if lower:
        lines.append(f"lower case in {counted(lower, 'protein')}, read as upper case")
    if stops:
        lines.append(f"* at the end of {counted(stops, 'protein')}, dropped")
    return lines
