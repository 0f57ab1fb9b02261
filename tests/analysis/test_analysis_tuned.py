import itertools
from pathlib import Path

import numpy as np
import pytest

from rpbind.analysis.expected_best import expected_best
from rpbind.analysis.tuned import TunedContrast, summarise_tuned
from rpbind.ledger import ArmPlan, InterimAnalysis, Ledger, Plan, ProteinScore, Row
from rpbind.recipe.presets import FIXED, OLD
from rpbind.study.extend import extended

ARMS = {"old": OLD, "fixed": FIXED}
CONTRAST = {"name": "whole", "arm": "fixed", "reference": "old"}


def plan(searches: int, *, shared: bool = False, count: int = 3, seeds: int = 2) -> Plan:
    search_names = [f"{arm}.s{s}" for arm in ARMS for s in range(searches)]
    return Plan(
        study="x", question="", prediction="", rule="", design="tuned", arms=(), contrasts=(),
        seeds=tuple(range(seeds)), dataset="", split="", created="",
        search={
            "arms": {name: recipe.model_dump(mode="json") for name, recipe in ARMS.items()},
            "searches": searches, "shared": shared, "closed": True, "contrasts": [CONTRAST],
            "trials": count, "seeds_per_trial": 1,
            "winners": {s: {"arm": s, "trial": f"{s}.trial-0001"} for s in search_names},
        },
    )  # fmt: skip


def row(name: str, seed: int, auroc: float, stage: str = "search", *, clusters: int = 12) -> Row:
    search = int(name.split(".")[1].removeprefix("s"))
    recipe = ARMS[name.partition(".")[0]].with_({"train.lr": 1e-3 * (1 + search)})
    part = "validation" if stage == "search" else "test"
    noise = np.random.default_rng([len(name), seed, *name.encode()]).normal(0, 0.004, clusters)
    return Row.model_validate(
        {
            "arm": name, "seed": seed, "state": "done", "stage": stage,
            "recipe": recipe.model_dump(mode="json"), "recipe_id": recipe.id, "ended": str(seed),
            "metrics": {f"{part}.auroc_macro": auroc, "validation.auroc_macro": auroc},
            "proteins": [
                ProteinScore(part=part, protein=f"P{g}", cluster=g, windows=9, positives=4,
                             auroc=auroc + n, auprc=None)
                for g, n in enumerate(noise)
            ],
        }
    )  # fmt: skip


def trials(searches: int, count: int = 3) -> list[Row]:
    return [
        row(f"{arm}.s{s}.trial-{n:04d}", 1000 + s, 0.6 + 0.01 * n + 0.05 * (arm == "fixed"))
        for arm in ARMS
        for s in range(searches)
        for n in range(count)
    ]


def confirmed(searches: int, seeds: int = 2) -> list[Row]:
    return [
        row(f"{arm}.s{s}", seed, 0.58 + 0.05 * (arm == "fixed"), "ablation")
        for arm in ARMS
        for s in range(searches)
        for seed in range(seeds)
    ]


def test_the_expected_best_of_n_is_the_mean_maximum_over_all_subsets() -> None:
    value_N = np.array([0.3, 0.9, 0.5, 0.1, 0.7])
    brute = [
        np.mean([max(chosen) for chosen in itertools.combinations(value_N, n)]) for n in range(1, 6)
    ]
    assert expected_best(value_N) == pytest.approx(brute)


@pytest.mark.parametrize("searches", [1, 4])
def test_too_few_searches_per_arm_give_no_verdict_and_a_reason(searches: int) -> None:
    tuned = summarise_tuned(plan(searches), confirmed(searches), trials(searches))
    assert tuned.contrasts == ()
    assert f"{searches} search" in tuned.refusal
    assert "--shared-configs" in tuned.refusal


def test_with_five_searches_per_arm_the_search_is_the_unit() -> None:
    tuned = summarise_tuned(plan(5), confirmed(5), trials(5))
    (contrast,) = tuned.contrasts
    assert (tuned.refusal, tuned.unit, tuned.part) == ("", "search", "test")
    assert (contrast.paired.n, len(contrast.paired.clusters)) == (5, 12)
    assert contrast.verdict.word == "better"
    assert contrast.verdict.mean == pytest.approx(0.05, abs=0.004)


def judged(study_plan: Plan, rows: list[Row], searched: list[Row] | None = None) -> TunedContrast:
    tuned = summarise_tuned(study_plan, rows, searched or trials(5))
    (contrast,) = tuned.contrasts
    return contrast


def test_a_search_whose_winner_diverged_does_not_count_and_four_searches_are_inconclusive() -> None:
    rows = [
        r.model_copy(update={"state": "diverged", "error": "loss is nan"})
        if (r.arm, r.seed) == ("fixed.s2", 1)
        else r
        for r in confirmed(5)
    ]
    contrast = judged(plan(5), rows)
    assert contrast.verdict.word == "inconclusive"
    assert contrast.verdict.ci is None
    assert "4 of 5 are complete" in contrast.verdict.reason
    assert contrast.paired.missing == (
        "fixed search 2: 1 of 2 runs done; seed 1 diverged (loss is nan)",
    )


