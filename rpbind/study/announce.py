"""The summary of a study that is shown before it runs: design, data, price and time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rpbind.auditor.kept import audit_of
from rpbind.baselines.run import BASELINES
from rpbind.design.checks import SCORED, scored_clusters
from rpbind.design.plan_diff import differences
from rpbind.design.price import Price, reach_of_folds
from rpbind.design.runs import at_once
from rpbind.design.source import DataSource
from rpbind.design.timing import timed_here, timed_rows
from rpbind.errors import UserError
from rpbind.ledger import Ledger, Plan
from rpbind.recipe import Recipe
from rpbind.search.search import Sweep
from rpbind.search.winners import has_frozen_winners
from rpbind.split_spec import folds_in
from rpbind.statistics.interim import analysis_number, level_of
from rpbind.statistics.units import why_no_verdict
from rpbind.study.custom import parts_of
from rpbind.study.extend import more_seeds
from rpbind.study.options import RunOptions
from rpbind.wording.audit import short

SHOWN = 4
"""How many differences from an earlier study are listed."""


def price_of(plan: Plan, sweep: Sweep | None) -> Price:
    """Count the runs of a plan; winners of searches count as arms, and a trial per seed.

    Parameters
    ----------
    plan
        The plan of the study.
    sweep
        Its searches, if it has any.

    Returns
    -------
    Price
        Arms, seeds, contrasts and trials.
    """
    trained, frozen = len(plan.arms) + len(plan.controls), has_frozen_winners(plan)
    return Price.of(trained, len(plan.seeds), len(plan.contrasts), sweep, frozen)


def summary(plan: Plan, price: Price, options: RunOptions, folder: Path) -> str:
    """Return the summary: what will run, on which data, where, and what it can detect.

    Parameters
    ----------
    plan
        The plan of the study.
    price
        The numbers of its runs.
    options
        How the study is run.
    folder
        The folder of the study.

    Returns
    -------
    str
        Labelled lines for the terminal.
    """
    lines = [
        f"question  {plan.question}",
        f"data      {plan.dataset}; split {plan.split}; proteins {plan.proteins_note}",
        *([f"          {plan.split_note}"] if plan.split_note else []),
        *_audited(options.source),
        f"design    {plan.design}: {_size_of(plan)}",
        *(f"  {arm.name}: {arm.change}" for arm in plan.arms),
        f"controls  {len(BASELINES)} baselines without a network, and probes of every run",
        *(f"  {arm.name}: {arm.change}; {_seeds(plan)}" for arm in plan.controls),
        *(f"predicted {each.contrast}: {each.expect}" for each in plan.predictions),
        f"claims    confirmatory: {', '.join(plan.confirmatory or ()) or 'none'} (Holm over arms); "
        "all others are exploratory",
    ]
    lines += _own_classes(plan, options.sweep)
    if plan.search is not None:
        lines += _searched(plan.search, len(plan.seeds))
    lines += [
        f"runs      {options.resources.words()}",
        f"study     {folder}",
        f"verdicts  {_reach(price, plan, options)}",
    ]
    if not folder.exists() and (earlier := latest_but(plan, folder)):
        differing = differences(earlier, plan)
        more = f"; and {len(differing) - SHOWN} more" if len(differing) > SHOWN else ""
        listed = "; ".join(differing[:SHOWN]) + more
        lines.append(f"This is a new study. It differs from {earlier.study} in: {listed}.")
        if len(differing) == 1 and {*earlier.seeds} < {*plan.seeds}:
            lines.append(
                f"It would analyse the seeds of {earlier.study} again, without the correction for "
                "analysing twice. To extend the earlier study instead, run its command with "
                f"--add-seeds {more_seeds(earlier, plan)}."
            )
    return "\n".join(lines)


def _audited(source: DataSource) -> Iterator[str]:
    """Yield lines on what the data give away."""
    first, *others = short(audit_of(source.opened.dataset, source.parts))
    yield f"audit     {first}"
    yield from (f"          {line}" for line in others)
    if source.split.folds:
        yield f"          The audit is of the first fold, {source.parts.id}."


def _own_classes(plan: Plan, sweep: Sweep | None) -> list[str]:
    """Return the line on the classes of the user's own, if the study has any."""
    named = [f"{part.reference} (content {part.sha256[:8]})" for part in parts_of(plan, sweep)]
    if not named:
        return []
    return [
        f"own code  {', '.join(named)}: kept in the study, and run by its workers; --narrower does "
        "not divide their options, and the check of memory leaves out what they keep per window"
    ]


