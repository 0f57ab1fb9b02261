"""Simulated worlds whose answer is known: arms that collapse now and then, and families of claims.

Every function takes the number of repetitions and returns checks: what was measured against what
is accepted. S seeds x G protein clusters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import sqrt

import numpy as np
from known_worlds import DELTA, SDS, Check, Table, table

from rpbind.analysis.claims import CLAIM_NAMES, CONFIRMATORY
from rpbind.analysis.families import ClaimKey, judge
from rpbind.ledger import Plan
from rpbind.statistics.collapse import collapse_rates, find_collapsed
from rpbind.statistics.contrast import Result, two_way
from rpbind.statistics.verdict import ALPHA, Verdict, verdicts

NONE = "no meaningful effect"
CHANCE = 0.53
"""What runs that know nothing stay below on these simulated test windows."""
RARE = ((0.10, 0.20), (0.05, 0.20), (0.20, 0.10))
"""How often an arm collapses, and by how much its AUROC then falls."""
QUIET = (0.003, 0.003, 0.010)
"""Standard deviations of runs that train: a rule that sees no collapse is soon sure of itself."""
G = 24


def arms_of(
    rng: np.random.Generator, count: int, S: int, rare: tuple[float, float], sick: int
) -> list[Table]:
    """AUROCs (S, G) of so many equal arms, of which the last `sick` collapse in some seeds."""
    sds = (QUIET[0] / sqrt(2), QUIET[1] / sqrt(2), QUIET[2] / sqrt(2))
    protein_1G = rng.normal(0, 0.06, (1, G))
    arms = [0.75 + protein_1G + table(rng, (S, G), sds) for _ in range(count)]
    share, by = rare
    for arm in arms[count - sick :]:
        arm -= by * (rng.random((S, 1)) < share)
    return arms


def judged(arms: list[Table]) -> list[Verdict]:
    """The verdicts of every arm minus the first, by the engine's own functions."""
    S = len(arms[0])
    score = {(str(n), s): float(arm[s].mean()) for n, arm in enumerate(arms) for s in range(S)}
    bad, tables = find_collapsed(score, CHANCE), [arm - arms[0] for arm in arms[1:]]
    counted = [
        collapse_rates({str(n): 1.0, "0": -1.0}, range(S), d_SG, bad)
        for n, d_SG in enumerate(tables, 1)
    ]
    return verdicts([two_way(d_SG) for d_SG in tables], DELTA, ALPHA, counted)


def rare_collapses(repeats: int) -> Iterator[Check]:
    """Row 14: what is said beside "no meaningful effect" is right, and rates are not told apart."""
    for rare, S in product(RARE, (3, 5, 10)):
        said, right = _said_and_right(repeats, S, rare)
        what = f"{100 * rare[0]:.0f} % by {rare[1]:.2f}, S={S}: {NONE} with its limit is right"
        told = f"it is said in {100 * said / repeats:.0f} % of studies"
        yield Check(what, right / said if said else 1.0, 0.935, None, max(said, 1), told)
    said, right = _said_and_right(repeats, 20, (0.2, 0.2))
    what = f"20 % by 0.20, S=20: {NONE} is said, and its limit is wrong, of all studies"
    yield Check(what, (said - right) / repeats, None, 0.065, repeats)
    for S in (3, 5, 10, 20):
        rng = np.random.default_rng([14, 0, S])
        false = 0
        for _ in range(repeats):
            found = judged(arms_of(rng, 5, S, (0.2, 0.2), 5))
            rarely = [v.collapses for v in found if v.collapses]
            false += any(v.word in ("better", "worse") for v in (*found, *rarely))
        what = f"five arms that collapse alike: family-wise false verdicts, S={S}"
        yield Check(what, false / repeats, None, 0.065, repeats)


def _said_and_right(repeats: int, S: int, rare: tuple[float, float]) -> tuple[int, int]:
    """How often one of two arms that collapses is told not to matter, and the limit holds."""
    rng = np.random.default_rng([14, S, round(100 * rare[0])])
    said = right = 0
    for _ in range(repeats):
        (verdict,) = judged(arms_of(rng, 2, S, rare, 1))
        if verdict.word == NONE:
            assert verdict.rates is not None
            said += 1
            right += verdict.rates.plus[0].limit >= rare[0]
    return said, right


PLAN = Plan(
    study="families", question="", prediction="", rule="", design="", arms=(), contrasts=(),
    seeds=(0,), dataset="", split="", created="", confirmatory=CONFIRMATORY,
)  # fmt: skip
PARTS = dict.fromkeys(CLAIM_NAMES, 1) | {"uses the protein": 2, "beats RNA alone": 3}
"""How many comparisons stand behind a claim."""


def study_of(
    rng: np.random.Generator, arms: int, S: int, mean: float = 0.0
) -> dict[ClaimKey, list[tuple[Result, None]]]:
    """The comparisons of a study in which no probe matters; `mean` is minus the plain baseline."""
    asked: dict[ClaimKey, list[tuple[Result, None]]] = {}
    baseline_1G = rng.normal(0, SDS[1] / sqrt(2), (1, G))
    half = (SDS[0], SDS[1] / sqrt(2), SDS[2])
    for arm in range(arms):
        for name in CLAIM_NAMES:
            if name in CONFIRMATORY:
                tables = [table(rng, (S, G), half, mean) - baseline_1G]
            else:
                tables = [table(rng, (S, G), SDS) for _ in range(PARTS[name])]
            asked[str(arm), name] = [(two_way(d_SG), None) for d_SG in tables]
    return asked


def claims(repeats: int) -> Iterator[Check]:
    """Row 15: each family of claims is wrong in 5 % of studies, and probes take no power."""
    n = max(repeats // 4, 1)
    for S in (3, 5, 10):
        rng = np.random.default_rng([15, S])
        false = {True: 0, False: 0}
        for _ in range(n):
            told = judge(study_of(rng, 5, S), PLAN)
            for main in false:
                words = [v.word for slot, each in told.items()
                         for v in each if (slot[1] in CONFIRMATORY) is main]  # fmt: skip
                false[main] += bool({"better", "worse"} & set(words))
        for main, name in ((True, "confirmatory"), (False, "exploratory")):
            yield Check(f"{name} family, 5 arms, S={S}: false", false[main] / n, None, 0.065, n)
    rng = np.random.default_rng(15)
    slot: ClaimKey = ("0", CONFIRMATORY[0])
    studies = [study_of(rng, 1, 5, 0.012) for _ in range(n)]
    old = PLAN.model_copy(update={"confirmatory": None})
    found = [sum(judge(each, plan)[slot][0].word == "better" for each in studies) / n
             for plan in (old, PLAN)]  # fmt: skip
    said = f"{found[0]:.2f} where the probes share its family"
    yield Check("planted +.012: the claim is found", found[1], found[0], None, None, said)


ROWS: dict[int, tuple[str, Callable[[int], Iterator[Check]]]] = {
    14: ("an arm that collapses now and then", rare_collapses),
    15: ("claims: the confirmatory family and the exploratory one", claims),
}
