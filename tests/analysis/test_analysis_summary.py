import math

import pytest
from toy_ledger import plan, row

from rpbind.analysis.arms import curve, spread
from rpbind.analysis.summary import summarise
from rpbind.ledger import Call, Finding
from rpbind.ledger.search_results import summarise_search
from rpbind.recipe import Recipe
from rpbind.wording.words import cost_words

AUROC = {"0_K562": 0.6, "0_HepG2": 0.7, "1_K562": 0.5}


def test_the_headline_of_an_arm_is_the_mean_over_clusters_and_seeds() -> None:
    better = {protein: value + 0.1 for protein, value in AUROC.items()}
    rows = [row("old", 0, AUROC), row("old", 1, better)]
    old, new = summarise(plan(), rows, []).arms
    assert old.macro == pytest.approx({0: 0.575, 1: 0.675})
    assert old.headline is not None
    assert (old.headline.mean, old.headline.n) == (pytest.approx(0.625), 2)
    assert new.headline is None


def test_a_missing_or_undefined_metric_has_no_spread() -> None:
    assert spread([]) is None
    assert spread([math.nan]) is None


def test_the_mean_curve_ends_with_the_run_that_ends_first() -> None:
    short = [{"epoch": 1.0, "train.loss": 1.0}, {"epoch": 2.0, "train.loss": 0.5}]
    long = [{"epoch": e, "train.loss": 0.0} for e in (1.0, 2.0, 3.0)]
    drawn = curve([row("old", 0, curve=short), row("old", 1, curve=long)], "train.loss")
    assert drawn.mean_epoch_E.tolist() == [1, 2]
    assert drawn.mean_E.tolist() == [0.5, 0.25]
    assert len(drawn.value_by_run[1]) == 3


def test_every_planned_run_is_done_or_a_failure() -> None:
    rows = [row("old", 0, AUROC), row("new", 0, state="failed", error="out of memory")]
    summary = summarise(plan(), rows, [])
    found = [(f.arm, f.seed, f.state) for f in summary.failures]
    assert found == [("old", 1, "planned"), ("new", 0, "failed"), ("new", 1, "planned")]
    assert summary.done == 1


def test_runs_made_with_two_versions_of_the_code_are_noticed() -> None:
    made = [{"code": "abc", "device": "cpu"}, {"code": "def", "device": "cpu"}]
    rows = [row("old", seed, AUROC, provenance=made[seed]) for seed in (0, 1)]
    assert summarise(plan(), rows, []).mixed == ("code",)


def test_folds_have_different_splits_and_only_two_splits_of_one_fold_are_noticed() -> None:
    def found(arm: str, seed: int, split: str) -> tuple[str, ...]:
        first = {"split": "fold0of3_seed0_neg-as-given aa"}
        rows = [
            row("old", 0, AUROC, provenance=first),
            row(arm, seed, AUROC, provenance={"split": split}),
        ]
        return summarise(plan((0, 1, 2), split="folds3_neg-as-given cc"), rows, []).mixed

    assert found("old", 1, "fold1of3_seed0_neg-as-given bb") == ()
    assert found("new", 0, "fold0of3_seed0_neg-as-given bb") == ("split",)


def test_fewer_than_twenty_test_clusters_and_three_seeds_are_noticed() -> None:
    rows = [row(arm, seed, AUROC) for arm in ("old", "new") for seed in (0, 1)]
    summary = summarise(plan(), rows, [])
    assert summary.few_clusters == 2
    assert summary.contrasts[0].is_screening
    assert summary.contrasts[0].diff == {"model.residual": (True, False)}


def test_equal_findings_are_grouped_and_errors_come_first() -> None:
    note = Finding(name="slow", severity="info", measured=1.0, threshold=2.0, advice="wait")
    dead = Finding(name="dead", severity="error", measured=None, threshold=None, advice="look")
    rows = [row("old", seed, AUROC, findings=(note, dead)) for seed in (0, 1)]
    found = summarise(plan(), rows, []).findings
    assert [(f.finding.name, f.runs, f.arms) for f in found] == [
        ("dead", 2, ("old",)),
        ("slow", 2, ("old",)),
    ]


def at(second: int) -> str:
    return f"2026-01-01T00:00:{second:02d}+00:00"


def test_the_cost_has_training_time_and_slot_time_of_all_calls() -> None:
    trained = {"cost": {"train_seconds": 3.0}}
    rows = [
        row("old", 0, AUROC, ended=at(5), **trained),
        row("old", 1, AUROC, ended=at(33), **trained),
        row("new", 0, state="lost", ended=at(25)),  # which the second call found and wrote
    ]
    pruned = row("new", 0, stage="search", state="stopped", ended=at(12), **trained)
    control = row("new", 1, stage="control", ended=at(35), **trained)
    calls = (
        Call(began=at(0), slots=2),  # killed: up to the pruned trial, 2 x 12 s
        Call(began=at(20), slots=1, ended=at(40)),
    )
    found = summarise(plan(), rows, [pruned], controls=[control], calls=calls).cost
    assert (found.runs, found.training, found.calls, found.killed) == (4, 12.0, 2, 1)
    assert found.slot_seconds == pytest.approx(2 * 12 + 20)
    for part in ("4 runs", "12.0 s", "27 % of 44.0 s", "2 calls", "1 killed"):
        assert part in cost_words(found)


def test_a_killed_call_in_which_no_run_ended_counts_no_time() -> None:
    (lost,) = [row("old", 0, state="lost", ended=at(30))]
    found = summarise(plan(), [lost], [], calls=[Call(began=at(10), slots=2)]).cost
    assert (found.runs, found.slot_seconds) == (0, 0.0)


def test_without_recorded_calls_there_is_no_slot_time() -> None:
    found = summarise(plan(), [row("old", 0, AUROC, cost={"train_seconds": 3.0})], []).cost
    assert found.slot_seconds is None
    assert "1 run trained for 3.0 s" in cost_words(found)


def test_a_search_has_the_hyperparameters_that_vary_and_the_best_so_far() -> None:
    values = [0.6, 0.7, None, 0.65]
    trials = [
        row("old", 1000, stage="search", ended=f"2026-01-0{n + 1}",
            state="failed" if value is None else "done",
            recipe=Recipe().with_({"train.lr": 10.0**-n}).model_dump(mode="json"),
            metrics={} if value is None else {"validation.auroc_macro": value})
        .model_copy(update={"arm": f"trial-{n:04d}"})
        for n, value in enumerate(values)
    ]  # fmt: skip
    search = summarise_search(trials[::-1])
    assert search.varied == ("train.lr",)
    assert [t.best for t in search.trials] == [0.6, 0.7, 0.7, 0.7]
    assert search.best is not None
    assert search.best.fields == {"train.lr": 0.1}
