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
    sweep,
)

from rpbind.errors import UserError
from rpbind.ledger import Ledger
from rpbind.recipe.presets import OLD
from rpbind.search.ask_tell import AskTellLoop
from rpbind.search.config import SearchConfig
from rpbind.search.search import Sweep
from rpbind.search.trials import TRIES
from rpbind.search.winners import with_winners
from rpbind.spaces.space import Space
from rpbind.train.task import Task

optuna.logging.set_verbosity(optuna.logging.ERROR)


def trials(search: AskTellLoop) -> list[optuna.trial.FrozenTrial]:
    return search.study.get_trials(deepcopy=False)


def states(search: AskTellLoop) -> list[str]:
    return [trial.state.name for trial in trials(search)]


def drawn(search: AskTellLoop) -> dict[str, dict[str, object]]:
    """The configurations of the trials that count, by name."""
    return {
        trial.user_attrs["arm"]: trial.params
        for trial in trials(search)
        if "interrupted" not in trial.user_attrs
    }


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "qmc", "nsga2"])
def test_every_sampler_comes_near_the_known_best_and_beats_the_middle(
    sampler: str, tmp_path: Path
) -> None:
    (search,) = opened(sweep(20, how=SearchConfig(sampler=sampler)), tmp_path)
    drive(search, tmp_path)
    assert states(search) == ["COMPLETE"] * 20
    assert search.study.best_value > 0.9
    assert (
        search.study.best_value
        < best_at_a_thousandth(BASE.with_({"train.lr": 1e-3, "train.weight_decay": 0.0})) + 1e-9
    )


def test_a_grid_makes_every_point_once_and_then_stops(tmp_path: Path) -> None:
    asked = sweep(20, how=SearchConfig(sampler="grid"))
    (search,) = opened(asked, tmp_path)
    assert len(drive(search, tmp_path)) == 9
    points = {tuple(trial.params.values()) for trial in trials(search)}
    assert len(points) == 9
    assert search.study.best_params["train.lr"] == pytest.approx(1e-3)
    assert search.study.best_params["train.weight_decay"] == 0.0


def test_two_objectives_leave_a_front_of_what_is_not_beaten(tmp_path: Path) -> None:
    how = SearchConfig(sampler="nsga2", objectives=("auroc", "parameters"))
    (search,) = opened(sweep(30, how=how), tmp_path)
    drive(search, tmp_path, lambda recipe: recipe.train.weight_decay)  # larger is better, and dear
    assert len(search.study.best_trials) == 30
    assert {len(trial.values) for trial in trials(search)} == {2}


def test_nan_diverged_and_crashed_trials_are_told_as_failed(tmp_path: Path) -> None:
    (search,) = opened(sweep(3), tmp_path, width=3)
    nan, diverged, crashed = (task for _ in range(3) if (task := search.ask()) is not None)
    search.keep(row(nan, 1000, float("nan")))
    search.keep(row(diverged, 1000, 0.5, "diverged"))
    for task in (nan, diverged, crashed):
        search.tell(task.arm)
    assert states(search) == ["FAIL"] * 3
    assert search.finished


def test_asha_stops_bad_trials_and_tells_them_as_pruned_with_their_epochs(tmp_path: Path) -> None:
    (search,) = opened(sweep(20, how=SearchConfig(sampler="random", scheduler="asha")), tmp_path)
    drive(search, tmp_path)
    pruned = [t for t in trials(search) if t.state == TrialState.PRUNED]
    whole = [t for t in trials(search) if t.state == TrialState.COMPLETE]
    assert len(pruned) + len(whole) == 20
    assert len(pruned) >= 8
    assert all(0 < len(t.intermediate_values) < EPOCHS for t in pruned)
    assert {len(t.intermediate_values) for t in whole} == {EPOCHS}
    assert max(t.value for t in whole) > max(t.value for t in pruned)


@pytest.mark.parametrize("scheduler", ["hyperband", "median"])
def test_the_other_schedulers_prune_too(scheduler: str, tmp_path: Path) -> None:
    (search,) = opened(sweep(30, how=SearchConfig(sampler="random", scheduler=scheduler)), tmp_path)
    drive(search, tmp_path)
    assert set(states(search)) == {"COMPLETE", "PRUNED"}


def test_a_trial_of_several_seeds_is_told_their_mean(tmp_path: Path) -> None:
    (search,) = opened(sweep(1, how=SearchConfig(seeds_per_trial=3)), tmp_path)
    task = search.ask()
    assert task is not None
    assert [seed for seed, _ in task.seeds] == [1000, 1001, 1002]
    for seed, value in zip((1000, 1001, 1002), (0.6, 0.7, 0.9), strict=True):
        search.keep(row(task, seed, value))
    search.tell(task.arm)
    assert search.study.best_value == pytest.approx(2.2 / 3)


