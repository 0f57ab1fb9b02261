"""The texts that denote a split in every command and study, and the saved splits that they name.

They are `cold-rna`, `cold-rna:80:10:10`, `published` (a saved split), `folds:5`, and `folds:fold`
(the saved splits fold0, fold1, ...).
"""

from __future__ import annotations

from pathlib import Path

from rpbind.data.frozen_split import named_folder
from rpbind.errors import UserError, did_you_mean
from rpbind.split_spec import RULES, USUAL, Ratio, SplitSpec

FEWEST_FOLDS, MOST_FOLDS = 3, 50
"""One fold is for the test and one for validation, so that training needs a third."""


def saved_names(root: Path) -> list[str]:
    """Return the names of a dataset's saved splits, in alphabetical order."""
    return sorted(each.name.removeprefix("given-") for each in (root / "splits").glob("given-*"))


def saved_folds(root: Path, name: str) -> int:
    """Return how many folds are saved under a name: NAME0, NAME1, ... without a gap."""
    count = 0
    while named_folder(root, f"{name}{count}").is_dir():
        count += 1
    return count


def parse_split(text: str, root: Path | None, option: str = "--split") -> SplitSpec:
    """Return the split that a text denotes.

    Parameters
    ----------
    text
        A rule, a rule with percentages (`cold-rna:80:10:10`), the name of a saved split,
        `folds:K`, or `folds:NAME` for the saved folds NAME0, NAME1, ...
    root
        Folder of the dataset, whose saved splits can be named; None if it has none.
    option
        The option or key, for messages.

    Returns
    -------
    SplitSpec
        The split, with seed 0.

    Raises
    ------
    UserError
        If there is no such rule or saved split, or the percentages or folds are impossible.
    """
    word, colon, rest = text.partition(":")
    if word == "folds" and colon:
        return _folds(rest, root, option)
    if word in RULES:
        return SplitSpec(word, _ratio(text, rest, option) if colon else USUAL)
    names = [] if root is None else saved_names(root)
    if text in names:
        return SplitSpec("given", name=text)
    known = [*RULES, *names]
    saved = f"a saved split ({', '.join(names)})" if names else "the name of a saved split"
    where = "" if names or root is None else f", of which {root} has none"
    raise UserError(
        f"{option} is a rule ({', '.join(RULES)}), {saved}{where}, or folds:K; got '{text}'."
        f"{did_you_mean(text, known)} `rpbind split DATA --from FILE` saves a split of your own."
    )


def parse_one_split(text: str, root: Path | None, option: str = "--split") -> SplitSpec:
    """Return the split that a text denotes, as `parse_split`; `UserError` if it denotes folds."""
    spec = parse_split(text, root, option)
    if spec.folds:
        raise UserError(
            f"{option} is one split here, and {text} is {spec.folds} of them. A study trains on "
            "each fold; a saved fold can be named by itself, such as fold0."
        )
    return spec


def _ratio(text: str, rest: str, option: str) -> Ratio:
    numbers = rest.split(":")
    if len(numbers) != 3 or not all(number.isdecimal() for number in numbers):
        raise UserError(
            f"{option}: expected three whole percentages after the rule, such as "
            f"cold-rna:80:10:10 for train, validation and test; got '{text}'."
        )
    train, validation, test = map(int, numbers)
    return train, validation, test


def _folds(rest: str, root: Path | None, option: str) -> SplitSpec:
    if rest.isdecimal():
        folds = int(rest)
        if not FEWEST_FOLDS <= folds <= MOST_FOLDS:
            raise UserError(
                f"{option} folds:K takes {FEWEST_FOLDS} to {MOST_FOLDS} folds, because one is for "
                f"the test, one for validation, and the others for training; got {folds}."
            )
        return SplitSpec("folds", folds=folds)
    folds = 0 if root is None else saved_folds(root, rest)
    if folds < FEWEST_FOLDS:
        there = ", ".join([] if root is None else saved_names(root)) or "none"
        raise UserError(
            f"{option} folds:{rest} needs at least {FEWEST_FOLDS} saved splits {rest}0, {rest}1, "
            f"...; {folds} of them are there (saved splits: {there}). Save them with "
            f"`rpbind split DATA --from FILE --name {rest}`, whose column has fold numbers."
        )
    return SplitSpec("folds", name=rest, folds=folds)
