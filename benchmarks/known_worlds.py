"""Simulated worlds whose answer is known, for the known-answer tests of the decision rule.

Every function takes the number of repetitions and returns checks: what was measured against what
is accepted. S seeds x G protein clusters.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from math import sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ttest_1samp

import rpbind
from rpbind.analysis.tuned import Winner
from rpbind.ledger import ContrastPlan
from rpbind.statistics.contrast import Interval, Result, Unattainable, two_way
from rpbind.statistics.units import pair_units, why_no_verdict
from rpbind.statistics.verdict import Verdict, verdicts

Table = NDArray[np.float64]
DELTA = 0.010
SDS = (0.006, 0.0085, 0.015)
"""Standard deviations of the run, of the protein by arm, and of the cell."""


@dataclass(frozen=True)
class Check:
    """One measured number against its bounds; `n` is how many repetitions a share is of."""

    what: str
    measured: float
    low: float | None = None
    high: float | None = None
    n: int | None = None
    said: str = ""

    def holds(self, standard_errors: float = 0.0) -> bool:
        """Whether it lies within its bounds, allowing a share so many standard errors."""
        slack = 0.0
        if self.n is not None:
            bound = self.low if self.low is not None else self.high
            assert bound is not None
            slack = standard_errors * sqrt(bound * (1 - bound) / self.n)
        above = self.low is None or self.measured >= self.low - slack
        return above and (self.high is None or self.measured <= self.high + slack)


def table(rng: np.random.Generator, shape: tuple[int, int], sds: tuple[float, float, float],
          mean: float = 0.0, noise: str = "normal") -> Table:  # fmt: skip
    """One d_SG: mean + run effect + protein-by-arm effect + cell noise."""
    S, G = shape
    uneven_G = np.exp(rng.normal(0, 0.7, G)) if noise == "heteroscedastic" else np.ones(G)

    def draw(*size: int) -> Table:
        # a t with 4 degrees of freedom has variance 2
        return rng.standard_t(4, size) / sqrt(2) if noise == "t4" else rng.standard_normal(size)

    run, protein, cell = sds
    return mean + run * draw(S, 1) + protein * draw(1, G) + cell * uneven_G * draw(S, G)


def interval(d_SG: Table) -> Interval:
    """The engine's interval of a table that has one."""
    result = two_way(d_SG)
    assert isinstance(result, Interval)
    return result


def judged(rng: np.random.Generator, repeats: int, shape: tuple[int, int],
           sds: tuple[float, float, float], mean: float) -> list[Verdict]:  # fmt: skip
    """The verdicts of so many studies of one contrast each."""
    return [verdicts([interval(table(rng, shape, sds, mean))], DELTA)[0] for _ in range(repeats)]


def share(found: list[Verdict], *words: str) -> float:
    """How many of these verdicts say one of the words."""
    return sum(verdict.word in words for verdict in found) / len(found)


NOISES = {
    "run only": ((0.01, 0.0, 0.002), "normal"),
    "protein only": ((0.0, 0.01, 0.002), "normal"),
    "both": (SDS, "normal"),
    "heteroscedastic": (SDS, "heteroscedastic"),
    "t4 tails": (SDS, "t4"),
}


def equal_arms(repeats: int) -> Iterator[Check]:
    """Row 1: two equal arms are told apart in 5 % of studies, and the interval covers."""
    worst, least = ("", 0.0), ("", 1.0)
    for seed, (name, S, G) in enumerate(product(NOISES, (3, 5, 10), (12, 40))):
        rng = np.random.default_rng([1, seed])
        sds, noise = NOISES[name]
        told = covered = 0
        for _ in range(repeats):
            null = interval(table(rng, (S, G), sds, 0.0, noise))
            told += null.p <= 0.05
            low, high = interval(table(rng, (S, G), sds, 0.02, noise)).ci()
            covered += low <= 0.02 <= high
        setting = f"{name}, S={S}, G={G}"
        worst = max(worst, (setting, told / repeats), key=lambda pair: pair[1])
        least = min(least, (setting, covered / repeats), key=lambda pair: pair[1])
    yield Check("false positives, worst of 30 settings", worst[1], None, 0.065, repeats, worst[0])
    yield Check("coverage, worst of 30 settings", least[1], 0.935, None, repeats, least[0])


def equal_families(repeats: int) -> Iterator[Check]:
    """Row 2: of eight equal arms, a false verdict in 5 % of reports."""
    for S in (3, 5, 10):
        rng = np.random.default_rng([2, S])
        false = 0
        for _ in range(repeats):
            arms = [table(rng, (S, 24), SDS) for _ in range(8)]
            family = verdicts([interval(arm - arms[0]) for arm in arms[1:]], DELTA)
            false += share(family, "better", "worse") > 0
        yield Check(f"family-wise false verdicts, S={S}", false / repeats, None, 0.065, repeats)


def planted(repeats: int) -> Iterator[Check]:
    """Row 3: an effect of +.02 is found, with the right sign."""
    found = judged(np.random.default_rng(3), repeats, (5, 40), SDS, 0.02)
    yield Check("raw power", share(found, "better"), 0.95, None, repeats)
    yield Check("wrong sign", share(found, "worse"), None, 0.0)


def equivalence(repeats: int) -> Iterator[Check]:
    """Row 4: an effect of delta is not called none, and none is."""
    rng = np.random.default_rng(4)
    edge = judged(rng, repeats, (10, 40), SDS, DELTA)
    null = judged(rng, repeats, (10, 40), SDS, 0.0)
    none = "no meaningful effect"
    yield Check(f"effect = delta: {none}", share(edge, none), None, 0.065, repeats)
    yield Check(f"true null, S=10, G=40: {none}", share(null, none), 0.90, None, repeats)