def test_the_draws_depend_on_what_was_told_and_not_on_what_ended_first(tmp_path: Path) -> None:
    seen = []
    for name, order in (("one", 1), ("two", -1)):
        (search,) = opened(sweep(16), tmp_path / name)
        while not search.finished:
            tasks = [task for _ in range(2) if (task := search.ask()) is not None]
            for task in tasks[::order]:
                make(search, task, tmp_path / name, best_at_a_thousandth)
                search.tell(task.arm)
        seen.append(drawn(search))
    assert len(seen[0]) == 16
    assert seen[0] == seen[1]


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("sampler", ["random", "tpe", "qmc"])
def test_a_search_that_was_interrupted_makes_the_trials_of_one_that_was_not(
    sampler: str, killed: bool, tmp_path: Path
) -> None:
    asked = sweep(12, how=SearchConfig(sampler=sampler))
    (search,) = opened(asked, tmp_path / "whole")
    drive(search, tmp_path / "whole")
    whole = drawn(search)
    folder = tmp_path / "cut"
    for batches in (1, 3):
        (search,) = opened(asked, folder)
        for _ in range(batches):
            tasks = [task for _ in range(2) if (task := search.ask()) is not None]
            for task in tasks:
                make(search, task, folder, best_at_a_thousandth)
                search.tell(task.arm)
        done, lost = (task for _ in range(2) if (task := search.ask()) is not None)
        make(search, done, folder, best_at_a_thousandth)  # its row is kept, and never told
        search.hear(lost.arm, {"seed": 1000.0, "epoch": 1.0, "validation.auroc_macro": 0.1})
        if not killed:
            search.stop()
            assert "RUNNING" not in states(search)
    (search,) = opened(asked, folder)
    drive(search, folder)
    assert set(states(search)) == {"COMPLETE", "FAIL"}
    assert drawn(search) == whole
    rows = Ledger(folder).rows("search")
    assert sorted(row.arm for row in rows) == sorted(whole)


def test_what_a_dead_process_left_running_is_failed_and_goes_on_under_its_name(
    tmp_path: Path,
) -> None:
    (search,) = opened(sweep(4), tmp_path)
    begun = [task for _ in range(2) if (task := search.ask()) is not None]
    search.hear(begun[0].arm, {"seed": 1000.0, "epoch": 1.0, "validation.auroc_macro": 0.25})
    assert states(search) == ["RUNNING"] * 2
    (search,) = opened(sweep(4), tmp_path)
    assert states(search) == ["FAIL", "FAIL", "WAITING", "WAITING"]
    again = [task for _ in range(2) if (task := search.ask()) is not None]
    assert [(t.arm, t.recipe.id) for t in again] == [(t.arm, t.recipe.id) for t in begun]
    assert trials(search)[2].intermediate_values == {1: 0.25}


def test_a_trial_that_takes_its_process_with_it_is_given_up(tmp_path: Path) -> None:
    asked = sweep(1)
    for _ in range(TRIES):
        (search,) = opened(asked, tmp_path)
        task = search.ask()
        assert task is not None
        Ledger(tmp_path).append(row(task, 1000, 0.0, "lost"))
    (search,) = opened(asked, tmp_path)
    assert states(search) == ["FAIL"] * TRIES
    assert search.ask() is None
    assert search.finished


@pytest.mark.parametrize("scheduler", ["none", "asha"])
def test_a_storage_that_is_lost_is_told_what_the_ledger_knows(
    scheduler: str, tmp_path: Path
) -> None:
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
    asked = sweep(12, how=SearchConfig(scheduler=scheduler), space=space)
    (search,) = opened(asked, tmp_path)
    drive(search, tmp_path)
    before = {t.user_attrs["arm"]: (t.params, t.value, t.state) for t in trials(search)}
    (tmp_path / "optuna.journal").unlink()
    (search,) = opened(asked, tmp_path)
    after = {t.user_attrs["arm"]: (t.params, t.value, t.state) for t in trials(search)}
    if scheduler == "none":
        assert after == before
    assert {k: (v[0], v[2]) for k, v in after.items()} == {
        k: (v[0], v[2]) for k, v in before.items()
    }
    assert search.ask() is None


def test_a_journal_that_was_cut_short_or_ruined_loses_no_trial(tmp_path: Path) -> None:
    asked = sweep(6)
    (search,) = opened(asked, tmp_path)
    drive(search, tmp_path)
    before = drawn(search)
    journal = tmp_path / "optuna.journal"
    journal.write_bytes(journal.read_bytes()[:-7])
    (search,) = opened(asked, tmp_path)
    assert search.ask() is None
    assert drawn(search) == before
    journal.write_bytes(b"{\n" + journal.read_bytes())
    (search,) = opened(asked, tmp_path)
    assert drawn(search) == before
    assert search.ask() is None


