"""What to do next after a study: the one most useful command, why, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rpbind.analysis.summary import Summary
from rpbind.split_spec import folds_in
from rpbind.statistics.contrast import FEWEST_DF, Interval
from rpbind.statistics.trend import STILL_IMPROVING
from rpbind.statistics.verdict import FEW_CLUSTERS, SCREENING_SEEDS
from rpbind.wording import alerts, commands, words

CLAIM_SEEDS = 5
"""Seeds for more than a screening."""
FIRM_SEEDS = 10
"""Seeds for a claim."""
MOST_SEEDS = 30
"""Nobody is advised to train every arm with more seeds than this."""
LATE = 2 / 3
"""A best trial after this share of the trials says that more of them may find a better one."""
UNSEEN = "cold-protein"


@dataclass(frozen=True)
class Step:
    """What to do next.

    Parameters
    ----------
    why
        What it is for.
    command
        The command; "" if none does it, because the study was made from Python.
    cost
        What it costs; "" if nothing is trained.
    """

    why: str
    command: str = ""
    cost: str = ""


def next_step(summary: Summary) -> Step:
    """Return the one most useful step after a study.

    Parameters
    ----------
    summary
        The study.

    Returns
    -------
    Step
        In this order: what is missing, the real study after a smoke run, longer training if most
        runs were still improving, seeds that decide open contrasts, seeds for more than a
        screening, a larger search, other proteins.
    """
    return next(_steps(summary))


def _steps(summary: Summary) -> Iterator[Step]:
    command = "" if summary.plan.scripted else commands.again(summary.plan.command)
    if summary.interim:
        why = "Wait until the study ends; this page is written again as runs end"
        yield Step(why, "", cost(summary, len(summary.failures)))
    missing = alerts.alerts(summary)
    if missing:
        runs = cost(summary, len(summary.failures))
        yield Step(missing[0].advice.rstrip("."), missing[0].command, runs)
    if summary.plan.smoke:
        full = _renamed(commands.changed(command, {"--smoke": None}), "full")
        yield Step("Run the real study; the smoke run only shows that everything works", full)
    yield from _epochs(summary, command)
    yield from _seeds(summary, command)
    if summary.search and not summary.contrasts:
        yield from _trials(summary, command)
    yield from _unseen(summary, command)
    if summary.contrasts and all(c.verdict.word == "inconclusive" for c in summary.contrasts):
        yield Step(
            f"Nothing is decided, and more than {MOST_SEEDS} seeds would be needed: compare larger "
            "changes, or use more windows and proteins"
        )
    yield Step(
        "Nothing is left open on these proteins. The models are in the folder runs/ of the study: "
        "rpbind predict STUDY/runs/RUN WINDOWS --out scores.csv"
    )


def _epochs(summary: Summary, command: str) -> Iterator[Step]:
    """Yield the same study with longer training, if most runs were still improving."""
    improving = sum(f.runs for f in summary.findings if f.finding.name == STILL_IMPROVING.name)
    recipes = [arm.plan.recipe for arm in summary.arms]
    trials = sum(len(search.trials) for search in summary.tuned.searches) if summary.tuned else 0
    if 2 * improving < summary.planned + trials or not recipes or commands.is_from_file(command):
        return
    epochs = 2 * max(int(recipe["train"]["epochs"]) for recipe in recipes)
    longer = _renamed(commands.changed(command, {"--epochs": str(epochs)}), f"{epochs}-epochs")
    yield Step(
        f"Train longer, for {epochs} epochs: {improving} runs were still improving, and an arm "
        "that learns slowly looks worse than it is"
        + ("" if command else f" (the same call, epochs={epochs})"),
        longer,
        cost(summary, _all_runs(summary) + trials, times=2),
    )


def _all_runs(summary: Summary) -> int:
    return summary.planned + len(summary.plan.controls) * len(summary.plan.seeds)


def _seeds(summary: Summary, command: str) -> Iterator[Step]:
    """Yield the step that adds seeds: to decide contrasts, or for more than a screening."""
    have = len(summary.plan.seeds)
    if folds_in(summary.plan.split) or not (summary.contrasts or summary.controls.claims):
        return
    if summary.plan.search and not summary.contrasts:
        return
    still = [c for c in summary.contrasts if c.verdict.word == "inconclusive"]
    few = [c for c in still if c.verdict.needs and c.verdict.needs.has_few_df
           and isinstance(c.result, Interval) and c.result.seeds <= FEWEST_DF]  # fmt: skip
    if few:
        yield _with_seeds(summary, command, CLAIM_SEEDS - have, "so few seeds cannot decide it")
    wanted = sorted(
        c.verdict.needs.seeds for c in still if c.verdict.needs and c.verdict.needs.seeds
    )
    enough = [seeds for seeds in wanted if have < seeds <= MOST_SEEDS]
    if enough:
        why = f"{words.plural('contrast', len(enough))} would be decided by {enough[-1]} seeds"
        yield _with_seeds(summary, command, enough[-1] - have, f"{len(enough)} undecided {why}")
    if len(still) == len(summary.contrasts) > 0 and SCREENING_SEEDS < have < FIRM_SEEDS:
        why = f"nothing is decided, and {FIRM_SEEDS} seeds show smaller differences"
        yield _with_seeds(summary, command, FIRM_SEEDS - have, why)
    if have <= SCREENING_SEEDS:
        why = f"{have} {words.plural('seed', have)} are a screening"
        yield _with_seeds(summary, command, CLAIM_SEEDS - have, why)


def _with_seeds(summary: Summary, command: str, more: int, why: str) -> Step:
    more = max(more, 1)
    trained = len(summary.arms) + len(summary.plan.controls)
    unit = words.plural("seed", more)
    return Step(
        f"Add {more} {unit}: {why}" + ("" if command else f" (the same call, add_seeds={more})"),
        commands.changed(command, {"--add-seeds": str(more)}),
        cost(summary, more * trained),
    )


def _trials(summary: Summary, command: str) -> Iterator[Step]:
    """Yield a search of twice the trials, where it may find more."""
    search = summary.search
    if search is None or search.best is None or commands.is_from_file(command):
        return
    names = [trial.name for trial in search.distinct]
    late = search.best.name in names and names.index(search.best.name) >= LATE * len(names)
    noise = bool(summary.importances) and not any(each.above for each in summary.importances)
    planned = int((summary.plan.search or {}).get("trials", len(search.trials)))
    if not (late or noise) or summary.plan.search is None:
        return
    why = "the best trial came late" if late else "no importance is above its noise floor"
    yield Step(
        f"Search on with {planned} more trials: {why}"
        + ("" if command else f" (the same call, trials={2 * planned})"),
        commands.changed(command, {"--trials": str(2 * planned)}),
        cost(summary, planned),
    )


def _unseen(summary: Summary, command: str) -> Iterator[Step]:
    """Yield the same study on proteins that training does not see, if there are enough."""
    seen = summary.plan.split.startswith("cold-rna")
    averages = summary.averages
    if not seen or averages is None or averages.clusters < FEW_CLUSTERS:
        return
    judged = summary.contrasts
    if commands.is_from_file(command) or (
        judged and all(c.verdict.word == "inconclusive" for c in judged)
    ):
        return  # there is nothing that could hold
    other = _renamed(commands.changed(command, {"--split": UNSEEN}), UNSEEN)
    why = "Does it hold for proteins that training does not see? The same study on another split"
    python = "" if command else f' (the same call, split="{UNSEEN}")'
    yield Step(why + python, other, cost(summary, _all_runs(summary)))


def _renamed(command: str, suffix: str) -> str:
    """Return the command of another study, which must have a name of its own if it has one."""
    name = commands.value_of(command, "--name") if command else None
    return commands.changed(command, {"--name": f"{name}-{suffix}"}) if name else command


def cost(summary: Summary, runs: int, times: int = 1) -> str:
    """Return what more runs cost, from the time of those that ended: "10 runs, about 12 min".

    Each of them takes `times` as long.
    """
    if not runs:
        return ""
    counted = f"{runs:,} {words.plural('run', runs)}"
    counted += f", each {times} times as long" if times > 1 else ""
    spent = summary.cost
    if not spent.runs or not spent.training:
        return counted
    seconds = (spent.slot_seconds or spent.training) / spent.runs * runs * times
    return f"{counted}, about {duration(seconds)} one after another"


def duration(seconds: float) -> str:
    """Return a duration in its largest unit: "40 s", "12 min", "3.5 h"."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    hours = seconds / 3600
    return f"{hours:.1f} h" if hours < 10 else f"{round(hours):,} h"
