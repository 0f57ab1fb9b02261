"""From a search's rows to the arms that are confirmed: the best of each search, frozen."""

from __future__ import annotations

from pathlib import Path

from rpbind.analysis.winners import SEARCH, TUNED
from rpbind.design.design import arm
from rpbind.errors import UserError
from rpbind.ledger import ArmPlan, Plan, Row, write_atomic
from rpbind.ledger.trials import OBJECTIVES, repeats_of, search_of, trials_of
from rpbind.recipe import Recipe
from rpbind.recipe.files import as_toml
from rpbind.search.search import Search, Sweep


def with_winners(plan: Plan, sweep: Sweep, rows: list[Row]) -> Plan:
    """Return the plan with the best recipe of every search as an arm, run on fresh seeds.

    From then on the searches are closed: what test is read for no longer moves. No contrast of the
    plan judges these arms: one search cannot carry a verdict (simulated, it is wrong in 23-52 % of
    null worlds), and what several can is computed from the plan's `search`. Where no trial of a
    search is whole there is no arm, and the report shows the failures.

    Raises `UserError` where tuned arms were not given equally many trials.
    """
    assert plan.search is not None
    _equal(sweep, rows)
    arms, won = [], {}
    for search in sweep.searches:
        found = _best(search, sweep, rows)
        if found is not None:
            planned, won[search.name] = found
            arms.append(planned)
    closed = plan.search | {"winners": won, "closed": True}
    return plan.model_copy(update={"arms": (*plan.arms, *arms), "search": closed})


def winner_files(plan: Plan, folder: Path) -> dict[str, Path]:
    """Return {search: the file that its winner is to have}, a recipe."""
    won = (plan.search or {}).get("winners", {})
    return {
        name: folder / ("winner.toml" if name == SEARCH else f"winner-{name}.toml") for name in won
    }


def write_winners(plan: Plan, folder: Path) -> None:
    """Write the winner of every closed search as a recipe's file."""
    search = plan.search or {}
    arms = {planned.name: planned for planned in plan.arms}
    for name, file in winner_files(plan, folder).items():
        won = search["winners"][name]
        planned = arms[won["arm"]]
        objective = OBJECTIVES[search["objectives"][0]]
        head = (
            f"# {plan.study}: {planned.change}\n# {objective.words} {won['value']:.6g}; "
            f"{plan.dataset}, split {plan.split}\n\n"
        )
        write_atomic(file, (head + as_toml(Recipe.model_validate(planned.recipe))).encode())


def has_frozen_winners(plan: Plan) -> bool:
    """Whether a study's winners are named: its searches are closed."""
    return plan.search is not None and "closed" in plan.search


def _best(
    search: Search, sweep: Sweep, rows: list[Row]
) -> tuple[ArmPlan, dict[str, object]] | None:
    sign = 1 if sweep.config.first.mode == "max" else -1
    trials = {
        name: seeds for name, seeds in trials_of(rows).items() if search_of(name) == search.name
    }
    values = {name: sweep.config.values(seeds) for name, seeds in trials.items()}
    whole = {name: found[0] for name, found in values.items() if found is not None}
    if not whole:
        return None
    # the first of equals
    best = min(whole, key=lambda name: (-sign * whole[name], name))
    recipe = Recipe.from_record(trials[best][0].recipe, best)
    count = len(whole.keys() - repeats_of(trials).keys())
    words = f"best of {count} whole trials of one search on validation ({best})"
    name = search.name if sweep.tunes_arms else TUNED
    return arm(name, recipe, words), {"arm": name, "trial": best, "value": whole[best]}


def _equal(sweep: Sweep, rows: list[Row]) -> None:
    """Refuse to name winners of tuned arms that were not given as many trials as was planned."""
    if not sweep.tunes_arms:
        return
    counts = {search.name: _made(search, sweep, rows) for search in sweep.searches}
    if uneven := {name: n for name, n in counts.items() if n != sweep.total}:
        told = ", ".join(f"{name} {n}" for name, n in uneven.items())
        raise UserError(
            f"Every search was to make {sweep.total} trials, and the ledger has other numbers: "
            f"{told}. Arms that were not tuned alike cannot be compared: remove the study's folder."
        )


def _made(search: Search, sweep: Sweep, rows: list[Row]) -> int:
    """Return how many trials a search has made; one that has tried all configurations made all."""
    trials = trials_of([row for row in rows if search_of(row.arm) == search.name])
    repeats = repeats_of(trials)
    different = len(trials) - len(repeats)
    if sweep.size is not None and different >= sweep.size:
        return sweep.total
    return different if sweep.config.repeats == "redraw" else len(trials)
