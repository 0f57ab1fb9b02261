"""A search that is there is given more trials, or a larger budget, by the command that asks."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from toy_finished import row
from toy_search import BASE, best_at_a_thousandth, drive, opened, toy_sweep

from rpbind.analysis.summary import read
from rpbind.design.plan import missing
from rpbind.errors import UserError
from rpbind.ledger import ArmPlan, ContrastPlan, Ledger, Plan, ProteinScore, Row, Stage
from rpbind.recipe import Recipe
from rpbind.recipe.presets import OLD
from rpbind.report.build import build_report
from rpbind.screens.terminal import verdict_table
from rpbind.search.config import SearchConfig
from rpbind.search.search import Sweep
from rpbind.search.winners import has_frozen_winners, with_winners
from rpbind.statistics.interim import analysis_number, level_of
from rpbind.study.extend import extended
from rpbind.study.resume import not_done, resumed
from rpbind.study.status import status
from rpbind.wording.banners import banners

Score = Callable[[Recipe], float]


def plan_of(sweep: Sweep, **more: Any) -> Plan:
    base = ArmPlan(name="base", recipe=BASE.model_dump(mode="json"), recipe_id=BASE.id)
    fields: dict[str, Any] = {
        "study": "x", "question": "?", "prediction": "!", "rule": ".", "design": "search",
        "arms": () if sweep.tunes_arms else (base,), "contrasts": (), "seeds": (0, 1),
        "dataset": "", "split": "", "search": sweep.plan_entry(), "created": "",
    }  # fmt: skip
    return Plan(**(fields | more))


def call(
    sweep: Sweep, folder: Path, score: Score = best_at_a_thousandth, most: int | None = None
) -> Plan:
    """Run a study as `launch` does, in one process; a budget ends its search after `most`."""
    ledger = Ledger(folder)
    plan = resumed(plan_of(sweep), ledger, 0)
    ledger.begin(plan)
    if not has_frozen_winners(plan):
        for loop in opened(sweep, folder):
            loop.is_budget_spent = lambda: most is not None and len(ledger.rows("search")) >= most
            drive(loop, folder, score)
        ledger.begin(with_winners(plan, sweep, ledger.rows("search")))
    for (name, seed), attempt in missing(ledger.plan, ledger).items():
        recipe = next(a.recipe for a in ledger.plan.arms if a.name == name)
        made = row(name, seed, "done", Recipe.model_validate(recipe))
        ledger.append(made.model_copy(update={"attempt": attempt}))
    return ledger.plan


def better(recipe: Recipe) -> float:
    return 1.0 + best_at_a_thousandth(recipe)


def worse(recipe: Recipe) -> float:
    return best_at_a_thousandth(recipe) - 1.0


def test_a_search_of_six_trials_is_extended_by_two_and_the_six_are_not_repeated(
    tmp_path: Path,
) -> None:
    call(toy_sweep(6), tmp_path)
    first = Ledger(tmp_path).rows("search")
    plan = call(toy_sweep(8), tmp_path, worse)
    rows = Ledger(tmp_path).rows("search")
    assert [r.arm for r in rows] == [f"trial-{n:04d}" for n in range(8)]
    assert rows[:6] == first
    assert {r.attempt for r in rows} == {0}
    assert plan.search is not None
    assert plan.search["trials"] == 8
    assert not_done(plan, Ledger(tmp_path)) == []


def test_an_unchanged_winner_is_not_evaluated_on_test_again(tmp_path: Path) -> None:
    before = call(toy_sweep(6), tmp_path)
    confirmed = Ledger(tmp_path).rows()
    plan = call(toy_sweep(8), tmp_path, worse)
    assert plan.arms[-1].recipe_id == before.arms[-1].recipe_id
    assert Ledger(tmp_path).rows() == confirmed
    (banner,) = [banner for banner in banners(read(Ledger(tmp_path))) if "extended" in banner]
    assert "from 6 trials" in banner
    assert "the winner is still the same" in banner


def test_a_new_winner_is_evaluated_on_test_and_both_winners_are_recorded(
    tmp_path: Path,
) -> None:
    before = call(toy_sweep(6), tmp_path)
    plan = call(toy_sweep(8), tmp_path, better)
    assert before.search is not None
    assert plan.search is not None
    old = before.search["winners"]["search"]
    assert plan.search["winners"]["search"]["trial"] in ("trial-0006", "trial-0007")
    (past,) = plan.search["extensions"]
    assert past["winners"]["search"] == {**old, "recipe_id": before.arms[-1].recipe_id}
    assert (past["trials"], past["made"]) == (6, 6)
    runs = [r for r in Ledger(tmp_path).rows() if r.arm == "tuned"]
    assert {(r.recipe_id, r.seed) for r in runs} == {
        (of.arms[-1].recipe_id, seed) for of in (before, plan) for seed in (0, 1)
    }
    summary = read(Ledger(tmp_path))
    assert summary.left_out == 0
    assert not any("do not count" in line for line in status(Ledger(tmp_path)).words())
    assert any(f"{old['trial']} was replaced" in banner for banner in banners(summary))
    console = Console(width=300, record=True, file=io.StringIO())
    console.print(verdict_table(tmp_path))
    for shown in (build_report(tmp_path).read_text(), console.export_text()):
        assert f"{old['trial']} was replaced, and test was used again" in shown


def test_an_interrupted_extension_continues_with_the_same_command(tmp_path: Path) -> None:
    call(toy_sweep(6), tmp_path)
    ledger = Ledger(tmp_path)
    ledger.begin(resumed(plan_of(toy_sweep(8)), ledger, 0))  # and the process was killed
    assert status(Ledger(tmp_path)).states == {"done": 2, "planned": 2}
    plan = call(toy_sweep(8), tmp_path, worse)
    assert plan.search is not None
    assert len(plan.search["extensions"]) == 1
    assert len(Ledger(tmp_path).rows("search")) == 8


def test_the_same_command_changes_nothing_and_fewer_trials_are_refused(tmp_path: Path) -> None:
    plan = call(toy_sweep(6), tmp_path)
    assert resumed(plan_of(toy_sweep(6)), Ledger(tmp_path), 0) == plan
    with pytest.raises(UserError, match=r"has 6 trials.*--trials 5.*--trials 6 or more"):
        resumed(plan_of(toy_sweep(5)), Ledger(tmp_path), 0)


def test_a_search_that_its_budget_ended_continues_with_a_larger_budget(tmp_path: Path) -> None:
    call(toy_sweep(6, config=SearchConfig(train_seconds=6)), tmp_path, most=3)
    assert len(Ledger(tmp_path).rows("search")) < 6
    with pytest.raises(UserError, match=r"larger budget.*--budget-train-seconds: 6 → 5"):
        resumed(plan_of(toy_sweep(6, config=SearchConfig(train_seconds=5))), Ledger(tmp_path), 0)
    made = len(Ledger(tmp_path).rows("search"))
    call(toy_sweep(6, config=SearchConfig(train_seconds=60)), tmp_path)
    assert len(Ledger(tmp_path).rows("search")) == 6
    assert f"extended from {made} trials" in " ".join(banners(read(Ledger(tmp_path))))
    whole = Ledger(tmp_path).plan
    larger = resumed(plan_of(toy_sweep(6)), Ledger(tmp_path), 0)
    assert larger == whole  # all its trials are made: there is nothing to go on with


def test_a_search_without_a_complete_trial_can_be_extended(tmp_path: Path) -> None:
    nan = float("nan")
    plan = call(toy_sweep(2), tmp_path, lambda recipe: nan)
    assert "the arm tuned was never made" in not_done(plan, Ledger(tmp_path))[0]
    plan = call(toy_sweep(4), tmp_path)
    assert not_done(plan, Ledger(tmp_path)) == []
    assert "none of which was complete" in " ".join(banners(read(Ledger(tmp_path))))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"search": toy_sweep(6, config=SearchConfig(sampler="random")).plan_entry()},
            "search sampler tpe → random",
        ),
        ({"seeds": (0, 1, 2)}, "--add-seeds 1"),
        ({"seeds": (0,)}, "another --name"),
        ({"dataset": "other"}, "another --name"),
    ],
)
def test_a_refused_extension_says_why_and_what_to_do(
    changed: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    Ledger(tmp_path).begin(plan_of(toy_sweep(6)))
    with pytest.raises(UserError) as error:
        resumed(plan_of(toy_sweep(6), **changed, fingerprint="other"), Ledger(tmp_path), 0)
    assert expected in str(error.value)
    assert ("--add-seeds" in str(error.value)) == (expected == "--add-seeds 1")


def test_trials_and_seeds_cannot_be_added_at_once(tmp_path: Path) -> None:
    call(toy_sweep(6), tmp_path)
    with pytest.raises(UserError, match="not by both at once"):
        resumed(plan_of(toy_sweep(8)), Ledger(tmp_path), 2)
    assert resumed(plan_of(toy_sweep(6)), Ledger(tmp_path), 2).seeds == (0, 1, 2, 3)


def test_tuned_arms_are_judged_again_at_the_level_of_a_second_analysis(
    tmp_path: Path,
) -> None:
    contrast = ContrastPlan(name="whole", arm="fixed", reference="old")
    arms = {"old": OLD.with_({"train.epochs": 9}), "fixed": BASE}
    few, more = (
        Sweep(arms, toy_sweep(1).space, n, searches_per_arm=5, contrasts=(contrast,))
        for n in (2, 3)
    )
    ledger = Ledger(tmp_path)
    for search in few.searches:
        for n in range(2):
            recipe = search.base.with_({"train.lr": 1e-3 * (1 + n + search.number)})
            ledger.append(row(search.trial(n), 1000, "done", recipe, "search"))
    plan = with_winners(plan_of(few), few, ledger.rows("search"))
    ledger.begin(plan)
    for place, arm in enumerate(plan.arms):
        for seed in plan.seeds:
            worth = 0.6 + 0.1 * arm.name.startswith("fixed") + 0.001 * ((3 * place + seed) % 4)
            scores = [
                ProteinScore(part="test", protein=f"P{g}", cluster=g, windows=9, positives=4,
                             auroc=worth + 0.001 * ((g + place) % 3), auprc=None)
                for g in range(24)
            ]  # fmt: skip
            made = row(arm.name, seed, "done", Recipe.model_validate(arm.recipe))
            ledger.append(made.model_copy(update={"proteins": tuple(scores)}))
    reopened = resumed(plan_of(more), Ledger(tmp_path), 0)
    (analysis,) = reopened.looks
    assert (analysis.trials, analysis.verdicts) == (2, {"whole": "better, meaningful"})
    assert level_of(analysis_number(reopened)) == 0.01
    assert reopened.arms == ()
    ledger.begin(reopened)
    assert "2 trials per search" in " ".join(banners(read(ledger)))


def test_shared_configurations_do_not_depend_on_their_number() -> None:
    few, more = (
        Sweep({"a": OLD, "b": BASE}, toy_sweep(1).space, n, shared=True, seed=3) for n in (4, 7)
    )
    assert more.points[:4] == few.points


def test_a_search_that_its_budget_ended_reports_the_requested_number_of_trials(
    tmp_path: Path,
) -> None:
    call(toy_sweep(6, config=SearchConfig(train_seconds=6)), tmp_path, most=3)
    made = len(Ledger(tmp_path).rows("search"))
    assert any(f"{made} of 6: {made} done" in line for line in status(Ledger(tmp_path)).words())
    console = Console(width=300, record=True, file=io.StringIO())
    console.print(verdict_table(tmp_path))
    assert f"{made} of 6 trials" in console.export_text()
    assert f"{made} of 6" in build_report(tmp_path).read_text()


def test_seeds_added_after_claims_were_answered_are_a_second_analysis(tmp_path: Path) -> None:
    def scored(part: float, name: str, seed: int, stage: Stage) -> Row:
        scores = [
            ProteinScore(part="test", protein=f"P{g}", cluster=g, windows=9, positives=4,
                         auroc=part + 0.01 * ((7 * g + 3 * seed) % 5), auprc=None)
            for g in range(24)
        ]  # fmt: skip
        made = row(name, seed, "done", BASE, stage)
        return made.model_copy(update={"proteins": tuple(scores)})

    plan = call(toy_sweep(3), tmp_path)
    ledger = Ledger(tmp_path)
    assert extended(plan, ledger, 2).looks[0].verdicts == {}  # no run has scores of proteins
    for seed in (2, 3):
        ledger.append(scored(0.7, "base", seed, "ablation"))
    ledger.append(scored(0.6, "5mer-per-protein", 0, "control"))
    plan = plan.model_copy(update={"seeds": (2, 3)})
    ledger.begin(plan)
    more = extended(plan, ledger, 2)
    assert more.looks[0].verdicts["beats the plain baseline: base"] == "better"
    assert level_of(analysis_number(more)) == 0.01
