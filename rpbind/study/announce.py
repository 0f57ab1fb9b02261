"""What a page says before anything is spent: what it would run, for what, and for how long."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from rpbind.baselines.run import BASELINES
from rpbind.design.checks import SCORED, scored_clusters
from rpbind.design.plan_diff import changes
from rpbind.design.price import Price
from rpbind.design.timing import timed_here, timed_rows
from rpbind.errors import UserError
from rpbind.ledger import Ledger, Plan
from rpbind.recipe import Recipe
from rpbind.search.search import Sweep
from rpbind.search.winners import has_frozen_winners
from rpbind.statistics.interim import analysis_number, level_of
from rpbind.statistics.units import why_no_verdict
from rpbind.study.options import RunOptions

SHOWN = 4
"""Differences from an earlier study that are named; one with more has little to do with it."""


def price_of(plan: Plan, sweep: Sweep | None) -> Price:
    """Count what a plan runs: winners of searches are arms too, seeds of trials runs."""
    trained = len(plan.arms) + len(plan.controls)
    if sweep is None:
        return Price(trained, len(plan.seeds), len(plan.contrasts))
    lanes = len(sweep.searches)
    winners = 0 if has_frozen_winners(plan) else lanes
    trials = lanes * sweep.max_trained * sweep.config.seeds_per_trial
    return Price(trained + winners, len(plan.seeds), len(plan.contrasts), trials)


def summary(plan: Plan, price: Price, conditions: RunOptions, folder: Path) -> str:
    """Say what will be run, where, and which verdicts that can reach."""
    lines = [
        f"question  {plan.question}",
        f"data      {plan.dataset}; split {plan.split}; proteins {plan.proteins_note}",
        *([f"          {plan.split_note}"] if plan.split_note else []),
        f"design    {plan.design}: {len(plan.arms)} arms x {len(plan.seeds)} seeds = "
        f"{len(plan.planned)} runs, {len(plan.contrasts)} contrasts",
        *(f"  {arm.name}: {arm.change}" for arm in plan.arms),
        f"controls  {len(BASELINES)} baselines without a network, probes of every run",
        *(f"  {arm.name}: {arm.change}, x {len(plan.seeds)} seeds" for arm in plan.controls),
        f"claims    to confirm: {', '.join(plan.confirmatory or ()) or 'none'} (Holm over arms); "
        "all others are exploratory",
    ]
    if plan.search is not None:
        lines += _searched(plan.search, len(plan.seeds))
    lines += [
        f"runs      {conditions.where.words()}",
        f"study     {folder}",
        f"verdicts  {_reach(price, plan, conditions)}",
    ]
    if not folder.exists() and (earlier := latest_but(plan, folder)):
        differing = changes(earlier, plan)
        more = f"; and {len(differing) - SHOWN} more" if len(differing) > SHOWN else ""
        told = "; ".join(differing[:SHOWN]) + more
        lines.append(f"A new study: it differs from {earlier.study} in {told}.")
        if len(differing) == 1 and {*earlier.seeds} < {*plan.seeds}:
            lines.append(
                f"It looks at the seeds of {earlier.study} again, and does not count that as a "
                "second look: to add seeds to what was judged, run the earlier command with "
                f"--add-seeds {len(plan.seeds) - len(earlier.seeds)}."
            )
    return "\n".join(lines)


def time_of(price: Price, plan: Plan, conditions: RunOptions, folder: Path) -> str:
    """Say how long the runs will take, from those that are done or a few batches timed here."""
    where = conditions.where
    known = timed_rows(folder)
    if known is None and (where.address or where.gpus):
        return "not known before the first run: only this machine's CPU can be timed beforehand"
    arms = [Recipe.model_validate(arm.recipe) for arm in plan.arms]
    searched = list(conditions.sweep.arms.values()) if conditions.sweep else []
    one = known or timed_here(arms or searched, conditions.source, where.cpus)
    side_by_side = 1 if where.address else (os.cpu_count() or 1) // (where.workers * where.cpus)
    trained = {arm.name for arm in (*plan.arms, *plan.controls)}
    made = [r for stage in ("ablation", "control") for r in Ledger(folder).rows(stage)]
    made = [r for r in made if r.arm in trained] + Ledger(folder).rows("search")
    return price.time(one, max(side_by_side, 1), sum(row.state == "done" for row in made))


def latest_but(plan: Plan, folder: Path) -> Plan | None:
    """Return the newest other plan of this page beside a folder; unreadable ones do not count."""
    page = plan.study.removesuffix(plan.fingerprint)
    plans = []
    for file in folder.parent.glob("*/plan.json"):
        with contextlib.suppress(UserError):
            plans.append(Ledger(file.parent).plan)
    alike = [p for p in plans if p.study.removesuffix(p.fingerprint) == page]
    return max(alike, key=lambda p: p.created, default=None)


def _reach(price: Price, plan: Plan, conditions: RunOptions) -> str:
    """Say which verdicts can be reached; of tuned arms, by what pairs them."""
    sweep, alpha = conditions.sweep, level_of(analysis_number(plan))
    dataset, split = conditions.source.opened.dataset, conditions.source.parts
    if sweep is None or not sweep.tunes_arms:
        return price.reach(plan.delta, scored_clusters(dataset, split, "test"), alpha)
    if refusal := why_no_verdict(sweep.searches_per_arm, shared=sweep.shared):
        return refusal
    units, paired, part = sweep.searches_per_arm, "searches", SCORED[1]
    if sweep.shared:
        units, paired, part = sweep.total, "configurations", SCORED[0]
    clusters = scored_clusters(dataset, split, part)
    reached = Price(price.arms, units, len(sweep.contrasts)).reach(plan.delta, clusters, alpha)
    return f"paired by {paired}, {units} of them in place of seeds: {reached}"


def _searched(search: dict[str, Any], seeds: int) -> list[str]:
    """Say what is searched first, and what confirms its winners."""
    arms, times = search["arms"], search.get("searches", 1)
    lanes = len(arms) * times
    told = f"{search['trials']} trials" + (f" in each of {lanes} searches" if lanes > 1 else "")
    lines = [f"search    {told} first: {search['about']}"]
    if size := search.get("configurations"):
        lines.append(f"          {_points(size, search)}")
    going_on = [] if "closed" in search else search.get("extensions", ())
    for past in going_on[-1:]:
        won = ", ".join(each["trial"] for each in past["winners"].values()) or "none"
        lines.append(
            f"          extended from {past['made']} trials (the winner then: {won}); a new "
            "winner is run on test anew, and the same one is not"
        )
    if "contrasts" in search:
        lines.append(
            f"          arms {', '.join(arms)}; then each winner on {seeds} fresh seeds = "
            f"{lanes * seeds} runs, {len(search['contrasts'])} contrasts"
        )
    return lines


def _points(size: int, search: dict[str, Any]) -> str:
    """Say how many configurations a finite space has, and what that means for the trials."""
    told = f"the space has {size:,} configuration{'' if size == 1 else 's'}"
    if search["trials"] >= size:
        return f"{told}: a search ends when all are tried, and trains none twice"
    if search.get("repeats") == "redraw":
        return f"{told}; one that was tried before is drawn again, as another"
    return f"{told}; one that is drawn again counts as a trial, and is not trained again"
