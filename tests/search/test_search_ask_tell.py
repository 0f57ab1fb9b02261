import math
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState
from toy_search import (
    BASE,
    EPOCHS,
    RATE,
    SPACE,
    best_at_a_thousandth,
    drive,
    make,
    opened,
    row,
    toy_sweep,
)

from rpbind.errors import UserError
from rpbind.ledger import Ledger
from rpbind.recipe.presets import OLD
from rpbind.search.ask_tell import AskTellLoop
from rpbind.search.config import SearchConfig
from rpbind.search.search import Sweep
from rpbind.search.trials import MAX_CRASHES
from rpbind.search.winners import with_winners
from rpbind.spaces.space import Space
from rpbind.train.task import Task

optuna.logging.set_verbosity(optuna.logging.ERROR)


def trials(loop: AskTellLoop) -> list[optuna.trial.FrozenTrial]:
    return loop.study.get_trials(deepcopy=False)


def states(loop: AskTellLoop) -> list[str]:
    return [trial.state.name for trial in trials(loop)]


def drawn(loop: AskTellLoop) -> dict[str, dict[str, object]]:
    """Return {name: parameters} of the trials that were not interrupted."""
    return {
        trial.user_attrs["arm"]: trial.params
        for trial in trials(loop)
        if "interrupted" not in trial.user_attrs
    }


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "qmc", "nsga2"])
def test_every_sampler_comes_near_the_known_best(sampler: str, tmp_path: Path) -> None:
    (loop,) = opened(toy_sweep(20, config=SearchConfig(sampler=sampler)), tmp_path)
    drive(loop, tmp_path)
    assert states(loop) == ["COMPLETE"] * 20
    assert loop.study.best_value > 0.9
    assert (
        loop.study.best_value
        < best_at_a_thousandth(BASE.with_({"train.lr": 1e-3, "train.weight_decay": 0.0})) + 1e-9
    )


def test_a_grid_search_tries_every_point_once(tmp_path: Path) -> None:
    sweep = toy_sweep(20, config=SearchConfig(sampler="grid"))
    (loop,) = opened(sweep, tmp_path)
    assert len(drive(loop, tmp_path)) == 9
    points = {tuple(trial.params.values()) for trial in trials(loop)}
    assert len(points) == 9
    assert loop.study.best_params["train.lr"] == pytest.approx(1e-3)
    assert loop.study.best_params["train.weight_decay"] == 0.0


def test_two_objectives_give_a_pareto_front(tmp_path: Path) -> None:
    config = SearchConfig(sampler="nsga2", objectives=("auroc", "parameters"))
    (loop,) = opened(toy_sweep(30, config=config), tmp_path)
    drive(loop, tmp_path, lambda recipe: recipe.train.weight_decay)
    assert len(loop.study.best_trials) == 30
    assert {len(trial.values) for trial in trials(loop)} == {2}


def test_nan_diverged_and_crashed_trials_are_reported_as_failed(tmp_path: Path) -> None:
    (loop,) = opened(toy_sweep(3), tmp_path, width=3)
    nan, diverged, crashed = (task for _ in range(3) if (task := loop.ask()) is not None)
    loop.add_row(row(nan, 1000, float("nan")))
    loop.add_row(row(diverged, 1000, 0.5, "diverged"))
    for task in (nan, diverged, crashed):
        loop.finish(task.arm)
    assert states(loop) == ["FAIL"] * 3
    assert loop.finished


def test_asha_stops_bad_trials_and_reports_them_as_pruned_with_their_epochs(tmp_path: Path) -> None:
    (loop,) = opened(
        toy_sweep(20, config=SearchConfig(sampler="random", scheduler="asha")), tmp_path
    )
    drive(loop, tmp_path)
    pruned = [t for t in trials(loop) if t.state == TrialState.PRUNED]
    whole = [t for t in trials(loop) if t.state == TrialState.COMPLETE]
    assert len(pruned) + len(whole) == 20
    assert len(pruned) >= 8
    assert all(0 < len(t.intermediate_values) < EPOCHS for t in pruned)
    assert {len(t.intermediate_values) for t in whole} == {EPOCHS}
    assert max(t.value for t in whole) > max(t.value for t in pruned)


