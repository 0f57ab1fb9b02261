"""The tables of searches: winners, trials, importance, expected best scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rpbind.analysis.summary import Summary
from rpbind.findings.table import Table, table

AUROC = "AUROC"


def search_tables(summary: Summary) -> Iterator[Table]:
    """Yield the tables of searches; those without a row, too.

    Parameters
    ----------
    summary
        The study.

    Yields
    ------
    Table
        Winners, trials, importance and the expected best score.
    """
    tuned = summary.tuned
    yield table(
        "winners",
        "The winner of each search, on fresh seeds",
        (
            ("search", "name of the search"),
            ("arm", "the arm that the winner became"),
            ("trial", "the winning trial"),
            ("values", "its searched hyperparameters"),
            ("trials", "number of trials"),
            ("configurations", "number of different configurations among them"),
            ("search_score", "validation AUROC of the best trial in the search", AUROC),
            ("validation", "validation AUROC on fresh seeds", AUROC),
            ("test", "test AUROC on the same fresh seeds", AUROC),
            ("low", "lower end of the 95 % interval of the test AUROC", AUROC),
            ("high", "upper end of the 95 % interval of the test AUROC", AUROC),
            ("selection", "score in the search minus validation on fresh seeds", AUROC),
            ("parts", "validation minus test on fresh seeds", AUROC),
            ("why", "why the first incomplete trial is incomplete"),
        ),
        (
            (
                w.search,
                w.arm,
                w.trial,
                w.values,
                w.trials,
                w.configurations,
                w.search_score,
                w.validation,
                w.test,
                *(w.ci or (None, None)),
                _minus(w.search_score, w.validation),
                _minus(w.validation, w.test),
                w.first_failure,
            )
            for w in (tuned.winners if tuned else ())
        ),
    )
    yield _trials(summary)
    yield table(
        "importance",
        "Share of the score's variance that each searched hyperparameter explains",
        (
            ("evaluator", "which estimate it is"),
            ("hyperparameter", "its path"),
            ("share", "its share; the shares sum to 1"),
            ("floor", "shares below it are not distinguishable from noise"),
            ("above_floor", "whether the share is above the floor"),
            ("trials", "number of trials"),
        ),
        (
            (i.evaluator, path, share, i.floor, share > i.floor, i.trials)
            for i in summary.importances
            for path, share in i.share.items()
        ),
    )
    yield table(
        "expected_best",
        "Expected validation AUROC of the best of n configurations",
        (
            ("arm", "the tuned arm or the search"),
            ("n", "number of configurations"),
            ("auroc", "expected score of the best", AUROC),
        ),
        (
            (arm, n, float(value))
            for arm, value_N in (tuned.expected if tuned else {}).items()
            for n, value in enumerate(value_N, start=1)
        ),
    )


def _trials(summary: Summary) -> Table:
    searches = summary.tuned.searches if summary.tuned else ()
    paths = list(dict.fromkeys(path for search in searches for path in search.varied))
    objectives = list(dict.fromkeys(name for s in searches for name in s.objectives))
    return table(
        "trials",
        "Every trial, in the order in which they ended",
        (
            ("search", "name of the search"),
            ("trial", "its name"),
            ("outcome", "how it ended"),
            *((f"objective.{name}", "mean over its seeds") for name in objectives),
            ("best_so_far", "best value of the search when it ended"),
            ("repeats", "the earlier trial with the same configuration"),
            *((path, "value of the hyperparameter") for path in paths),
            ("why", "why a run of it is not done"),
        ),
        (
            (
                search.name,
                trial.name,
                trial.outcome,
                *_values(search.objectives, trial.values, objectives),
                trial.best,
                trial.repeats,
                *(_setting(trial.fields.get(path)) for path in paths),
                trial.why,
            )
            for search in searches
            for trial in search.trials
        ),
    )


def _values(mine: tuple[str, ...], values: list[float] | None, every: list[str]) -> list[Any]:
    known = dict(zip(mine, values or (), strict=False))
    return [known.get(name) for name in every]


def _setting(value: Any) -> Any:
    return str(value.get("kind", value)) if isinstance(value, Mapping) else value


def _minus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other
