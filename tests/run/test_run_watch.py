"""What a study shows while it runs, on a terminal and without one."""

import io

import pytest
from rich.console import Console

from rpbind.ledger import ProteinScore, Row, State
from rpbind.metrics import macro_interval
from rpbind.recipe import Recipe
from rpbind.run.best import Best
from rpbind.run.progress import StudyProgress
from rpbind.run.watch import Watch

RECIPE = Recipe().model_dump(mode="json")


def run(arm: str, auroc: float | None, state: State = "done", **more: object) -> Row:
    fields = {
        "arm": arm, "seed": 0, "stage": "search", "attempt": 0, "recipe": RECIPE,
        "recipe_id": "r", "state": state, "error": "", "ended": "2026-01-01T00:00:00+00:00",
    }  # fmt: skip
    metrics = {} if auroc is None else {"validation.auroc_macro": auroc}
    return Row.model_validate(fields | {"metrics": metrics} | more)


def score(cluster: int, auroc: float) -> ProteinScore:
    return ProteinScore(
        part="validation", protein=f"p{cluster}", cluster=cluster, windows=9, positives=4,
        auroc=auroc, auprc=None,
    )  # fmt: skip


def watched(terminal: bool) -> tuple[Watch, io.StringIO]:
    output = io.StringIO()
    console = Console(file=output, force_terminal=terminal, width=160)
    return Watch(StudyProgress(4), console), output


def test_the_view_shows_states_running_runs_and_the_best_with_its_interval() -> None:
    watch, _ = watched(terminal=True)
    for trial in ("a", "b"):
        watch.start_trial(trial, f"trial-{trial}", [0], 7)
    watch.end_epoch("b", "trial-b", {"epoch": 3.0, "seed": 0.0})
    watch.end_trial("a")
    each = (score(0, 0.6), score(1, 0.7), score(2, 0.8))
    watch.add_row(run("trial-a", 0.7, proteins=each))
    watch.add_row(run("trial-c", None, "stopped", provenance={"stopped_by": "asha"}))
    watch.add_row(run("trial-d", 0.6))
    assert watch.words().startswith(
        "2 done, 1 pruned · 1 running: trial-b seed 0 epoch 3 · "
        "best so far trial-a: validation AUROC 0.700 [0.452, 0.948], macro over 3 protein clusters"
    )


def test_at_80_columns_the_best_score_is_visible_despite_long_names() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    watch = Watch(StudyProgress(9), console)
    for trial in ("feed-forward", "expand-memory"):
        watch.start_trial(trial, f"to-{trial}", [0], 7)
    watch.add_row(run("to-residual", 0.7))
    with console.capture() as shown:
        for line in watch.bar.get_renderables():
            console.print(line)
    lines = shown.get().splitlines()
    assert any("best so far to-residual: validation AUROC 0.700" in line for line in lines)


def test_the_best_trial_is_chosen_by_the_objective_and_the_mean_over_its_seeds() -> None:
    output = io.StringIO()
    search = {"objectives": ["parameters"], "seeds_per_trial": 2}
    progress = StudyProgress(4, best=Best(search))
    watch = Watch(progress, Console(file=output, width=160))
    for arm, seed, parameters in (("b", 0, 1.0), ("a", 0, 2e6), ("a", 1, 2e6), ("c", 0, 3e6)):
        watch.add_row(run(f"trial-{arm}", 0.9, seed=seed, cost={"parameters": parameters}))
    assert watch.words() == "4 done · best so far trial-a, mean of 2 seeds: parameters 2,000,000"
    assert output.getvalue().splitlines()[1] == "2/4 trial-a seed 0: done, parameters 2,000,000"
    watch.add_row(run("trial-c", 0.1, seed=1, cost={"parameters": 0.0}))
    assert "trial-c, mean of 2 seeds: parameters 1,500,000" in watch.words()


def test_the_interval_of_one_run_is_a_t_interval_over_clusters() -> None:
    # t(0.975, 2) = 4.3027, sd = 0.1, n = 3: half = 0.2484
    each = (score(0, 0.6), score(1, 0.7), score(2, 0.75), score(2, 0.85))
    assert macro_interval(each) == pytest.approx((0.7 - 0.2484, 0.7 + 0.2484), abs=1e-4)
    assert macro_interval(each[:1]) is None


def test_without_a_terminal_every_run_is_a_plain_line() -> None:
    watch, output = watched(terminal=False)
    with watch:
        watch.add_row(run("trial-a", 0.71234))
        watch.add_row(run("trial-b", None, "failed"))
    assert output.getvalue().splitlines() == [
        "1/4 trial-a seed 0: done, validation AUROC 0.712",
        "2/4 trial-b seed 0: failed",
    ]


def test_on_a_terminal_only_unsuccessful_runs_get_a_line() -> None:
    watch, output = watched(terminal=True)
    watch.add_row(run("trial-a", 0.7))
    watch.add_row(run("trial-b", None, "diverged"))
    assert output.getvalue().splitlines() == ["2/4 trial-b seed 0: diverged"]
