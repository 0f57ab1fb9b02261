"""What differs between the plans of several studies, and between their recipes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rpbind.analysis.record import SHARED_PROVENANCE
from rpbind.ledger import ArmPlan, OwnPlan
from rpbind.ledger.records import PROVENANCE_TERMS
from rpbind.recipe import flat
from rpbind.several.side import Side
from rpbind.wording.words import ABSENT, number, plural, recipe_value

IN_PLAN = ("dataset", "split", "bank", "code")
"""Keys of provenance that the plan has, too."""
SHOWN = 12
"""Letters of a hash that are shown."""


@dataclass(frozen=True)
class PlanRow:
    """One property of the plans.

    Parameters
    ----------
    what
        Its name.
    values
        Its value in each study, as text.
    """

    what: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether it is not the same in all studies."""
        return len(set(self.values)) > 1


PLANS: dict[str, Callable[[Side], str]] = {
    "question": lambda side: side.summary.plan.question,
    "dataset": lambda side: side.summary.plan.dataset,
    "split": lambda side: side.summary.plan.split,
    "protein vectors": lambda side: side.summary.plan.proteins_note,
    "design": lambda side: side.summary.plan.design,
    "arms": lambda side: str(len(side.summary.plan.arms)),
    "contrasts": lambda side: str(len(side.summary.judged)),
    "seeds": lambda side: seeds(side.summary.plan.seeds),
    "delta": lambda side: number(side.summary.plan.delta),
    "search": lambda side: _search(side.summary.plan.search or {}),
    "own metrics": lambda side: _own(side.summary.plan.metrics),
    "own controls": lambda side: _own(side.summary.plan.own_controls),
    "interim analyses": lambda side: str(len(side.summary.plan.looks)),
    "smoke run": lambda side: "yes" if side.summary.plan.smoke else "no",
    "code": lambda side: side.summary.plan.code[:SHOWN],
}
"""{property of a plan: its value as text}; add a line to add a row to the table."""


def plan_rows(sides: Sequence[Side]) -> list[PlanRow]:
    """Return the properties of plans and of what the runs recorded, those that differ first.

    Parameters
    ----------
    sides
        The studies.

    Returns
    -------
    list of PlanRow
        A row for each property that some study has.
    """
    rows = [PlanRow(what, tuple(of(s) or ABSENT for s in sides)) for what, of in PLANS.items()]
    rows += list(_modules(sides))
    for key in SHARED_PROVENANCE:
        if key not in IN_PLAN:
            recorded = (side.summary.provenance.get(key, {}) for side in sides)
            values = tuple(", ".join(sorted(each)) or ABSENT for each in recorded)
            rows.append(PlanRow(PROVENANCE_TERMS.get(key, key), values))
    known = [row for row in rows if set(row.values) != {ABSENT}]
    return sorted(known, key=lambda row: not row.differs)


def _modules(sides: Sequence[Side]) -> Iterator[PlanRow]:
    """Yield the modules whose code is not the same in all studies, by the first one."""
    first = sides[0].summary.plan.code_modules
    changed = []
    for side in sides:
        mine = side.summary.plan.code_modules
        names = [name for name in {*first, *mine} if first.get(name) != mine.get(name)]
        changed.append(", ".join(f"rpbind.{name}" for name in sorted(names)))
    if any(changed) and all(side.summary.plan.code_modules for side in sides):
        yield PlanRow("code that differs from 1", tuple(each or ABSENT for each in changed))


@dataclass(frozen=True)
class RecipeRow:
    """A hyperparameter of an arm whose recipe is not the same in all studies that have the arm.

    Parameters
    ----------
    arm
        Name of the arm.
    path
        Dotted path of the hyperparameter.
    values
        Its value in each study, as text.
    """

    arm: str
    path: str
    values: tuple[str, ...]


def recipe_rows(sides: Sequence[Side]) -> list[RecipeRow]:
    """Return the hyperparameters in which arms of one name differ between studies.

    Parameters
    ----------
    sides
        The studies.

    Returns
    -------
    list of RecipeRow
        By arm, in the order of the first plan that has it.
    """
    rows = []
    for name, arms in arms_by_name(sides).items():
        if len({arm.recipe_id for arm in arms if arm}) < 2:
            continue
        flats: list[dict[str, Any] | None] = [flat(arm.recipe) if arm else None for arm in arms]
        paths = dict.fromkeys(path for each in flats if each for path in each)
        for path in paths:
            found = [each.get(path) for each in flats if each is not None]
            if any(value != found[0] for value in found):
                shown = (recipe_value(each.get(path)) if each else ABSENT for each in flats)
                rows.append(RecipeRow(name, path, tuple(shown)))
    return rows


def arms_by_name(sides: Sequence[Side]) -> dict[str, list[ArmPlan | None]]:
    """Return the arms of several studies by their name.

    Parameters
    ----------
    sides
        The studies.

    Returns
    -------
    dict
        {name: the arm in each study, or None}; names that several studies have are the first.
    """
    plans = [{arm.name: arm for arm in side.summary.plan.arms} for side in sides]
    names = dict.fromkeys(name for each in plans for name in each)
    found = {name: [each.get(name) for each in plans] for name in names}
    return dict(sorted(found.items(), key=lambda pair: pair[1].count(None)))


def seeds(given: Sequence[int]) -> str:
    """Return seeds as text: "0 to 4", or "1, 7, 12"."""
    whole = len(given) > 2 and tuple(given) == tuple(range(given[0], given[0] + len(given)))
    shown = f"{given[0]} to {given[-1]}" if whole else ", ".join(map(str, given))
    return f"{shown} ({len(given)})" if len(given) > 2 else shown


def _own(plans: Sequence[OwnPlan]) -> str:
    return ", ".join(f"{own.reference} ({own.sha256[:8]})" for own in plans)


def _search(search: dict[str, Any]) -> str:
    if not search:
        return ""
    trials = int(search.get("trials", 0))
    paths = ", ".join(str(each.get("path")) for each in search.get("dimensions", ()))
    how = ", ".join(str(search[key]) for key in ("sampler", "scheduler") if key in search)
    return f"{trials} {plural('trial', trials)} over {paths} ({how})"
