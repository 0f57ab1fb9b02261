"""The figures of a study's page: which of them there is something to draw for."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from rpbind.analysis.summary import Summary
from rpbind.figures import arms, crossed, curves, describe, describe_scored, scored, walk
from rpbind.figures.embed import fragment, toggles
from rpbind.search_figures import contour, parallel, rated, scales, searching
from rpbind.search_figures import describe as describe_search

NAMES = (
    "forest",
    "crossed",
    "runs",
    "controls",
    "proteins",
    "map",
    "learning",
    "calibration",
    "roc",
    "pr",
    "scored_arms",
    "search",
    "slices",
    "parallel",
    "contour",
    "importance",
    "front",
    "best_of",
)
"""Every figure of the page, and the choice of the arms of three of them."""


def draw(summary: Summary) -> dict[str, Any]:
    """Return every figure of the page as an HTML fragment; None if there is nothing to draw.

    `walks` is a list with a figure for each direction of a path.
    """
    drawn: dict[str, Any] = dict.fromkeys(NAMES) | {"walks": _walks(summary)}
    return drawn | _compared(summary) | _arms(summary) | _searched(summary)


def _walks(summary: Summary) -> list[Markup]:
    found = walk.walks(summary.plan.design, summary.contrasts, summary.arms)
    return [
        fragment(walk.figure(steps), f"walk-{place}", walk.describe(steps))
        for place, steps in enumerate(found, start=1)
        if any(step.after is not None for step in steps)
    ]


def _compared(summary: Summary) -> dict[str, Markup | None]:
    """Draw the contrasts and their proteins."""
    place = {arm.plan.name: i for i, arm in enumerate(summary.arms)}
    contrasts, clusters = summary.contrasts, summary.clusters
    drawn: dict[str, Markup | None] = {}
    if any(c.verdict.mean is not None for c in contrasts):
        delta = summary.plan.delta
        drawn["forest"] = fragment(
            arms.forest(contrasts, delta), "forest", describe.forest(contrasts, delta)
        )
    if summary.factorial and crossed.cells(summary.factorial, contrasts):
        drawn["crossed"] = fragment(
            crossed.figure(summary.factorial, contrasts),
            "crossed",
            crossed.describe(summary.factorial, contrasts),
        )
    if any(c.paired.by_cluster for c in contrasts):
        drawn["proteins"] = fragment(
            arms.protein_spread(contrasts, place),
            "proteins",
            describe.protein_spread(contrasts, clusters),
        )
        drawn["map"] = fragment(
            arms.protein_map(contrasts, clusters), "map", describe.protein_map(contrasts)
        )
    return drawn


def _arms(summary: Summary) -> dict[str, Markup | None]:
    """Draw the arms by themselves: runs, controls and learning curves."""
    every, seeds, controls = summary.arms, summary.plan.seeds, summary.controls
    drawn: dict[str, Markup | None] = {}
    if any(arm.macro for arm in every):
        drawn["runs"] = fragment(arms.runs(every, seeds), "runs", describe.runs(every, seeds))
    if any(b.macro is not None for b in controls.baselines):
        drawn["controls"] = fragment(
            arms.controls(controls, every), "controls", describe.controls(controls, every)
        )
    if any(map(curves.has_curve, every)):
        drawn["learning"] = fragment(
            curves.learning(every), "learning", curves.describe(every), curves.groups(every)
        )
    return drawn | _scored(summary)


def _scored(summary: Summary) -> dict[str, Markup | None]:
    """Draw calibration, ROC and precision-recall, if a run recorded them."""
    every = summary.arms
    if not scored.offered(every):
        return {}
    figure = scored.calibration(every)
    drawn: dict[str, Markup | None] = {
        "calibration": fragment(figure, "calibration", describe_scored.calibration(every))
    }
    for curve in (scored.ROC, scored.PR):
        figure = scored.figure(every, curve)
        if figure.data:  # without bound or unbound windows there is no curve
            drawn[curve.key] = fragment(figure, curve.key, describe_scored.describe(every, curve))
    drawn["scored_arms"] = toggles(list(drawn), scored.groups(every))
    return drawn


def _searched(summary: Summary) -> dict[str, Markup | None]:
    """Draw the searches."""
    search, tuned = summary.search, summary.tuned
    drawn = _by_hyperparameter(summary)
    if search and any(t.value is not None or t.reached is not None for t in search.trials):
        drawn["search"] = fragment(
            searching.history(search), "search", describe_search.history(search)
        )
        if len(search.objectives) > 1:
            drawn["front"] = fragment(
                searching.front(search), "front", describe_search.front(search)
            )
    if tuned and tuned.expected:
        drawn["best_of"] = fragment(
            searching.best_of(tuned), "best_of", describe_search.best_of(tuned)
        )
    return drawn


def _by_hyperparameter(summary: Summary) -> dict[str, Markup | None]:
    """Draw the trials of a study's only search by hyperparameter, and what matters among these."""
    search, drawn = summary.search, dict[str, Markup | None]()
    if not search:
        return drawn
    every = scales.scales(search, (summary.plan.search or {}).get("dimensions", ()))
    shown = every[: searching.SLICES]
    if shown and any(t.value is not None or t.reached is not None for t in search.trials):
        figure = searching.slices(search, shown)
        drawn["slices"] = fragment(figure, "slices", describe_search.slices(search))
    if shown and len(scales.complete(search)) > 1:
        drawn["parallel"] = fragment(
            parallel.figure(search, shown),
            "parallel",
            describe_search.parallel(search, len(shown)),
            parallel.groups(search),
        )
    if found := summary.importances:
        drawn["importance"] = fragment(
            rated.figure(found), "importance", rated.describe(found), rated.groups(found)
        )
        two = scales.most_important(every, found[0].share)
        if len(two) == 2 and contour.with_both(search, *two):
            figure = contour.figure(search, *two)
            drawn["contour"] = fragment(figure, "contour", describe_search.contour(search, *two))
    return drawn
