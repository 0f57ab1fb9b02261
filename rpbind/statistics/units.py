"""Pairing of tuned arms by unit: a search, or a configuration that all arms share.

With one search per arm there is no verdict: fresh seeds alone give 23-52 % false positives.

Shapes: U units, G protein clusters.
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
"""Fewest independent searches per arm for a verdict."""

Cells = dict[int, float]
"""{protein cluster: AUROC} of one unit."""

Units = Mapping[tuple[str, int], Cells | str]
"""{(arm, unit): its cells, or why it is not complete}."""


@dataclass(frozen=True)
class PairedUnits:
    """The table of one contrast of tuned arms.

    Parameters
    ----------
    contrast
        The contrast.
    units
        Numbers of the U paired units.
    planned
        Number of planned units.
    clusters
        The G protein clusters with an AUROC in all paired units.
    d_UG
        (U, G) AUROC of the arm minus that of the reference.
    missing
        Why other units are not paired.
    shared
        Whether a unit is a shared configuration, and not a search.
    """

    contrast: ContrastPlan
    units: tuple[int, ...]
    planned: int
    clusters: tuple[int, ...]
    d_UG: NDArray[np.float64]
    missing: tuple[str, ...]
    shared: bool

    @property
    def result(self) -> Result:
        """The interval of the table, or why there is none."""
        needed, unit = (2, "configuration") if self.shared else (SEARCHES, "search")
        if self.n >= needed:
            return two_way(self.d_UG)
        mean = float(self.d_UG.mean()) if self.d_UG.size else None
        return Unattainable(
            mean,
            f"the unit is the {unit}: an interval needs {needed} pairs, and {self.n} of "
            f"{self.planned} are complete",
        )

    @property
    def n(self) -> int:
        """The number of paired units."""
        return len(self.units)


def why_no_verdict(count: int, *, shared: bool) -> str:
    """Say why a number of searches per arm is too small for a verdict.

    Parameters
    ----------
    count
        Searches per arm.
    shared
        Whether all arms share the same configurations.

    Returns
    -------
    str
        "" if a verdict is possible.
    """
    if shared or count >= SEARCHES:
        return ""
    return (
        f"No verdict on tuned arms: {count} search{'' if count == 1 else 'es'} per arm. Fresh "
        "seeds of a winner do not show how lucky its search was: in simulations with one search "
        "per arm, 23-52 % of studies of equal arms found a difference. Use "
        f"--searches {SEARCHES} to compare searches, or --shared-configs to compare the arms on "
        "the same configurations."
    )


def pair_units(contrast: ContrastPlan, units: Units, planned: int, *, shared: bool) -> PairedUnits:
    """Pair the arms of a contrast by unit.

    Parameters
    ----------
    contrast
        The contrast.
    units
        The cells of each arm's units.
    planned
        Number of planned units per arm.
    shared
        Whether a unit is a shared configuration, and not a search.

    Returns
    -------
    PairedUnits
        Of the clusters that have an AUROC in all paired units.
    """
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
    """Return the units of a study with tuned arms.

    A unit is complete if all of its planned runs are done. Otherwise it would have the weight of
    the others with fewer seeds.

    Parameters
    ----------
    plan
        The study's plan.
    rows
        Of the winners, on fresh seeds; they are the units unless configurations are shared.
    trials
        Of the trials; they are the units if configurations are shared.

    Returns
    -------
    Units
        AUROC on test of winners, or on validation of shared configurations.
    """
    settings = plan.search or {}
    if settings.get("shared"):
        found, numbers = _grouped(trials, ".s0.trial-"), range(int(settings.get("trials", 0)))
        seeds = int(settings.get("seeds_per_trial", 1))
        return {
            (arm, n): _unit(f"{arm} trial {n}", found[arm, n], seeds, "validation")
            for arm in settings.get("arms", {})
            for n in numbers
        }
    found, numbers = _grouped(rows, ".s"), range(int(settings.get("searches", 1)))
    units: dict[tuple[str, int], Cells | str] = {}
    for arm in settings.get("arms", {}):
        known: dict[str, int] = {}
        for n in numbers:
            mine, name = found[arm, n], f"{arm} search {n}"
            first = known.setdefault(mine[0].recipe_id, n) if mine else n
            units[arm, n] = (
                _unit(name, mine, len(plan.seeds), "test")
                if first == n
                else f"{name} has the same winner as search {first}"
            )
    return units


def collapsed_units(units: Units, rows: Sequence[Row], part: str) -> frozenset[Key]:
    """Return the collapsed units, by the same rule as for runs.

    Parameters
    ----------
    units
        The cells of each arm's units; incomplete units are left out.
    rows
        Of their runs.
    part
        The part that was scored.

    Returns
    -------
    frozenset[Key]
        The (arm, unit) of the collapsed units.
    """
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
