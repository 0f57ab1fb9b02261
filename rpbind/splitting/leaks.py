"""What the validation and test parts of a split, or of all folds, share with training, in words.

`rpbind.data.leaks` measures it. A leak is told and never forbidden.
"""

from __future__ import annotations

from collections.abc import Sequence

from rpbind.data.dataset import Dataset
from rpbind.data.leaks import Leak, leaks
from rpbind.data.splits import Split


def leak_words(dataset: Dataset, splits: Sequence[Split]) -> str:
    """Return what validation and test share with training, in words.

    Parameters
    ----------
    dataset
        The dataset.
    splits
        One split of it, or all folds.

    Returns
    -------
    str
        One sentence on shared letters and places, which begins with "No" if nothing is shared, and
        one on proteins.
    """
    found = [leaks(dataset, split.part_N) for split in splits]
    tests = [leak for each in found for leak in each if leak.part == "test"]
    return f"{_windows(found)} {_proteins(tests)}"


def _windows(found: Sequence[Sequence[Leak]]) -> str:
    every = [leak for each in found for leak in each]
    placed, k = all(leak.interval is not None for leak in every), every[0].k
    if not any(leak.kmer or leak.interval or leak.equal for leak in every):
        fold = "" if len(found) == 1 else f" of any of the {len(found)} folds"
        overlap = ", and none overlaps one of its windows in the genome" if placed else ""
        return f"No validation or test window{fold} shares a {k}-mer with training{overlap}."
    shown = [
        _part([leak for leak in every if leak.part == part]) for part in ("test", "validation")
    ]
    text = "; ".join(shown)
    return f"{text[0].upper()}{text[1:]}: such windows are no test of new RNA."


def _part(leaks_of_part: Sequence[Leak]) -> str:
    windows = sum(leak.windows for leak in leaks_of_part)
    kmer = sum(max(leak.kmer, leak.equal) for leak in leaks_of_part)
    folds = "" if len(leaks_of_part) == 1 else " of all folds"
    text = (
        f"of the {windows:,} {leaks_of_part[0].part} windows{folds}, {kmer:,} "
        f"({_percent(kmer, windows)}) share a {leaks_of_part[0].k}-mer with training"
    )
    if leaks_of_part[0].interval is not None:
        overlap = sum(leak.interval or 0 for leak in leaks_of_part)
        text += f" and {overlap:,} ({_percent(overlap, windows)}) overlap it in the genome"
    return text


def _proteins(tests: Sequence[Leak]) -> str:
    seen = sorted({(leak.related, leak.proteins) for leak in tests})
    counts = " to ".join(f"{one} of the {of}" for one, of in dict.fromkeys((seen[0], seen[-1])))
    return f"Training has seen {counts} test proteins, or homologues of them."


def _percent(count: int, of: int) -> str:
    return f"{100 * count / of:.1f} %" if of else "0 %"
