"""Which split of a dataset: a rule with percentages, a saved split by its name, or folds.

`rpbind.splitting.text` reads what users write for one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

from rpbind.errors import UserError, check_one_of

Rule = Literal["random", "cold-rna", "cold-protein", "cold-both", "cold-chromosome"]
RULES: tuple[Rule, ...] = get_args(Rule)
EXAMPLES = (*RULES, "cold-rna:80:10:10", "published", "folds:5", "folds:fold")
"""Texts that denote a split, for editors and completion."""

Ratio = tuple[int, int, int]
USUAL: Ratio = (70, 15, 15)
NAME = r"[A-Za-z][A-Za-z0-9_.+-]{0,59}"
"""A name of a saved split is part of file names."""

_GIVEN_ID = re.compile(rf"(?P<name>{NAME})_given-[0-9a-f]{{8}}_neg-")
_FOLD_ID = re.compile(r"fold(?P<fold>\d+)of(?P<folds>\d+)_seed(?P<seed>\d+)_neg-")
_ONE_FOLD_ID = re.compile(f"{_FOLD_ID.pattern}|{NAME}_given-[0-9a-f]{{8}}_neg-")
_FOLDS_ID = re.compile(rf"folds(?P<folds>\d+)(_given-(?P<name>{NAME})-[0-9a-f]{{8}})?_neg-")


@dataclass(frozen=True)
class SplitSpec:
    """How to split a dataset.

    `random` splits by window and leaks; `cold-rna` splits by overlap cluster, `cold-protein` by
    protein cluster. `cold-both` splits by both: a window whose two clusters were drawn for
    different parts is unused (about half of all windows at 70:15:15). Clusters stay whole, so a
    very large one can push its part beyond its percentage; see `Split.summary`. `cold-chromosome`
    splits by chromosome and needs a dataset with genome coordinates. `given` is a saved split.
    `folds` divides by overlap cluster, or as saved: one fold is the test part, the next one the
    validation part, and the others are for training.

    Parameters
    ----------
    rule
        What stays whole.
    ratio
        Percentages of train, validation and test; not for saved splits and folds.
    seed
        Random seed, 0 or more. In folds, each seed is another division into folds.
    name
        Name of a saved split; of saved folds, what their names have before the number.
    folds
        Number of folds; 0 for a single split.
    fold
        The fold that is the test part; None for all folds, one after another.
    """

    rule: Rule | Literal["given", "folds"] = "cold-rna"
    ratio: Ratio = USUAL
    seed: int = 0
    name: str = ""
    folds: int = 0
    fold: int | None = None

    def __post_init__(self) -> None:
        check_one_of("A split rule", self.rule, (*RULES, "given", "folds"))
        if len(self.ratio) != 3 or min(self.ratio) < 1 or sum(self.ratio) != 100:
            raise UserError(
                "A split ratio is three whole percentages for train, validation and test that "
                f"sum to 100, such as 70:15:15; got {':'.join(map(str, self.ratio))}."
            )
        if self.seed < 0:
            raise UserError(f"A split seed is 0 or more; got {self.seed}.")

    @property
    def text(self) -> str:
        """What a user writes as `--split`, for the split or for all folds that this belongs to."""
        if self.rule == "folds":
            return f"folds:{self.name or self.folds}"
        if self.rule == "given":
            return self.name
        return self.rule + ("" if self.ratio == USUAL else f":{':'.join(map(str, self.ratio))}")

    def of_run(self, seed: int) -> SplitSpec:
        """Return the split with which a run of a study is trained and tested.

        Parameters
        ----------
        seed
            The run's random seed.

        Returns
        -------
        SplitSpec
            This split. Of K folds, seed s has fold s mod K of repeat s div K; a repeat has
            another division into folds, unless the folds are saved ones.
        """
        if not self.folds or self.fold is not None:
            return self
        repeat, fold = divmod(seed, self.folds)
        if self.name:
            return SplitSpec("given", name=f"{self.name}{fold}")
        return replace(self, seed=repeat, fold=fold)

    def id_for(self, negatives: str, sha256: str = "") -> str:
        """Return the name of this split of a dataset.

        Parameters
        ----------
        negatives
            How the dataset's negatives were made, from its manifest.
        sha256
            Hash of the parts; only the name of what is saved contains it.

        Returns
        -------
        str
            Rule, ratio, seed and negatives, such as `cold-rna_70-15-15_seed0_neg-as-given`; or
            `published_given-0a1b2c3d_neg-as-given`, `fold2of5_seed0_neg-as-given`,
            `folds5_neg-as-given` for all folds.
        """
        if self.rule == "given":
            return f"{self.name}_given-{sha256[:8]}_neg-{negatives}"
        if self.rule == "folds" and self.fold is None:
            given = f"_given-{self.name}-{sha256[:8]}" if self.name else ""
            return f"folds{self.folds}{given}_neg-{negatives}"
        if self.rule == "folds":
            return f"fold{self.fold}of{self.folds}_seed{self.seed}_neg-{negatives}"
        return f"{self.rule}_{'-'.join(map(str, self.ratio))}_seed{self.seed}_neg-{negatives}"

    def is_of_run(self, split: str, seed: int) -> bool:
        """Whether a run of these folds with this seed has a split of this name."""
        return bool(_ONE_FOLD_ID.match(split)) and SplitSpec.from_id(split) == self.of_run(seed)

    def repeats(self, runs: int) -> str:
        """Return the number of an arm's runs in words: "3 repeats of 5 folds"."""
        count = runs // self.folds
        return f"{count} repeat{'' if count == 1 else 's'} of {self.folds} folds"

    def where(self, seed: int) -> str:
        """Return the fold of a run in words: "fold 2 of repeat 1", both counted from 0."""
        repeat, fold = divmod(seed, self.folds)
        return f"fold {fold} of repeat {repeat}"

    @classmethod
    def from_id(cls, text: str) -> SplitSpec:
        """Return the split that has a name.

        Parameters
        ----------
        text
            What `id_for` returned, perhaps with a hash after it.

        Returns
        -------
        SplitSpec
            The split.
        """
        if found := _GIVEN_ID.match(text):
            return cls("given", name=found["name"])
        if found := _FOLD_ID.match(text):
            fold, folds, seed = (int(found[key]) for key in ("fold", "folds", "seed"))
            return cls("folds", seed=seed, folds=folds, fold=fold)
        if found := _FOLDS_ID.match(text):
            return cls("folds", name=found["name"] or "", folds=int(found["folds"]))
        rule, ratio, seed_text, _ = text.split("_", 3)
        train, validation, test = map(int, ratio.split("-"))
        seed = int(seed_text.removeprefix("seed"))
        return cls(cast(Rule, rule), (train, validation, test), seed)


def folds_in(split: str) -> SplitSpec | None:
    """Return the folds of a study.

    Parameters
    ----------
    split
        Name of the split in the study's plan.

    Returns
    -------
    SplitSpec | None
        All folds; None for a study with one split.
    """
    return SplitSpec.from_id(split) if _FOLDS_ID.match(split) else None


def paired_over(text: str) -> str:
    """Return over what a study pairs its arms, in the words of its decision rule.

    Parameters
    ----------
    text
        What a user writes as `--split`.

    Returns
    -------
    str
        Units and kind of interval.
    """
    if text.startswith("folds:"):
        return "folds, interval of Nadeau and Bengio"
    return "seeds and clusters, two-way interval"
