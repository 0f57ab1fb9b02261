import itertools

import numpy as np
import pytest

from rpbind.analysis.tuned import expected_best, summarise_tuned
from rpbind.ledger import Plan, ProteinScore, Row
from rpbind.presets import FIXED, OLD

ARMS = {"old": OLD, "fixed": FIXED}
CONTRAST = {"name": "whole", "arm": "fixed", "reference": "old"}


def plan(searches: int, *, shared: bool = False) -> Plan:
    lanes = [f"{arm}.s{s}" for arm in ARMS for s in range(searches)]
    return Plan(
        study="x", question="", prediction="", rule="", design="tuned", arms=(), contrasts=(),
        seeds=(0, 1), dataset="", split="", created="",
        search={
            "arms": {name: recipe.model_dump(mode="json") for name, recipe in ARMS.items()},
            "searches": searches, "shared": shared, "closed": True, "contrasts": [CONTRAST],
            "winners": {lane: {"arm": lane, "trial": f"{lane}.trial-0001"} for lane in lanes},
        },
    )  # fmt: skip


def row(name: str, seed: int, auroc: float, stage: str = "search", *, clusters: int = 12) -> Row:
    recipe = ARMS[name.partition(".")[0]]
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


def confirmed(searches: int) -> list[Row]:
    return [
        row(f"{arm}.s{s}", seed, 0.58 + 0.05 * (arm == "fixed"), "ablation")
        for arm in ARMS
        for s in range(searches)
        for seed in (0, 1)
    ]


def test_the_expected_best_of_n_is_the_mean_over_all_ways_to_draw_them() -> None:
    value_N = np.array([0.3, 0.9, 0.5, 0.1, 0.7])
    brute = [
        np.mean([max(chosen) for chosen in itertools.combinations(value_N, n)]) for n in range(1, 6)
    ]
    assert expected_best(value_N) == pytest.approx(brute)


@pytest.mark.parametrize("searches", [1, 4])
def test_too_few_searches_per_arm_are_refused_a_verdict_with_the_reason(searches: int) -> None:
    tuned = summarise_tuned(plan(searches), confirmed(searches), trials(searches))
    assert tuned.contrasts == ()
    assert f"{searches} search" in tuned.refusal
    assert "--shared-configs" in tuned.refusal


def test_five_searches_per_arm_are_judged_by_search() -> None:
    tuned = summarise_tuned(plan(5), confirmed(5), trials(5))
    (contrast,) = tuned.contrasts
    assert (tuned.refusal, tuned.unit, tuned.part) == ("", "search", "test")
    assert (contrast.units, contrast.clusters) == (5, 12)
    assert contrast.verdict.word == "better"
    assert contrast.verdict.mean == pytest.approx(0.05, abs=0.004)


def test_shared_configurations_are_paired_on_validation() -> None:
    tuned = summarise_tuned(plan(1, shared=True), confirmed(1), trials(1, count=8))
    (contrast,) = tuned.contrasts
    assert (tuned.unit, tuned.part, contrast.units) == ("configuration", "validation", 8)
    assert contrast.verdict.word == "better"


def test_a_winner_says_its_budget_its_optimism_and_how_often_test_was_read() -> None:
    tuned = summarise_tuned(plan(1), confirmed(1), trials(1))
    old = tuned.winners[0]
    assert (old.lane, old.trials, old.reads) == ("old.s0", 3, 2)
    assert old.optimism == pytest.approx(0.62 - 0.58)
    assert tuned.equal
    uneven = summarise_tuned(plan(1), confirmed(1), trials(1)[:-1])
    assert not uneven.equal


def test_the_best_of_fifty_equal_configurations_is_optimistic_by_two_sd() -> None:
    rng = np.random.default_rng(0)
    best = [expected_best(rng.normal(0.7, 0.01, 50))[-1] - 0.7 for _ in range(400)]
    assert np.mean(best) == pytest.approx(0.022, abs=0.001)


def test_a_search_that_goes_on_has_no_verdict_yet() -> None:
    asked = plan(5)
    assert asked.search is not None
    open_search = {k: v for k, v in asked.search.items() if k not in ("closed", "winners")}
    tuned = summarise_tuned(asked.model_copy(update={"search": open_search}), [], trials(5))
    assert "not finished" in tuned.refusal