@pytest.mark.parametrize("scheduler", ["hyperband", "median"])
def test_the_other_schedulers_prune_too(scheduler: str, tmp_path: Path) -> None:
    (loop,) = opened(
        toy_sweep(30, config=SearchConfig(sampler="random", scheduler=scheduler)), tmp_path
    )
    drive(loop, tmp_path)
    assert set(states(loop)) == {"COMPLETE", "PRUNED"}


def test_the_value_of_a_trial_is_the_mean_over_its_seeds(tmp_path: Path) -> None:
    (loop,) = opened(toy_sweep(1, config=SearchConfig(seeds_per_trial=3)), tmp_path)
    task = loop.ask()
    assert task is not None
    assert [seed for seed, _ in task.seeds] == [1000, 1001, 1002]
    for seed, value in zip((1000, 1001, 1002), (0.6, 0.7, 0.9), strict=True):
        loop.add_row(row(task, seed, value))
    loop.finish(task.arm)
    assert loop.study.best_value == pytest.approx(2.2 / 3)


def test_suggestions_do_not_depend_on_the_completion_order(tmp_path: Path) -> None:
    seen = []
    for name, order in (("one", 1), ("two", -1)):
        (loop,) = opened(toy_sweep(16), tmp_path / name)
        while not loop.finished:
            tasks = [task for _ in range(2) if (task := loop.ask()) is not None]
            for task in tasks[::order]:
                make(loop, task, tmp_path / name, best_at_a_thousandth)
                loop.finish(task.arm)
        seen.append(drawn(loop))
    assert len(seen[0]) == 16
    assert seen[0] == seen[1]


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("sampler", ["random", "tpe", "qmc"])
def test_an_interrupted_search_makes_the_same_trials_as_an_uninterrupted_one(
    sampler: str, killed: bool, tmp_path: Path
) -> None:
    sweep = toy_sweep(12, config=SearchConfig(sampler=sampler))
    (loop,) = opened(sweep, tmp_path / "whole")
    drive(loop, tmp_path / "whole")
    whole = drawn(loop)
    folder = tmp_path / "cut"
    for batches in (1, 3):
        (loop,) = opened(sweep, folder)
        for _ in range(batches):
            tasks = [task for _ in range(2) if (task := loop.ask()) is not None]
            for task in tasks:
                make(loop, task, folder, best_at_a_thousandth)
                loop.finish(task.arm)
        done, lost = (task for _ in range(2) if (task := loop.ask()) is not None)
        make(loop, done, folder, best_at_a_thousandth)  # its row is never reported
        loop.report(lost.arm, {"seed": 1000.0, "epoch": 1.0, "validation.auroc_macro": 0.1})
        if not killed:
            loop.stop()
            assert "RUNNING" not in states(loop)
    (loop,) = opened(sweep, folder)
    drive(loop, folder)
    assert set(states(loop)) == {"COMPLETE", "FAIL"}
    assert drawn(loop) == whole
    rows = Ledger(folder).rows("search")
    assert sorted(row.arm for row in rows) == sorted(whole)


def test_a_trial_that_a_dead_process_left_running_continues_under_its_name(
    tmp_path: Path,
) -> None:
    (loop,) = opened(toy_sweep(4), tmp_path)
    started = [task for _ in range(2) if (task := loop.ask()) is not None]
    loop.report(started[0].arm, {"seed": 1000.0, "epoch": 1.0, "validation.auroc_macro": 0.25})
    assert states(loop) == ["RUNNING"] * 2
    (loop,) = opened(toy_sweep(4), tmp_path)
    assert states(loop) == ["FAIL", "FAIL", "WAITING", "WAITING"]
    again = [task for _ in range(2) if (task := loop.ask()) is not None]
    assert [(t.arm, t.recipe.id) for t in again] == [(t.arm, t.recipe.id) for t in started]
    assert trials(loop)[2].intermediate_values == {1: 0.25}


def test_a_trial_that_crashes_its_process_each_time_is_given_up(tmp_path: Path) -> None:
    sweep = toy_sweep(1)
    for _ in range(MAX_CRASHES):
        (loop,) = opened(sweep, tmp_path)
        task = loop.ask()
        assert task is not None
        Ledger(tmp_path).append(row(task, 1000, 0.0, "lost"))
    (loop,) = opened(sweep, tmp_path)
    assert states(loop) == ["FAIL"] * MAX_CRASHES
    assert loop.ask() is None
    assert loop.finished