def test_a_winner_with_missing_runs_is_not_a_unit_yet() -> None:
    rows = [r for r in confirmed(6) if r.seed == 0 or r.arm != "old.s4"]
    contrast = judged(plan(6), rows, trials(6))
    assert (contrast.paired.n, contrast.paired.planned) == (5, 6)
    assert contrast.paired.missing == ("old search 4: 1 of 2 runs done",)
    assert contrast.verdict.word == "better"
    nothing = judged(plan(5, seeds=3), confirmed(5, seeds=2))
    assert nothing.paired.n == 0
    assert nothing.verdict.mean is None


def test_searches_with_the_same_winner_count_once() -> None:
    rows = confirmed(6)
    first = next(r for r in rows if r.arm == "fixed.s0")
    same = {"recipe": first.recipe, "recipe_id": first.recipe_id}
    rows = [r.model_copy(update=same) if r.arm == "fixed.s3" else r for r in rows]
    contrast = judged(plan(6), rows, trials(6))
    assert contrast.paired.units == (0, 1, 2, 4, 5)
    (why,) = contrast.paired.missing
    assert why == "fixed search 3 has the same winner as search 0"


def test_a_configuration_counts_when_every_seed_of_both_its_trials_is_done() -> None:
    study_plan = plan(1, shared=True, count=8)
    searched = trials(1, count=8)
    lost = searched[-1].model_copy(update={"state": "failed", "error": "no space"})
    contrast = judged(study_plan, confirmed(1), [*searched[:-1], lost])
    assert contrast.paired.n == 7
    assert contrast.paired.missing == (
        "fixed trial 7: 0 of 1 runs done; seed 1000 failed (no space)",
    )


def test_tuned_arms_after_an_interim_analysis_are_judged_at_its_level() -> None:
    seen = InterimAnalysis(when="2026-01-01", seeds=1, verdicts={"whole": "better, meaningful"})
    again = plan(5).model_copy(update={"looks": (seen,)})
    first, second = judged(plan(5), confirmed(5)), judged(again, confirmed(5))
    assert (first.verdict.alpha, second.verdict.alpha) == (0.05, 0.01)
    assert second.verdict.ci is not None
    assert first.verdict.ci is not None
    assert second.verdict.ci[0] < first.verdict.ci[0]


def test_verdicts_on_tuned_arms_are_recorded_when_seeds_are_added(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    arms = tuple(
        ArmPlan(name=r.arm, recipe=r.recipe, recipe_id=r.recipe_id) for r in confirmed(5, seeds=1)
    )
    study_plan = plan(5).model_copy(update={"arms": arms})
    ledger.begin(study_plan)
    for each in [*trials(5), *confirmed(5)]:
        ledger.append(each)
    (look,) = extended(study_plan, ledger, 2).looks
    assert look.verdicts == {"whole": "better, meaningful"}


def test_shared_configurations_are_paired_on_validation() -> None:
    tuned = summarise_tuned(plan(1, shared=True, count=8), confirmed(1), trials(1, count=8))
    (contrast,) = tuned.contrasts
    assert (tuned.unit, tuned.part, contrast.paired.n) == ("configuration", "validation", 8)
    assert contrast.verdict.word == "better"


def test_a_winner_has_its_budget_its_optimism_and_its_test_runs() -> None:
    tuned = summarise_tuned(plan(1), confirmed(1), trials(1))
    old = tuned.winners[0]
    assert (old.search, old.trials, old.test_reads) == ("old.s0", 3, 2)
    assert old.optimism == pytest.approx(0.62 - 0.58)
    assert old.ci is not None
    assert old.ci[0] < 0.58 < old.ci[1]
    assert tuned.equal
    uneven = summarise_tuned(plan(1), confirmed(1), trials(1)[:-1])
    assert not uneven.equal


def test_the_best_of_fifty_equal_configurations_is_optimistic_by_two_sd() -> None:
    rng = np.random.default_rng(0)
    best = [expected_best(rng.normal(0.7, 0.01, 50))[-1] - 0.7 for _ in range(400)]
    assert np.mean(best) == pytest.approx(0.022, abs=0.001)


def test_a_search_that_goes_on_has_no_verdict_yet() -> None:
    study_plan = plan(5)
    assert study_plan.search is not None
    open_search = {k: v for k, v in study_plan.search.items() if k not in ("closed", "winners")}
    tuned = summarise_tuned(study_plan.model_copy(update={"search": open_search}), [], trials(5))
    assert "not finished" in tuned.refusal


def test_the_expected_best_of_many_trials_does_not_overflow() -> None:
    curve = expected_best(np.random.default_rng(0).normal(size=1500))
    assert np.isfinite(curve).all()
    assert (np.diff(curve) >= 0).all()