def time_of(price: Price, plan: Plan, options: RunOptions, folder: Path) -> str:
    """Return the time of the remaining runs, from finished runs or a few timed batches.

    Parameters
    ----------
    price
        The numbers of runs.
    plan
        The plan of the study.
    options
        How the study is run.
    folder
        The folder of the study.

    Returns
    -------
    str
        A sentence, which says so if the time is unknown.
    """
    resources = options.resources
    known = timed_rows(folder)
    if known is None and (resources.address or resources.gpus):
        return "unknown before the first run, because only this machine's CPU can be timed now"
    arms = [Recipe.model_validate(arm.recipe) for arm in plan.arms]
    searched = list(options.sweep.arms.values()) if options.sweep else []
    one = known or timed_here(arms or searched, options.source, resources.cpus)
    cores = 1 if resources.address else os.cpu_count() or 1
    trained = {arm.name for arm in (*plan.arms, *plan.controls)}
    made = [r for stage in ("ablation", "control") for r in Ledger(folder).rows(stage)]
    made = [r for r in made if r.arm in trained] + Ledger(folder).rows("search")
    return price.time(
        one,
        at_once(cores, resources.workers * resources.cpus),
        sum(row.state == "done" for row in made),
    )


def latest_but(plan: Plan, folder: Path) -> Plan | None:
    """Return the newest other plan of the same experiment in the folder of reports, or None."""
    experiment = plan.study.removesuffix(plan.fingerprint)
    plans = []
    for file in folder.parent.glob("*/plan.json"):
        with contextlib.suppress(UserError):  # an unreadable plan does not count
            plans.append(Ledger(file.parent).plan)
    alike = [p for p in plans if p.study.removesuffix(p.fingerprint) == experiment]
    return max(alike, key=lambda p: p.created, default=None)


def _reach(price: Price, plan: Plan, options: RunOptions) -> str:
    """Return which differences the study can detect; tuned arms are paired by other units."""
    sweep, alpha = options.sweep, level_of(analysis_number(plan))
    dataset, split = options.source.opened.dataset, options.source.parts
    if folds := folds_in(plan.split):
        runs = folds.folds if folds.name else len(plan.seeds)
        return reach_of_folds(runs, folds.folds, len(plan.contrasts), plan.delta, alpha)
    if sweep is None or not sweep.tunes_arms:
        return price.reach(plan.delta, scored_clusters(dataset, split, "test"), alpha)
    if refusal := why_no_verdict(sweep.searches_per_arm, shared=sweep.shared):
        return refusal
    units, paired, part = sweep.searches_per_arm, "searches", SCORED[1]
    if sweep.shared:
        units, paired, part = sweep.total, "configurations", SCORED[0]
    clusters = scored_clusters(dataset, split, part)
    tuned = Price(price.arms, units, len(sweep.contrasts))
    return tuned.reach(plan.delta, clusters, alpha, paired)


def _size_of(plan: Plan) -> str:
    """Return how many runs the arms of the design take."""
    if not plan.arms:
        return "every arm is tuned first, see below"
    arms, contrasts = (
        f"{n} {word}{'' if n == 1 else 's'}"
        for n, word in ((len(plan.arms), "arm"), (len(plan.contrasts), "contrast"))
    )
    return f"{arms} x {_seeds(plan)} = {len(plan.planned)} runs, {contrasts}"


def _seeds(plan: Plan) -> str:
    """Return how often each arm is trained: "5 seeds", or "2 repeats of 5 folds"."""
    folds, n = folds_in(plan.split), len(plan.seeds)
    return folds.repeats(n) if folds else f"{n} seed{'' if n == 1 else 's'}"


def _searched(search: dict[str, Any], seeds: int) -> list[str]:
    """Return lines about the search that comes first, and about the runs of its winners."""
    arms, times = search["arms"], search.get("searches", 1)
    searches = len(arms) * times
    size = f"{search['trials']} trials" + (
        f" in each of {searches} searches" if searches > 1 else ""
    )
    lines = [f"search    {size}, before the comparison: {search['about']}"]
    if points := search.get("configurations"):
        lines.append(f"          {_points(points, search)}")
    extensions = [] if "closed" in search else search.get("extensions", ())
    for past in extensions[-1:]:
        won = ", ".join(each["trial"] for each in past["winners"].values()) or "none"
        lines.append(
            f"          extended from {past['made']} trials (winner at that time: {won}); another "
            "winner is evaluated on test, the same one is not evaluated again"
        )
    if "contrasts" in search:
        lines.append(
            f"          arms: {', '.join(arms)}; then each winner with {seeds} fresh seeds = "
            f"{searches * seeds} runs, {len(search['contrasts'])} contrasts"
        )
    return lines


def _points(size: int, search: dict[str, Any]) -> str:
    """Return how many configurations a finite space has, and what happens to repeats."""
    count = f"the space has {size:,} configuration{'' if size == 1 else 's'}"
    if search["trials"] >= size:
        return f"{count}; a search ends when it has tried all, and trains none twice"
    if search.get("repeats") == "redraw":
        return f"{count}; a configuration that was tried before is replaced by another one"
    return f"{count}; a repeated configuration counts as a trial, but is not trained again"