@pytest.mark.parametrize("scheduler", ["none", "asha"])
def test_a_lost_storage_is_restored_from_the_ledger(scheduler: str, tmp_path: Path) -> None:
    space = Space.model_validate(
        {
            "about": "Nested.",
            "dimension": [
                RATE,
                {"path": "model.memory", "kind": "choice", "values": ["pooled", "segment"]},
                {
                    "path": "model.memory.segments",
                    "kind": "int",
                    "low": 2,
                    "high": 64,
                    "log": True,
                    "when": {"path": "model.memory", "values": ["segment"]},
                },
                {
                    "path": "model.classifier.hidden",
                    "kind": "layers",
                    "depth": [1, 3],
                    "width": [8, 64],
                },
            ],
        }
    )
    sweep = toy_sweep(12, config=SearchConfig(scheduler=scheduler), space=space)
    (loop,) = opened(sweep, tmp_path)
    drive(loop, tmp_path)
    before = {t.user_attrs["arm"]: (t.params, t.value, t.state) for t in trials(loop)}
    (tmp_path / "optuna.journal").unlink()
    (loop,) = opened(sweep, tmp_path)
    after = {t.user_attrs["arm"]: (t.params, t.value, t.state) for t in trials(loop)}
    if scheduler == "none":
        assert after == before
    assert {k: (v[0], v[2]) for k, v in after.items()} == {
        k: (v[0], v[2]) for k, v in before.items()
    }
    assert loop.ask() is None


def test_a_truncated_or_corrupt_journal_loses_no_trial(tmp_path: Path) -> None:
    sweep = toy_sweep(6)
    (loop,) = opened(sweep, tmp_path)
    drive(loop, tmp_path)
    before = drawn(loop)
    journal = tmp_path / "optuna.journal"
    journal.write_bytes(journal.read_bytes()[:-7])
    (loop,) = opened(sweep, tmp_path)
    assert loop.ask() is None
    assert drawn(loop) == before
    journal.write_bytes(b"{\n" + journal.read_bytes())
    (loop,) = opened(sweep, tmp_path)
    assert drawn(loop) == before
    assert loop.ask() is None


def test_a_database_holds_the_trials_of_several_studies(tmp_path: Path) -> None:
    config = SearchConfig(storage=f"sqlite:///{tmp_path / 'all.db'}")
    for name in ("one", "two"):
        (loop,) = opened(toy_sweep(3, config=config), tmp_path / name)
        drive(loop, tmp_path / name)
    names = [name.split(".") for name in sorted(optuna.get_all_study_names(config.storage))]
    assert [(first, last) for first, _, last in names] == [("one", "search"), ("two", "search")]


def test_a_warm_start_is_the_first_trial_and_counts(tmp_path: Path) -> None:
    known = SPACE.find(BASE.with_({"train.lr": 1e-3, "train.weight_decay": 0.0}))
    (loop,) = opened(toy_sweep(5, warm_start=(known,)), tmp_path)
    drive(loop, tmp_path)
    assert len(trials(loop)) == 5
    assert trials(loop)[0].params == known
    assert loop.study.best_value == pytest.approx(1.0)


def test_tuned_arms_get_equally_many_trials_and_pair_by_search_or_configuration(
    tmp_path: Path,
) -> None:
    arms = {"old": OLD.with_({"train.epochs": EPOCHS}), "fixed": BASE}
    sweep = Sweep(arms, SPACE, 6, searches_per_arm=2)
    loops = opened(sweep, tmp_path)
    assert [s.search.name for s in loops] == ["old.s0", "old.s1", "fixed.s0", "fixed.s1"]
    for loop in loops:
        drive(loop, tmp_path)
    rows = Ledger(tmp_path).rows("search")
    assert len(rows) == 24
    first = [next(r for r in rows if r.arm == f"{s.search.name}.trial-0000") for s in loops]
    assert [r.recipe["train"]["lr"] for r in first[:2]] == [
        r.recipe["train"]["lr"] for r in first[2:]
    ]
    assert [r.seed for r in first] == [1000, 1001, 1000, 1001]
    shared = Sweep(arms, SPACE, 6, shared=True)
    old, fixed = opened(shared, tmp_path / "shared")
    drive(old, tmp_path / "shared")
    drive(fixed, tmp_path / "shared")
    mine, theirs = list(drawn(old).values()), list(drawn(fixed).values())
    assert mine == theirs
    assert len({str(params) for params in mine}) == 6


