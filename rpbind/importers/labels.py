"""Reads labels: numbers, booleans and words in pairs, by a mapping that is said; no guesses.

Shapes: N windows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rpbind.counted import counted
from rpbind.data.writer import Origin
from rpbind.errors import UserError
from rpbind.reading.refuse import refuse_rows, shortened

PAIRS: tuple[tuple[frozenset[str], frozenset[str]], ...] = (
    (frozenset({"1", "true"}), frozenset({"0", "false"})),
    (frozenset({"1"}), frozenset({"-1"})),
    (frozenset({"yes"}), frozenset({"no"})),
    (frozenset({"pos", "positive", "positives"}), frozenset({"neg", "negative", "negatives"})),
)
"""Words for bound and for not bound; the labels of one source are all of one pair."""

_MISSING = frozenset({"", "nan", "na", "n/a", "none", "null", "<na>"})
_SHOWN = 6


def parse_label_map(text: str | None) -> dict[str, int] | None:
    """Read the option `--label-map`, such as "high=1,low=0".

    Parameters
    ----------
    text
        What the user gave; None for the usual words.

    Returns
    -------
    dict[str, int] | None
        {word: 0 or 1}, in the form of `_word`.

    Raises
    ------
    UserError
        If it has another form, or maps one word to both.
    """
    if text is None:
        return None
    pairs = [pair.rpartition("=") for pair in text.split(",")]
    found = {_word(word): int(value) for word, _, value in pairs if value.strip() in ("0", "1")}
    if len(found) != len(pairs) or "" in found:
        raise UserError(
            f"--label-map is words for bound and not bound, such as 'high=1,low=0'; got {text!r}. "
            "Give each word once, with =1 or =0."
        )
    return found


def labels_of(
    texts: Sequence[str], origin: Origin, label_map: Mapping[str, int] | None = None
) -> tuple[NDArray[np.uint8], str]:
    """Read the label of each row: 1 and 0 in any form, or another pair of `PAIRS`, in any case.

    Parameters
    ----------
    texts
        The labels in the source; numbers and booleans of Parquet as text.
    origin
        Where each row comes from, for messages.
    label_map
        The words to read instead of `PAIRS`.

    Returns
    -------
    tuple[NDArray[np.uint8], str]
        (N,), 0 or 1; and a sentence that says how the words were read, "" if all are 0 and 1.

    Raises
    ------
    UserError
        If a label is missing or is no such word; the message has the place of the first.
    """
    counts = Counter(texts)
    value_of = label_values(counts, label_map)
    bad = counts.keys() - value_of.keys()
    if bad:
        rows = [row for row, text in enumerate(texts) if text in bad]
        refuse_rows(origin, rows, *why_no_label(texts[rows[0]], counts, label_map))
    label_N = np.fromiter((value_of[text] for text in texts), np.uint8, len(texts))
    return label_N, mapping_remark(counts, value_of)


def label_values(texts: Mapping[str, int], label_map: Mapping[str, int] | None) -> dict[str, int]:
    """Return the value of each text that is a label.

    Parameters
    ----------
    texts
        The texts of a source, with their counts.
    label_map
        The words to read; without it, the pair of `PAIRS` that has most of the words.

    Returns
    -------
    dict[str, int]
        {text: 0 or 1}, without the texts that are no label.
    """
    words = {text: _word(text) for text in texts}
    if label_map is None:
        have = set(words.values())
        bound, unbound = max(PAIRS, key=lambda pair: len(have & (pair[0] | pair[1])))
        label_map = dict.fromkeys(bound, 1) | dict.fromkeys(unbound, 0)
    return {text: label_map[word] for text, word in words.items() if word in label_map}


def _word(text: str) -> str:
    """Return the form that all spellings of a label share: "1" for 1.0, 1,0 and 1e0."""
    word = text.strip().casefold()
    number = _number(word)
    return str(int(number)) if number in (-1.0, 0.0, 1.0) else word


def _number(word: str) -> float | None:
    if word in _MISSING or "_" in word:
        return None
    try:
        return float(re.sub(r"^([-+]?\d+),(\d+)$", r"\1.\2", word))  # 1,0 of a German Excel
    except ValueError:
        return None


def mapping_remark(counts: Mapping[str, int], value_of: Mapping[str, int]) -> str:
    """Return a sentence that says how labels were read; "" if all are 0 and 1."""
    if counts.keys() <= {"0", "1"}:
        return ""
    said = [
        f"{text.strip()!r} as {value_of[text]} ({counted(count, 'row')})"
        for text, count in sorted(counts.items(), key=lambda item: (-value_of[item[0]], item[0]))
    ]
    more = f" and {len(said) - _SHOWN:,} more spellings" if len(said) > _SHOWN else ""
    return f"Labels were read by this mapping: {', '.join(said[:_SHOWN])}{more}."


def why_no_label(
    text: str, counts: Mapping[str, int], label_map: Mapping[str, int] | None
) -> tuple[str, str]:
    """Return what is wrong with a text that is no label, and what to do.

    Parameters
    ----------
    text
        The text.
    counts
        All texts of the source, with their counts.
    label_map
        The words to read; None for `PAIRS`.

    Returns
    -------
    tuple[str, str]
        What was expected and found; and a sentence.
    """
    word = text.strip().casefold()
    if word in _MISSING:
        found = f" (the cell is {shortened(text)})" if text.strip() else ""
        return (
            f"the label is missing{found}; expected 0 or 1",
            "Add it, or leave such rows out with --bad-rows drop.",
        )
    if label_map is not None:
        return (
            f"the label {shortened(text)} is not in --label-map",
            "Add it there, or leave such rows out with --bad-rows drop.",
        )
    got = f"expected the label 0 or 1; got {shortened(text)}"
    if _number(word) is not None:
        known = {_word(other) for other in counts}
        if {"-1", "0"} <= known or {"-1", "1", word} <= known:
            return got, "With 0 or other numbers beside it, -1 is no label: say with --label-map."
        return got, "For scores, choose a threshold: write 1 above it and 0 below it."
    return (
        got,
        f"Write 1 for bound and 0 for not bound, or say what each word means, as in --label-map "
        f"'WORD=1,OTHER=0'; the words are {_words(text, counts)}.",
    )


def _words(text: str, counts: Mapping[str, int]) -> str:
    """Return words of a source; which of them means bound, only its owner knows."""
    others = [other for other in counts if other != text and _word(other) not in _MISSING]
    more = f" and {len(others) + 1 - _SHOWN:,} more" if len(others) >= _SHOWN else ""
    return ", ".join(shortened(word) for word in [text, *others][:_SHOWN]) + more