def test_a_database_holds_the_trials_of_several_studies(tmp_path: Path) -> None:
    how = SearchConfig(storage=f"sqlite:///{tmp_path / 'all.db'}")
    for name in ("one", "two"):
        (search,) = opened(sweep(3, how=how), tmp_path / name)
        drive(search, tmp_path / name)
    names = [name.split(".") for name in sorted(optuna.get_all_study_names(how.storage))]
    assert [(first, last) for first, _, last in names] == [("one", "search"), ("two", "search")]


def test_a_warm_start_is_made_first_and_counts(tmp_path: Path) -> None:
    known = SPACE.find(BASE.with_({"train.lr": 1e-3, "train.weight_decay": 0.0}))
    (search,) = opened(sweep(5, warm=(known,)), tmp_path)
    drive(search, tmp_path)
    assert len(trials(search)) == 5
    assert trials(search)[0].params == known
    assert search.study.best_value == pytest.approx(1.0)


def test_tuned_arms_get_the_same_trials_each_and_pair_by_search_or_configuration(
    tmp_path: Path,
) -> None:
    arms = {"old": OLD.with_({"train.epochs": EPOCHS}), "fixed": BASE}
    asked = Sweep(arms, SPACE, 6, searches=2)
    searches = opened(asked, tmp_path)
    assert [s.lane.name for s in searches] == ["old.s0", "old.s1", "fixed.s0", "fixed.s1"]
    for search in searches:
        drive(search, tmp_path)
    rows = Ledger(tmp_path).rows("search")
    assert len(rows) == 24
    first = [next(r for r in rows if r.arm == f"{s.lane.name}.trial-0000") for s in searches]
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


def test_the_winners_of_equal_searches_are_frozen_and_of_unequal_ones_refused(
    tmp_path: Path,
) -> None:
    asked = Sweep({"old": OLD, "fixed": BASE}, SPACE, 4)
    old, fixed = opened(asked, tmp_path)
    drive(old, tmp_path)
    with pytest.raises(UserError, match=r"4 trials, and the ledger has other numbers: fixed\.s0 0"):
        with_winners(no_plan(), asked, Ledger(tmp_path).rows("search"))  # type: ignore[arg-type]
    drive(fixed, tmp_path)
    plan = with_winners(no_plan(), asked, Ledger(tmp_path).rows("search"))  # type: ignore[arg-type]
    assert [arm.name for arm in plan.arms] == ["old.s0", "fixed.s0"]
    best = max(Ledger(tmp_path).rows("search"), key=lambda r: r.metrics["validation.auroc_macro"])
    assert best.recipe_id in {arm.recipe_id for arm in plan.arms}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"how": {"sampler": "tep"}}, "--sampler is one of .* Did you mean 'tpe'"),
        ({"how": {"scheduler": "bohb"}}, "--scheduler is one of none, asha"),
        ({"how": {"objectives": ("auroc", "auroc")}}, "named twice"),
        ({"how": {"objectives": ("auroc", "loss"), "sampler": "cmaes"}}, "nsga2 or tpe"),
        ({"how": {"objectives": ("parameters",), "scheduler": "asha"}}, "every epoch has"),
        ({"how": {"sampler": "grid"}, "trials": 8}, "grid has 9 points"),
        ({"warm": ({}, {}), "trials": 1}, "more than --trials 1"),
        ({"how": {"sampler": "grid"}, "trials": 9, "warm": ({},)}, "leave --warm-start out"),
        ({"how": {"minutes": 0.0}}, "--budget-minutes is a number above 0"),
        ({"how": {"train_seconds": math.nan}}, "--budget-train-seconds .* got nan"),
        ({"trials": 0}, "one trial or more"),
    ],
)
def test_a_search_that_cannot_be_meant_is_refused(given: dict[str, object], why: str) -> None:
    options = {**given}
    told, count = options.pop("how", {}), options.pop("trials", 3)
    with pytest.raises(UserError, match=why):
        sweep(count, how=SearchConfig(**told), **options)  # type: ignore[arg-type]


def test_a_task_says_only_what_is_left_of_a_trial(tmp_path: Path) -> None:
    asked = sweep(2, how=SearchConfig(seeds_per_trial=2))
    (search,) = opened(asked, tmp_path)
    task = search.ask()
    assert isinstance(task, Task)
    Ledger(tmp_path).append(row(task, 1000, 0.8))
    Ledger(tmp_path).append(row(task, 1001, 0.8, "stopped"))
    (search,) = opened(asked, tmp_path)
    again = search.ask()
    assert again is not None
    assert (again.arm, again.seeds) == (task.arm, ((1001, 1),))


