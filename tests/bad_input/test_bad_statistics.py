"""Studies and splits that can be read, and whose numbers cannot carry what a reader might take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bad_input import Case, check
from toy_statistics import Runs, both, study

from rpbind.data.world import World, simulate

FIVE: Runs = {"old": [0.70] * 5, "new": [0.70] * 5}
REPORT, COMPARE = "rpbind report s", "rpbind compare s t"
NONE = "no meaningful effect"


def runs(old: list[float | None], new: list[float | None]) -> Runs:
    return {"old": old, "new": new}


def curve(*losses: float) -> dict[str, Any]:
    return {"curve": tuple({"epoch": n + 1.0, "validation.loss": v} for n, v in enumerate(losses))}


REPORTS = [
    Case("one seed", REPORT, ("unattainable", "got 1 paired seed", "Screening"),
         study("s", runs([0.7], [0.8])), 0, ("better",)),
    Case("one protein", REPORT, ("got 1 protein cluster", "macro over 1 protein cluster"),
         study("s", FIVE, {"proteins": 1}), 0, ("better", NONE)),
    Case("three proteins", REPORT, ("fewer than 20", "3 test protein clusters"),
         study("s", FIVE, {"proteins": 3}), 0),
    Case("all runs collapsed", REPORT,
         ("10 of 10 runs collapsed", "every run collapsed"),
         study("s", runs([0.5] * 5, [0.5] * 5)), 0),
    Case("one arm collapsed in all of its runs", REPORT,
         ("5 of 10 runs collapsed", "5/5 against 0/5", "every pair has a collapsed run"),
         study("s", runs([0.7] * 5, [0.5] * 5)), 0),
    Case("one run of five collapsed", REPORT,
         ("1 of 10 runs collapsed", "1/5 against 0/5", "without them the difference is"),
         study("s", runs([0.7] * 5, [0.7, 0.7, 0.5, 0.7, 0.7])), 0, (NONE,)),
    Case("no effect in five seeds", REPORT, (NONE, "a collapse rate up to 45 % is not excluded"),
         study("s", FIVE), 0),
    Case("no effect in three seeds", REPORT, (NONE, "a collapse rate up to 63 %", "Screening"),
         study("s", runs([0.7] * 3, [0.7] * 3)), 0),
    Case("no finished run", REPORT, ("none of the 6 planned runs is done (6 failed)", "no memory"),
         study("s", runs([None] * 3, [None] * 3)), 0, (NONE, "collapsed")),
    Case("no run begun", REPORT, ("2 of 2 planned runs are not done",),
         study("s", runs([], [])), 0, (NONE,)),
    Case("no seed in common", REPORT, ("no run of the two arms is paired",),
         study("s", runs([0.7, None], [None, 0.7])), 0, (NONE, "better")),
    Case("two seeds that disagree by more than AUROCs can", REPORT,
         ("*", "cut: AUROCs cannot differ by more", "at least 4 seeds first: how many"),
         study("s", runs([0.7, 0.7], [0.9, 0.6])), 0),
    Case("three seeds that decide nothing", REPORT, ("at least 4 seeds first: how many",),
         study("s", runs([0.7] * 3, [0.71, 0.66, 0.73])), 0, ("to detect 0.010",)),
    Case("proteins without an AUROC", REPORT, ("has no per-protein AUROC on test",),
         study("s", FIVE, {"proteins": 0}), 0, (NONE,)),
    Case("runs that ended while they improved", REPORT, ("still improving", "10 runs"),
         study("s", FIVE, curve(0.70, 0.65, 0.60)), 0, ("overfitting",)),
    Case("runs that went on for long", REPORT, ("overfitting", "10 runs"),
         study("s", FIVE, curve(0.60, 0.55, *(0.55 + 0.005 * n for n in range(1, 11)))), 0,
         ("still improving",)),
    Case("a plan that split otherwise than asked", REPORT, ("73/13.5/13.5",),
         study("s", FIVE, split_note="The split came out as 73/13.5/13.5 % of the windows."), 0),
]  # fmt: skip

OTHER = "cold-protein_70-15-15_seed0_neg-given 0123456789ab"
COMPARISONS = [
    Case("two studies on different splits", COMPARE, ("split of s", OTHER, "same windows"),
         both(study("s", FIVE), study("t", FIVE, split=OTHER))),
    Case("two studies on different windows", COMPARE, ("dataset of s", "other ffff"),
         both(study("s", FIVE), study("t", FIVE, dataset="other ffff"))),
    Case("two studies without a seed in common", COMPARE, ("no seed in common", "(7, 8)"),
         both(study("s", FIVE), study("t", runs([], []), numbered=(7, 8)))),
    Case("two studies with one seed in common", COMPARE, ("got 1 paired seed",),
         both(study("s", FIVE), study("t", runs([0.72], [0.69]))), 0, (NONE,)),
    Case("two studies without an arm of one name", COMPARE, ("No arm has the same name", "--arm"),
         both(study("s", {"old": [0.7] * 3}), study("t", {"new": [0.7] * 3}))),
    Case("an arm that is in neither", COMPARE + " --arm nweish --against old", ("nweish",),
         both(study("s", FIVE), study("t", FIVE))),
    Case("a study with one whose runs all failed", COMPARE,
         ("no run of the two arms is paired", "no memory"),
         both(study("s", FIVE), study("t", runs([None] * 5, [None] * 5))), 0, (NONE,)),
    Case("a study with itself", "rpbind compare s s", ("inert",), study("s", FIVE), 0,
         (NONE, "better")),
    Case("arms of which one has collapsed runs", COMPARE + " --arm old",
         ("3/5 against 0/5", "collapsed runs: 1: old 3 of 5"),
         both(study("s", runs([0.5, 0.5, 0.5, 0.7, 0.7], [0.7] * 5)), study("t", FIVE)), 0),
    Case("equal arms of two studies", COMPARE + " --arm old --against new",
         (NONE, "a collapse rate up to 45 % is not excluded"),
         both(study("s", FIVE), study("t", FIVE)), 0),
]  # fmt: skip


def world(folder: Path) -> None:
    """A dataset whose proteins are too few for 70:15:15."""
    simulate(folder / "d", World(proteins=7, sites=24, length=25))


SPLITS = [
    Case("a split by seven proteins", "rpbind split d --rule "
         "cold-protein", ("71.4/14.3/14.3 % of the windows instead of 70/15/15",
                         "the largest protein cluster has 14.3 % of them"),
         world, 0),
    Case("a random split of the same", "rpbind split d --rule random", ("random_70-15-15",),
         world, 0, ("instead of",)),
]  # fmt: skip


@pytest.mark.parametrize("case", [*REPORTS, *COMPARISONS, *SPLITS], ids=lambda case: case.name)
def test_odd_numbers_are_answered_by_what_they_can_carry(
    case: Case,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check(case, tmp_path, capsys, monkeypatch)
