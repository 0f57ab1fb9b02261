"""The tables of arms and controls: scores, runs, recipes, baselines, experiments, regions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rpbind.analysis.arms import Spread, secondary_metrics
from rpbind.analysis.summary import Summary
from rpbind.findings.table import Table, table
from rpbind.recipe import Recipe
from rpbind.statistics.averages import Averages

AUROC = "AUROC"
MEANS = (
    ("auroc", "test AUROC, mean over protein clusters and seeds", AUROC),
    ("auroc_plain", "test AUROC, plain mean over proteins", AUROC),
    ("auroc_weighted", "cluster-weighted test AUROC", AUROC),
)


def _means(averages: Averages | None) -> tuple[float | None, ...]:
    if averages is None:
        return (None, None, None)
    return averages.over_clusters, averages.over_proteins, averages.weighted


def _spread(spread: Spread | None) -> tuple[float | None, ...]:
    return (None, None, None) if spread is None else (spread.mean, spread.low, spread.high)


def arm_tables(summary: Summary) -> Iterator[Table]:
    """Yield the tables of arms and controls; those without a row, too.

    Parameters
    ----------
    summary
        The study.

    Yields
    ------
    Table
        Arms, runs, recipes, experiments, regions, baselines, retrained arms and probes.
    """
    yield _arms(summary)
    yield table(
        "runs",
        "Test AUROC of each finished run, mean over protein clusters",
        (
            ("arm", "the arm"),
            ("seed", "the seed"),
            ("auroc", "test AUROC", AUROC),
            ("collapsed", "whether the run collapsed"),
        ),
        (
            (arm.plan.name, seed, auroc, seed in arm.collapsed)
            for arm in summary.arms
            for seed, auroc in arm.macro.items()
        ),
    )
    yield _recipes(summary)
    yield _experiments(summary)
    yield table(
        "regions",
        "Test AUROC by region type, mean over protein clusters and seeds",
        (
            ("arm", "the arm"),
            ("region", "where the middle of a window lies"),
            ("auroc", "mean over seeds", AUROC),
            ("lowest", "the lowest of a seed", AUROC),
            ("highest", "the highest of a seed", AUROC),
        ),
        (
            (arm.plan.name, region, *_spread(spread))
            for arm in summary.arms
            for region, spread in arm.regions.items()
        ),
    )
    yield from _controls(summary)


def _arms(summary: Summary) -> Table:
    metrics = secondary_metrics(summary.plan)
    return table(
        "arms",
        "Every arm by itself",
        (
            ("arm", "the arm"),
            ("change", "how it differs from its reference"),
            ("recipe_id", "hash of its recipe"),
            ("planned", "number of planned runs"),
            ("done", "number of runs that are done"),
            *MEANS,
            ("auroc_lowest", "test AUROC of the lowest seed", AUROC),
            ("auroc_highest", "test AUROC of the highest seed", AUROC),
            ("collapsed", "number of collapsed runs"),
            *((key, f"{header} on the test part, mean over seeds")
              for key, header in metrics.items()),
            ("seconds", "wall time of a run, mean", "s"),
            ("parameters", "number of parameters of the model"),
        ),
        (
            (
                arm.plan.name,
                arm.plan.change,
                arm.plan.recipe_id,
                arm.planned,
                arm.done,
                *_means(arm.averages),
                *_spread(arm.headline)[1:],
                len(arm.collapsed),
                *(_spread(arm.secondary[key])[0] for key in metrics),
                arm.seconds and arm.seconds.mean,
                None if arm.parameters is None else int(arm.parameters),
            )
            for arm in summary.arms
        ),
    )  # fmt: skip


def _recipes(summary: Summary) -> Table:
    """Return every hyperparameter of every arm in one row, null where it has no such one."""
    flat = {a.name: Recipe.model_validate(a.recipe).flat() for a in summary.plan.arms}
    paths = list(dict.fromkeys(path for each in flat.values() for path in each))
    return table(
        "recipes",
        "The recipe of each arm: a row per hyperparameter, a column per arm",
        (("hyperparameter", "its path"), *((name, f"its value in {name}") for name in flat)),
        ((path, *(_setting(each, path) for each in flat.values())) for path in paths),
    )


def _setting(flat: dict[str, Any], path: str) -> Any:
    return "off" if path in flat and flat[path] is None else flat.get(path)


def _experiments(summary: Summary) -> Table:
    scored: list[tuple[str, str, Sequence[Any]]] = [
        ("arm", arm.plan.name, arm.experiments) for arm in summary.arms
    ]
    scored += [("baseline", each.name, each.experiments) for each in summary.controls.baselines]
    return table(
        "proteins",
        "Test AUROC of each experiment (protein of the dataset), mean over seeds",
        (
            ("protein", "name of the experiment"),
            ("cluster", "number of its protein cluster"),
            ("windows", "number of test windows"),
            ("bound", "number of bound ones"),
            ("kind", "arm or baseline"),
            ("model", "name of the arm or the baseline"),
            ("auroc", "test AUROC", AUROC),
        ),
        (
            (one.name, one.cluster, one.windows, one.positives, kind, name, one.auroc)
            for kind, name, experiments in scored
            for one in experiments
        ),
    )


def _controls(summary: Summary) -> Iterator[Table]:
    controls = summary.controls
    yield table(
        "baselines",
        "Baselines on the same test windows, the best first",
        (
            ("baseline", "its name"),
            *MEANS,
            ("pooled", "pooled test AUROC", AUROC),
            ("proteins", "number of proteins with a score"),
            ("flagged", "whether it reads no motif and still ranks windows"),
            ("note", "why it has no score, or why it is flagged"),
        ),
        (
            (b.name, b.macro, *_means(b.averages)[1:], b.pooled, b.proteins, b.flagged, b.note)
            for b in controls.baselines
        ),
    )
    yield table(
        "retrained",
        "Arms that were trained again with protein vectors without biology",
        (
            ("control", "its name"),
            ("of", "the arm"),
            ("vectors", "which protein vectors it had"),
            ("done", "number of runs that are done"),
            ("planned", "number of planned runs"),
            *MEANS,
        ),
        (
            (r.name, r.of, r.vectors, r.done, r.planned, *_means(r.averages))
            for r in controls.retrained
        ),
    )
    yield table(
        "probes",
        "Winners of searches on a sample of test windows, unchanged and changed",
        (
            ("arm", "the winner"),
            ("probe", "what was changed"),
            ("auroc", "mean over seeds", AUROC),
            ("lowest", "the lowest of a seed", AUROC),
            ("highest", "the highest of a seed", AUROC),
        ),
        (
            (arm, probe, *_spread(spread))
            for arm, probes in controls.probed.items()
            for probe, spread in probes.items()
        ),
    )
