"""What tuned arms are paired by: a search, or a configuration that all arms shared.

With one search per arm a verdict is refused: retraining seeds alone give 23-52 % false positives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rpbind.errors import reason
from rpbind.ledger import ContrastPlan, Plan, Row
from rpbind.statistics.collapse import Key, chance_limit, find_collapsed
from rpbind.statistics.contrast import Result, Unattainable, two_way
from rpbind.statistics.table import cluster_auroc

SEARCHES = 5
"""Independent searches per arm that a verdict needs."""

Cells = dict[int, float]
"""{protein cluster: AUROC} of one unit."""

Units = Mapping[tuple[str, int], Cells | str]
"""The cells of every (arm, unit) that is whole; of the others, why they are not."""


@dataclass(frozen=True)
class PairedUnits:
    """One contrast's table: `d_UG` = AUROC(arm) - AUROC(reference) per unit and cluster."""

    contrast: ContrastPlan
    units: tuple[int, ...]
    planned: int
    clusters: tuple[int, ...]
    d_UG: NDArray[np.float64]
    missing: tuple[str, ...]
    shared: bool

    @property
    def result(self) -> Result:
        """The interval over units and clusters, or why there is none."""
        needed, unit = (2, "configuration") if self.shared else (SEARCHES, "search")
        if self.n >= needed:
            return two_way(self.d_UG)
        mean = float(self.d_UG.mean()) if self.d_UG.size else None
        return Unattainable(
            mean,
            f"the unit is the {unit}, {needed} are needed, and {self.n} of {self.planned} pair",
        )

    @property
    def n(self) -> int:
        """How many units are paired."""
        return len(self.units)


def why_no_verdict(count: int, *, shared: bool) -> str:
    """Say why so many searches per arm carry no verdict; nothing where they do."""
    if shared or count >= SEARCHES:
        return ""
    return (
        f"No verdict on tuned arms: {count} search{'' if count == 1 else 'es'} per arm. How "
        "lucky a search was does not show in fresh seeds of its winner (simulated, one search "
        f"per arm is wrong in 23-52 % of null worlds). --searches {SEARCHES} makes the search "
        "the unit; --shared-configs pairs the arms over the same configurations."
    )


def pair_units(contrast: ContrastPlan, units: Units, planned: int, *, shared: bool) -> PairedUnits:
    """Pair a contrast's arms by unit, over the clusters that have an AUROC in all of them."""
    pairs, missing = {}, []
    for number in range(planned):
        sides = [units.get((arm, number)) for arm in (contrast.arm, contrast.reference)]
        whole = [side for side in sides if isinstance(side, dict)]
        if len(whole) == len(sides):
            pairs[number] = whole
        else:
            missing += [side or "not begun" for side in sides if not isinstance(side, dict)]
    every = [set(cells) for pair in pairs.values() for cells in pair]
    clusters = sorted(set.intersection(*every)) if every else []
    d_UG = [[arm[c] - other[c] for c in clusters] for arm, other in pairs.values()]
    return PairedUnits(
        contrast=contrast,
        units=tuple(pairs),
        planned=planned,
        clusters=tuple(clusters),
        d_UG=np.array(d_UG, dtype=np.float64).reshape(len(pairs), len(clusters)),
        missing=tuple(dict.fromkeys(missing)),
        shared=shared,
    )


def units_of(plan: Plan, rows: Sequence[Row], trials: Sequence[Row]) -> Units:
    """Return a study's units: winners on their fresh seeds (`rows`), or shared configurations.

    A unit is whole where every run that was planned for it is done: one that is half confirmed
    would weigh as much as another, with a fraction of its seeds.
    """
    said = plan.search or {}
    if said.get("shared"):
        found, numbers = _grouped(trials, ".s0.trial-"), range(int(said.get("trials", 0)))
        seeds = int(said.get("seeds_per_trial", 1))
        return {
            (arm, n): _unit(f"{arm} trial {n}", found[arm, n], seeds, "validation")
            for arm in said.get("arms", {})
            for n in numbers
        }
    found, numbers = _grouped(rows, ".s"), range(int(said.get("searches", 1)))
    units: dict[tuple[str, int], Cells | str] = {}
    for arm in said.get("arms", {}):
        known: dict[str, int] = {}
        for n in numbers:
            mine, name = found[arm, n], f"{arm} search {n}"
            first = known.setdefault(mine[0].recipe_id, n) if mine else n
            units[arm, n] = (
                _unit(name, mine, len(plan.seeds), "test")
                if first == n
                else f"{name} has the winner of search {first}: its runs are those again"
            )
    return units


def collapsed_units(units: Units, rows: Sequence[Row], part: str) -> frozenset[Key]:
    """Return which whole units collapsed: their AUROC on a part is judged as that of runs."""
    score = {
        key: float(np.mean(list(cells.values())))
        for key, cells in units.items()
        if isinstance(cells, dict) and cells
    }
    return find_collapsed(score, chance_limit((row for row in rows if row.state == "done"), part))


def _grouped(rows: Sequence[Row], mark: str) -> dict[tuple[str, int], list[Row]]:
    grouped: dict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in rows:
        arm, found, number = row.arm.rpartition(mark)
        if found and number.isdigit():
            grouped[arm, int(number)].append(row)
    return grouped


def _unit(name: str, rows: Sequence[Row], seeds: int, part: str) -> Cells | str:
    done = [row for row in rows if row.state == "done"]
    lost = [row for row in rows if row.state != "done"]
    if len(done) < seeds or lost:
        bad = [f"; seed {row.seed} {row.state} ({reason(row.error)})" for row in lost]
        return f"{name}: {len(done)} of {seeds} runs done{''.join(bad).replace(' ()', '')}"
    return _cells(done, part) or f"{name} has no per-protein AUROC"


def _cells(rows: Sequence[Row], part: str) -> Cells:
    scores = [cluster_auroc(row, part) for row in rows]
    clusters = sorted(set.intersection(*map(set, scores)))
    return {cluster: float(np.mean([each[cluster] for each in scores])) for cluster in clusters}