def test_a_trial_whose_process_is_lost_is_begun_again_with_the_next_attempt(tmp_path: Path) -> None:
    (search,) = opened(sweep(4), tmp_path)
    lost, kept = (task for _ in range(2) if (task := search.ask()) is not None)
    search.lose(lost.arm)
    make(search, kept, tmp_path, best_at_a_thousandth)
    search.tell(kept.arm)
    assert states(search) == ["FAIL", "RUNNING", "WAITING"]
    again = search.ask()
    assert again is not None
    assert (again.arm, again.recipe, again.seeds) == (lost.arm, lost.recipe, ((1000, 1),))
    make(search, again, tmp_path, best_at_a_thousandth)
    search.tell(again.arm)
    assert len(drive(search, tmp_path)) == 2
    assert states(search).count("COMPLETE") == 4


def test_no_trial_waits_for_a_slow_one_but_for_its_turn_to_be_told(tmp_path: Path) -> None:
    (search,) = opened(sweep(8), tmp_path, width=2)
    slow = search.ask()
    assert slow is not None
    for _ in range(3):
        task = search.ask()
        assert task is not None
        make(search, task, tmp_path, best_at_a_thousandth)
        search.tell(task.arm)
    assert search.ask() is None  # four are asked and none is told: the slow one is the first
    make(search, slow, tmp_path, best_at_a_thousandth)
    search.tell(slow.arm)
    assert search.ask() is not None
    assert states(search) == ["COMPLETE"] + ["RUNNING"] * 4


def test_a_trial_that_waited_at_every_crash_and_never_began_is_not_given_up(
    tmp_path: Path,
) -> None:
    asked = sweep(2)
    for _ in range(2 * TRIES):
        (search,) = opened(asked, tmp_path)
        began, waited = search.ask(), search.ask()
        assert began is not None
        assert waited is not None
        point = {"seed": 1000.0, "epoch": float(began.seeds[0][1] + 1)}
        search.hear(began.arm, point | {"validation.auroc_macro": 0.5})
        Ledger(tmp_path).append(row(began, 1000, 0.0, "lost"))
    (search,) = opened(asked, tmp_path)
    drive(search, tmp_path)
    assert states(search).count("COMPLETE") == 2


def test_a_pruned_trial_whose_row_could_not_be_written_goes_on_where_it_was(tmp_path: Path) -> None:
    asked = sweep(20, how=SearchConfig(sampler="random", scheduler="asha"))
    (search,) = opened(asked, tmp_path)
    while (task := search.ask()) is not None:
        point = {"seed": 1000.0, "validation.auroc_macro": best_at_a_thousandth(task.recipe)}
        if search.hear(task.arm, point | {"epoch": 1.0}):
            break  # and the disk is full
        done = row(task, 1000, best_at_a_thousandth(task.recipe))
        search.keep(done)
        Ledger(tmp_path).append(done)
        search.tell(task.arm)
    assert task is not None
    search.stop()
    assert states(search)[-2:] == ["FAIL", "WAITING"]
    (search,) = opened(asked, tmp_path)
    again = search.ask()
    assert again is not None
    assert again.arm == task.arm


@pytest.mark.parametrize(("begun", "given_up"), [(False, False), (True, True)])
def test_only_a_lost_trial_that_had_begun_is_given_up_in_the_end(
    begun: bool, given_up: bool, tmp_path: Path
) -> None:
    (search,) = opened(sweep(1), tmp_path)
    for _ in range(TRIES):
        task = search.ask()
        assert task is not None
        (job,) = task.jobs
        if begun:
            job.folder.mkdir(exist_ok=True)
            (job.folder / f"{job.run}.{job.attempt}.begun").touch()
        search.lose(task.arm)
    assert (search.ask() is None) is given_up


def test_a_trial_that_comes_further_between_crashes_is_never_given_up(tmp_path: Path) -> None:
    asked = sweep(1)
    for epoch in range(1, 3 * TRIES):
        (search,) = opened(asked, tmp_path)
        task = search.ask()
        assert task is not None
        point = {"seed": 1000.0, "epoch": float(epoch), "validation.auroc_macro": 0.5}
        search.hear(task.arm, point)
        Ledger(tmp_path).append(row(task, 1000, 0.0, "lost"))
    (search,) = opened(asked, tmp_path)
    drive(search, tmp_path)
    assert states(search)[-1] == "COMPLETE"