def no_plan() -> object:
    from rpbind.ledger import Plan

    return Plan(
        study="x", question="", prediction="", rule="", design="", arms=(), contrasts=(),
        seeds=(0,), dataset="", split="", search={}, created="",
    )  # fmt: skip


def test_winners_are_frozen_only_after_equally_many_trials_per_search(
    tmp_path: Path,
) -> None:
    sweep = Sweep({"old": OLD, "fixed": BASE}, SPACE, 4)
    old, fixed = opened(sweep, tmp_path)
    drive(old, tmp_path)
    with pytest.raises(UserError, match=r"4 trials.*fixed\.s0 0"):
        with_winners(no_plan(), sweep, Ledger(tmp_path).rows("search"))  # type: ignore[arg-type]
    drive(fixed, tmp_path)
    plan = with_winners(no_plan(), sweep, Ledger(tmp_path).rows("search"))  # type: ignore[arg-type]
    assert [arm.name for arm in plan.arms] == ["old.s0", "fixed.s0"]
    best = max(Ledger(tmp_path).rows("search"), key=lambda r: r.metrics["validation.auroc_macro"])
    assert best.recipe_id in {arm.recipe_id for arm in plan.arms}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"config": {"sampler": "tep"}}, "--sampler is one of .* Did you mean 'tpe'"),
        ({"config": {"scheduler": "bohb"}}, "--scheduler is one of none, asha"),
        ({"config": {"objectives": ("auroc", "auroc")}}, "twice"),
        ({"config": {"objectives": ("auroc", "loss"), "sampler": "cmaes"}}, "nsga2 or tpe"),
        (
            {"config": {"objectives": ("parameters",), "scheduler": "asha"}},
            "--scheduler asha.*auroc or loss",
        ),
        ({"config": {"sampler": "grid"}, "trials": 8}, "grid has 9 points"),
        ({"warm_start": ({}, {}), "trials": 1}, "more than --trials 1"),
        (
            {"config": {"sampler": "grid"}, "trials": 9, "warm_start": ({},)},
            "leave --warm-start out",
        ),
        ({"config": {"minutes": 0.0}}, "--budget-minutes is a number above 0"),
        ({"config": {"train_seconds": math.nan}}, "--budget-train-seconds .* got nan"),
        ({"trials": 0}, "--trials"),
    ],
)
def test_an_impossible_search_is_refused_with_the_reason(
    given: dict[str, object], why: str
) -> None:
    options = {**given}
    config, count = options.pop("config", {}), options.pop("trials", 3)
    with pytest.raises(UserError, match=why):
        toy_sweep(count, config=SearchConfig(**config), **options)  # type: ignore[arg-type]


def test_a_task_has_only_the_remaining_seeds_of_a_trial(tmp_path: Path) -> None:
    sweep = toy_sweep(2, config=SearchConfig(seeds_per_trial=2))
    (loop,) = opened(sweep, tmp_path)
    task = loop.ask()
    assert isinstance(task, Task)
    Ledger(tmp_path).append(row(task, 1000, 0.8))
    Ledger(tmp_path).append(row(task, 1001, 0.8, "stopped"))
    (loop,) = opened(sweep, tmp_path)
    again = loop.ask()
    assert again is not None
    assert (again.arm, again.seeds) == (task.arm, ((1001, 1),))