def too_noisy(repeats: int) -> Iterator[Check]:
    """Row 5: three seeds with a paired sd of .02 are inconclusive."""
    found = judged(np.random.default_rng(5), repeats, (3, 40), (0.02, 0.0, 0.002), 0.0)
    yield Check("inconclusive", share(found, "inconclusive"), 0.85, None, repeats)


def not_offered(repeats: int) -> Iterator[Check]:
    """Row 6: the engine has no function of the methods that fail, and how two of them fail."""
    names = set()
    for file in (Path(rpbind.__file__).parent / "analysis").glob("*.py"):
        nodes = ast.walk(ast.parse(file.read_text()))
        names |= {n.name.lower() for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    bad = [n for n in names if any(word in n for word in ("bootstrap", "delong", "iid"))]
    rng = np.random.default_rng(6)
    cells = seeds = 0
    for _ in range(repeats):
        d_SG = table(rng, (5, 40), SDS)
        cells += bool(ttest_1samp(d_SG.ravel(), 0.0).pvalue <= 0.05)
        drawn_B5 = d_SG.mean(axis=1)[rng.integers(0, 5, (500, 5))]
        low, high = np.quantile(drawn_B5.mean(axis=1), (0.025, 0.975))
        seeds += bool(low > 0 or high < 0)
    why = f"they would be wrong in {cells / repeats:.2f} (iid over cells) and "
    why += f"{seeds / repeats:.2f} (bootstrap over 5 seeds) of null worlds"
    yield Check("functions of such a name", len(bad), None, 0.0, None, why)


def one_search(repeats: int) -> Iterator[Check]:
    """Row 10: one search per arm gets no verdict; five, or shared configurations, a fair one."""
    one = _of_units(np.full((1, 40), 0.72), np.full((1, 40), 0.70), shared=False)
    (verdict,) = verdicts([one], DELTA)
    why = why_no_verdict(1, shared=False)
    none = isinstance(one, Unattainable) and verdict.word == "inconclusive" and not verdict.p
    yield Check("one search per arm: refused", float(none and bool(why)), 1.0, None, None, why)
    rng = np.random.default_rng(10)
    wrong = sum(_winners_differ(rng) for _ in range(repeats)) / repeats
    yield Check("(it would be wrong in this share of null worlds)", wrong)
    for what, units, shared in (("5 searches", 5, False), ("20 shared configurations", 20, True)):
        false = 0
        for _ in range(repeats):
            arms = [_tuned_scores(rng, units, shared) for _ in range(2)]
            result = _of_units(*arms, shared=shared)
            assert isinstance(result, Interval)
            false += result.p <= 0.05
        yield Check(f"{what} per arm: false positives", false / repeats, None, 0.065, repeats)


def _of_units(one: Table, other: Table, *, shared: bool) -> Result:
    """What the engine makes of two arms' scores per unit (search or configuration) and cluster."""
    asked = ContrastPlan(name="tuned", arm="one", reference="other")
    units = {
        (arm, number): dict(enumerate(score_G.tolist()))
        for arm, score_UG in (("one", one), ("other", other))
        for number, score_G in enumerate(score_UG)
    }
    return pair_units(asked, units, len(one), shared=shared).result


def _found(rng: np.random.Generator) -> float:
    """The true quality of the winner of a search of 20 configurations."""
    quality_N = rng.normal(0, 0.01, 20)
    return float(quality_N[np.argmax(quality_N + rng.normal(0, 0.01, 20))])


def _winners_differ(rng: np.random.Generator) -> bool:
    """Whether ten retrained seeds call the winners of two equal arms different."""
    one, other = (_found(rng) + rng.normal(0, 0.01, 10) for _ in range(2))
    return bool(ttest_1samp(one - other, 0.0).pvalue <= 0.05)


def _tuned_scores(rng: np.random.Generator, units: int, shared: bool) -> Table:
    """One arm's scores per unit and cluster: of winners, or of configurations that arms share."""
    noise_UG = table(rng, (units, 40), SDS)
    return noise_UG if shared else np.array([[_found(rng)] for _ in range(units)]) + noise_UG


def equal_configurations(repeats: int) -> Iterator[Check]:
    """Row 11: the best of 50 equal configurations looks better than it is; its test does not."""
    rng = np.random.default_rng(11)
    gaps, covered = [], 0
    for _ in range(repeats):
        proteins_1G = rng.normal(0, 0.06, (1, 40))
        validation_N = 0.70 + rng.normal(0, 0.01, 50)
        test_SG = 0.70 + proteins_1G + table(rng, (10, 40), (0.01, 0.0, 0.015))
        again, test = 0.70 + rng.normal(0, 0.01, 10), two_way(test_SG)
        assert isinstance(test, Interval)
        seen = Winner("s", "s", "t", 50, 50, {}, validation_N.max(), again.mean(), test.mean, 10)
        assert seen.optimism is not None
        gaps.append(seen.optimism)
        low, high = test.ci()
        covered += low <= 0.70 <= high
    yield Check("validation optimism that is shown", float(np.mean(gaps)), 0.020, 0.024)
    yield Check("coverage of the test interval", covered / repeats, 0.93, 0.97, repeats)


ROWS: dict[int, tuple[str, Callable[[int], Iterator[Check]]]] = {
    1: ("A/A, S in {3,5,10}, G in {12,40}, five kinds of noise", equal_arms),
    2: ("A/A, 8 arms, Holm", equal_families),
    3: ("planted +.02, S=5, G=40", planted),
    4: ("planted effect = delta; true null", equivalence),
    5: ("true null, S=3, paired sd .02", too_noisy),
    6: ("bootstrap over seeds, iid over cells, DeLong", not_offered),
    10: ("one search per arm", one_search),
    11: ("50 equal configurations", equal_configurations),
}
