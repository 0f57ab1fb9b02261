"""Winners: the best configuration of each search becomes an arm of the study."""

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
    """Add the winner of every search to the plan as an arm, which is trained on fresh seeds.

    After this, the set of configurations evaluated on the test part cannot change. The plan gets no
    contrast of these arms: one search carries no verdict (in simulated null worlds it is wrong in
    23-52 %), and the analysis compares several searches by the plan's `search`. A search without a
    whole trial adds no arm; the report shows its failures.

    Parameters
    ----------
    plan
        Plan of the study.
    sweep
        Its searches.
    rows
        The ledger's rows of all trials.

    Returns
    -------
    The plan with the winners; its searches are closed.

    Raises
    ------
    UserError
        If the searches of tuned arms did not make equally many trials.
    """
    assert plan.search is not None
    _check_equal_budgets(sweep, rows)
    arms, won = [], {}
    for search in sweep.searches:
        found = _best(search, sweep, rows)
        if found is not None:
            planned, won[search.name] = found
            arms.append(planned)
    closed = plan.search | {"winners": won, "closed": True}
    return plan.model_copy(update={"arms": (*plan.arms, *arms), "search": closed})


def winner_files(plan: Plan, folder: Path) -> dict[str, Path]:
    """Name the recipe files of all winners.

    Parameters
    ----------
    plan
        Plan of the study.
    folder
        The study's folder.

    Returns
    -------
    {name of a search: file of its winner}; it is empty while the searches are open.
    """
    won = (plan.search or {}).get("winners", {})
    return {
        name: folder / ("winner.toml" if name == SEARCH else f"winner-{name}.toml") for name in won
    }


def write_winners(plan: Plan, folder: Path) -> None:
    """Write the winner of every closed search to a recipe file.

    Parameters
    ----------
    plan
        Plan of the study.
    folder
        The study's folder.
    """
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
    """Whether a study's searches are closed.

    Parameters
    ----------
    plan
        Plan of the study.

    Returns
    -------
    True once the plan has the winners.
    """
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
    # of equal values, the first trial
    best = min(whole, key=lambda name: (-sign * whole[name], name))
    recipe = Recipe.from_record(trials[best][0].recipe, best)
    count = len(whole.keys() - repeats_of(trials).keys())
    words = f"best of {count} whole trials of one search on validation ({best})"
    name = search.name if sweep.tunes_arms else TUNED
    return arm(name, recipe, words), {"arm": name, "trial": best, "value": whole[best]}


def _check_equal_budgets(sweep: Sweep, rows: list[Row]) -> None:
    """Refuse searches of tuned arms that did not make the planned number of trials."""
    if not sweep.tunes_arms:
        return
    counts = {search.name: _trials_made(search, sweep, rows) for search in sweep.searches}
    if uneven := {name: n for name, n in counts.items() if n != sweep.total}:
        found = ", ".join(f"{name} {n}" for name, n in uneven.items())
        raise UserError(
            f"Every search must make {sweep.total} trials, but the ledger has other numbers: "
            f"{found}. Arms with unequal budgets cannot be compared: remove the study's folder."
        )


def _trials_made(search: Search, sweep: Sweep, rows: list[Row]) -> int:
    """Count a search's trials; if it has tried all configurations, it has made all of them."""
    trials = trials_of([row for row in rows if search_of(row.arm) == search.name])
    repeats = repeats_of(trials)
    different = len(trials) - len(repeats)
    if sweep.size is not None and different >= sweep.size:
        return sweep.total
    return different if sweep.config.repeats == "redraw" else len(trials)