def test_a_trial_whose_process_is_lost_starts_again_with_the_next_attempt(tmp_path: Path) -> None:
    (loop,) = opened(toy_sweep(4), tmp_path)
    lost, kept = (task for _ in range(2) if (task := loop.ask()) is not None)
    loop.retry_lost(lost.arm)
    make(loop, kept, tmp_path, best_at_a_thousandth)
    loop.finish(kept.arm)
    assert states(loop) == ["FAIL", "RUNNING", "WAITING"]
    again = loop.ask()
    assert again is not None
    assert (again.arm, again.recipe, again.seeds) == (lost.arm, lost.recipe, ((1000, 1),))
    make(loop, again, tmp_path, best_at_a_thousandth)
    loop.finish(again.arm)
    assert len(drive(loop, tmp_path)) == 2
    assert states(loop).count("COMPLETE") == 4


def test_a_slow_trial_delays_the_reports_of_later_ones_but_not_their_training(
    tmp_path: Path,
) -> None:
    (loop,) = opened(toy_sweep(8), tmp_path, width=2)
    slow = loop.ask()
    assert slow is not None
    for _ in range(3):
        task = loop.ask()
        assert task is not None
        make(loop, task, tmp_path, best_at_a_thousandth)
        loop.finish(task.arm)
    assert loop.ask() is None  # four are pending, and the slow one must be reported first
    make(loop, slow, tmp_path, best_at_a_thousandth)
    loop.finish(slow.arm)
    assert loop.ask() is not None
    assert states(loop) == ["COMPLETE"] + ["RUNNING"] * 4


def test_a_trial_that_never_started_is_not_given_up_after_crashes(
    tmp_path: Path,
) -> None:
    sweep = toy_sweep(2)
    for _ in range(2 * MAX_CRASHES):
        (loop,) = opened(sweep, tmp_path)
        began, waited = loop.ask(), loop.ask()
        assert began is not None
        assert waited is not None
        point = {"seed": 1000.0, "epoch": float(began.seeds[0][1] + 1)}
        loop.report(began.arm, point | {"validation.auroc_macro": 0.5})
        Ledger(tmp_path).append(row(began, 1000, 0.0, "lost"))
    (loop,) = opened(sweep, tmp_path)
    drive(loop, tmp_path)
    assert states(loop).count("COMPLETE") == 2


def test_a_pruned_trial_whose_row_could_not_be_written_is_queued_again(tmp_path: Path) -> None:
    sweep = toy_sweep(20, config=SearchConfig(sampler="random", scheduler="asha"))
    (loop,) = opened(sweep, tmp_path)
    while (task := loop.ask()) is not None:
        point = {"seed": 1000.0, "validation.auroc_macro": best_at_a_thousandth(task.recipe)}
        if loop.report(task.arm, point | {"epoch": 1.0}):
            break  # and the disk is full
        done = row(task, 1000, best_at_a_thousandth(task.recipe))
        loop.add_row(done)
        Ledger(tmp_path).append(done)
        loop.finish(task.arm)
    assert task is not None
    loop.stop()
    assert states(loop)[-2:] == ["FAIL", "WAITING"]
    (loop,) = opened(sweep, tmp_path)
    again = loop.ask()
    assert again is not None
    assert again.arm == task.arm


@pytest.mark.parametrize(("started", "given_up"), [(False, False), (True, True)])
def test_only_a_lost_trial_that_had_started_is_given_up_in_the_end(
    started: bool, given_up: bool, tmp_path: Path
) -> None:
    (loop,) = opened(toy_sweep(1), tmp_path)
    for _ in range(MAX_CRASHES):
        task = loop.ask()
        assert task is not None
        (job,) = task.jobs
        if started:
            job.folder.mkdir(exist_ok=True)
            (job.folder / f"{job.run}.{job.attempt}.begun").touch()
        loop.retry_lost(task.arm)
    assert (loop.ask() is None) is given_up


def test_a_trial_that_makes_progress_between_crashes_is_never_given_up(tmp_path: Path) -> None:
    sweep = toy_sweep(1)
    for epoch in range(1, 3 * MAX_CRASHES):
        (loop,) = opened(sweep, tmp_path)
        task = loop.ask()
        assert task is not None
        point = {"seed": 1000.0, "epoch": float(epoch), "validation.auroc_macro": 0.5}
        loop.report(task.arm, point)
        Ledger(tmp_path).append(row(task, 1000, 0.0, "lost"))
    (loop,) = opened(sweep, tmp_path)
    drive(loop, tmp_path)
    assert states(loop)[-1] == "COMPLETE"
