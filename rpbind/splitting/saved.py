"""Saved splits: a division of the windows that the user gives, kept in the dataset under a name.

Shapes: N windows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from rpbind.counted import counted
from rpbind.data.dataset import Dataset
from rpbind.data.frozen_split import folder_of, freeze, load_split
from rpbind.data.splits import (
    PARTS,
    UNUSED,
    PartSummary,
    Split,
    hash_parts,
    lacks_class,
    parts_of_fold,
    summarise,
)
from rpbind.errors import UserError, did_you_mean
from rpbind.files.draft import explain_denied_write
from rpbind.split_spec import NAME, RULES, SplitSpec
from rpbind.splitting.text import FEWEST_FOLDS, MOST_FOLDS, saved_folds
from rpbind.splitting.validation import with_validation

PUBLISHED, FOLD = "published", "fold"
"""Names of a saved split, and of saved folds, if the user gives none."""

WORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev", "ls"),  # "line search" of GraphProt
    "test": ("test", "testing"),
    "unused": ("unused", "none", ""),
}

_NUMBERS = {word: number for number, part in enumerate(PARTS) for word in WORDS[part]}
_NUMBERS |= dict.fromkeys(WORDS["unused"], UNUSED)
_FOLD_NUMBER = re.compile(r"\d{1,3}")


def no_part(words: Sequence[str]) -> NDArray[np.bool_]:
    """Return which of N words are neither parts nor, where there are folds, numbers of folds."""
    texts = [word.strip().lower() for word in words]
    folds = {text for text in set(texts) if _FOLD_NUMBER.fullmatch(text)}
    right = {*folds, *WORDS["unused"]} if folds else _NUMBERS.keys()
    return np.array([text not in right for text in texts], dtype=bool)


def why_no_part(word: str) -> tuple[str, str]:
    """Return what is expected instead of a word that is no part, and what to do."""
    return (
        "expected train, validation, test or unused, or in all rows the number of a fold; got "
        f"'{word.strip()[:40]}'",
        f"Correct it.{did_you_mean(word.strip().lower(), _NUMBERS)}",
    )


def parts_from_words(
    words: Sequence[str], place: Callable[[int], str]
) -> tuple[NDArray[np.uint8], int]:
    """Return the parts or folds that a column of words denotes.

    Parameters
    ----------
    words
        N words: train, validation, test or unused, with the usual other spellings in any case; or
        whole numbers of folds, from 0 or from 1, and nothing for a window in none.
    place
        Returns where a word stands, for messages.

    Returns
    -------
    tuple[NDArray[np.uint8], int]
        (N,) parts and 0; or (N,) folds from 0 and the number of folds.

    Raises
    ------
    UserError
        If a word is neither, or a fold has no window, or there are fewer than three folds.
    """
    if len(wrong := np.flatnonzero(no_part(words))):
        more = f" (and {len(wrong) - 1:,} more such)" if len(wrong) > 1 else ""
        found, advice = why_no_part(words[wrong[0]])
        raise UserError(f"{place(int(wrong[0]))}: {found}{more}. {advice}")
    texts, index_N = np.unique([word.strip().lower() for word in words], return_inverse=True)
    known = texts.tolist()
    folds = [text for text in known if _FOLD_NUMBER.fullmatch(text)]
    if not folds:
        return np.array([_NUMBERS[text] for text in known], dtype=np.uint8)[index_N], 0
    numbers = sorted({int(fold) for fold in folds})
    count, first_number = len(numbers), numbers[0]
    if numbers != list(range(first_number, first_number + count)) or first_number > 1:
        raise UserError(
            f"Folds are numbered 0, 1, 2, ... or 1, 2, 3, ... without a gap; got {numbers[:10]}. "
            "Number them again."
        )
    if not FEWEST_FOLDS <= count <= MOST_FOLDS:
        raise UserError(
            f"There must be {FEWEST_FOLDS} to {MOST_FOLDS} folds, because one is for the test, one "
            f"for validation, and the others for training; got {count}. For two parts, write "
            "train and test instead of numbers."
        )
    fold = {text: int(text) - first_number if text in folds else UNUSED for text in known}
    return np.array([fold[text] for text in known], dtype=np.uint8)[index_N], count


def save_split(
    dataset: Dataset, part_N: NDArray[np.uint8], folds: int = 0, name: str = ""
) -> tuple[Split, ...]:
    """Save a split of the user's own in the dataset; what is saved is never replaced.

    Importers whose source publishes a split call this after they wrote the dataset.

    Parameters
    ----------
    dataset
        The dataset.
    part_N
        (N,) parts (0 train, 1 validation, 2 test, 255 unused), or folds from 0.
    folds
        The number of folds; 0 for parts. Fold f is saved as the split NAMEf: its test part is
        fold f, its validation part the next fold.
    name
        The name, or what the names of the folds begin with (default: published, or fold).

    Returns
    -------
    tuple[Split, ...]
        The saved split, or one per fold. Without a validation part, 15 % of the training windows
        become it, in whole overlap clusters, and the split's `note` says so.

    Raises
    ------
    UserError
        If the name is impossible or has another split, or a part lacks a class.
    """
    name = name or (FOLD if folds else PUBLISHED)
    check_name(name)
    if folds:
        divided = [(f"{name}{f}", parts_of_fold(part_N, f, folds), "") for f in range(folds)]
        if saved_folds(dataset.root, name) > folds:
            raise _taken(dataset, name)
    else:
        divided = [(name, *with_validation(dataset, part_N))]
    splits = [_split(dataset, *each) for each in divided]
    for split in splits:
        there = folder_of(dataset, split.spec).exists()
        if there and load_split(dataset, split.spec, one_class=True).sha256 != split.sha256:
            raise _taken(dataset, split.spec.name)
    with explain_denied_write(dataset.root, f"The split {name}", "the same command"):
        for split in splits:
            if not folder_of(dataset, split.spec).exists():
                freeze(split, folder_of(dataset, split.spec), dataset.root)
    return tuple(splits)


def saved_remarks(dataset: Dataset, part_N: NDArray[np.uint8], folds: int) -> tuple[str, ...]:
    """Save the split that an imported source publishes, and say under which name.

    Parameters
    ----------
    dataset
        The new dataset.
    part_N
        (N,) parts, or folds.
    folds
        The number of folds; 0 for parts.

    Returns
    -------
    tuple[str, ...]
        How the split is used, and what is special in it; or why it was not saved.
    """
    try:
        splits = save_split(dataset, part_N, folds)
    except UserError as refusal:
        return (f"The source's split was not saved. {refusal}",)
    used = f"folds:{FOLD}" if folds else splits[0].spec.name
    unused = splits[0].summary["unused"].windows
    left = f" {counted(unused, 'window', then='are')} in none of its parts." if unused else ""
    first = f"The source's split is saved: use it with --split {used}.{left}"
    return tuple(filter(None, (first, splits[0].note)))


def lacks_windows(dataset: Dataset, summary: dict[str, PartSummary]) -> str:
    """Describe the first part that cannot be used; "" if there is none.

    Where every window is bound, each part needs some: `rpbind negatives` gives it the others.
    """
    if dataset.manifest.positives < len(dataset):
        return lacks_class(summary)
    return next((f"{part} 0 windows" for part in PARTS if not summary[part].windows), "")


def check_name(name: str) -> None:
    """Raise `UserError` if a split cannot have this name."""
    if not re.fullmatch(NAME, name) or name in (*RULES, "given", "folds"):
        raise UserError(
            "The name of a saved split begins with a letter, has at most 60 letters, digits and "
            f"_ . + -, and is not the name of a rule; got '{name}'."
        )


def _taken(dataset: Dataset, name: str) -> UserError:
    return UserError(
        f"{dataset.root} has another split of the name '{name}', and a saved split is never "
        "replaced. Give another name with --name."
    )


def _split(dataset: Dataset, name: str, part_N: NDArray[np.uint8], note: str) -> Split:
    summary = summarise(dataset, part_N)
    if lacking := lacks_windows(dataset, summary):
        of_file, test = "Correct its file.", summary["test"]
        given = summary["train"].positives + summary["validation"].positives
        windows = summary["train"].windows + summary["validation"].windows
        if note and 0 < given < windows and 0 < test.positives < test.windows:
            of_file = (
                "The file has no validation part, and whole overlap clusters of its training part "
                "give none of both classes: name one, such as some training windows of each class, "
                f"in a table for `rpbind split {dataset.root} --from FILE`."
            )
        raise UserError(
            f"The split '{name}' has {lacking}; each part needs both classes. {of_file}"
        )
    spec, sha256 = SplitSpec("given", name=name), hash_parts(part_N)
    split_id = spec.id_for(dataset.manifest.negatives, sha256)
    return Split(split_id, dataset.id, spec, sha256, summary, part_N, note)
