"""The health of a study on its page: coverage, reasons, doctor and guard, cost of each claim."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from synthetic_study import controls, done, plan, write
from twelve_studies import all_failed, search, tuned_arms

from rpbind.analysis.checks import GUARD_FINDINGS
from rpbind.analysis.claims import CLAIM_NAMES
from rpbind.analysis.summary import Summary, read
from rpbind.doctor.kinds import KINDS
from rpbind.figures.curves import best_arm
from rpbind.ledger import ArmPlan, Finding, Ledger, Plan, Row
from rpbind.report.build import build_report
from rpbind.wording import health


def with_costs(folder: Path, study: Plan, **missing: Any) -> Summary:
    """A study whose run of arm i with seed s took 100 i + s wall seconds, and twice that of CPU."""
    ledger = Ledger(folder)
    ledger.begin(study)
    for i, arm in enumerate(study.arms):
        for seed in study.seeds:
            cost = {"seconds": 100.0 * i + seed, "cpu_seconds": 200.0 * i + 2 * seed}
            cost = {k: v for k, v in cost.items() if missing.get(k) != (i, seed)}
            ledger.append(done(arm, seed, 0.0, i, 4).model_copy(update={"cost": cost}))
    return read(ledger)


def checked(arm: ArmPlan, *findings: Finding) -> Row:
    return Row(arm=arm.name, seed=0, state="done", stage="check", recipe=arm.recipe,
               recipe_id=arm.recipe_id, ended="2026-01-02", findings=findings)  # fmt: skip


def test_a_contrast_costs_what_the_runs_of_its_two_arms_cost(tmp_path: Path) -> None:
    summary = with_costs(tmp_path, plan(3, 2))
    found = {each.claim: (each.runs, each.wall, each.cpu) for each in health.costs(summary)}
    assert found == {
        "memory=residue vs old": (4, 0 + 1 + 100 + 101, 2 * (0 + 1 + 100 + 101)),
        "encoder=token vs old": (4, 0 + 1 + 200 + 201, 2 * (0 + 1 + 200 + 201)),
    }


def test_a_time_that_one_run_did_not_record_is_not_summed(tmp_path: Path) -> None:
    summary = with_costs(tmp_path, plan(3, 2), cpu_seconds=(2, 1))
    assert [each.cpu is None for each in health.costs(summary)] == [False, True]
    assert all(each.wall is not None for each in health.costs(summary))


def test_without_contrasts_each_arm_has_the_cost_of_its_own_runs(tmp_path: Path) -> None:
    summary = with_costs(tmp_path, plan(2, 2, contrasts=()))
    assert [(each.runs, each.wall) for each in health.costs(summary)] == [(2, 1.0), (2, 201.0)]


def test_a_contrast_of_tuned_arms_stands_on_all_trials_and_on_the_winners_runs(
    tmp_path: Path,
) -> None:
    (cost,) = health.costs(read(Ledger(tuned_arms(tmp_path))))
    assert cost.runs == 2 * 5 * (3 + 2)  # arms, searches, trials of each, fresh seeds


def test_runs_are_planned_done_failed_or_missing(tmp_path: Path) -> None:
    write(tmp_path, plan())  # one diverged, one failed, one never run
    (arms, retrained) = health.coverage(read(Ledger(tmp_path)))
    assert (arms.planned, arms.done, arms.failed, arms.missing) == (60, 57, 2, 1)
    assert (retrained.planned, retrained.done, retrained.missing) == (5, 0, 5)


def test_trials_of_a_search_are_counted_too(tmp_path: Path) -> None:
    trials = health.coverage(read(Ledger(search(tmp_path))))[-1]
    assert (trials.kind, trials.planned, trials.done) == ("trials of search", 30, 30)


def test_windows_and_proteins_of_the_test_part_are_counted_once(tmp_path: Path) -> None:
    write(tmp_path, plan(2, 2), clusters=24, lost=False)
    text = health.scored(read(Ledger(tmp_path)))
    assert re.findall(r"[\d,]+\d", text) == ["9,600", "4,800", "24", "24"]


def test_every_finding_of_the_guard_is_known_as_one() -> None:
    assert set(GUARD_FINDINGS) <= KINDS.keys()


@pytest.mark.parametrize("name", [*GUARD_FINDINGS, "RNA ignored"])
def test_the_guard_is_told_from_the_doctor(name: str, tmp_path: Path) -> None:
    study = plan(2, 2)
    write(tmp_path, study, lost=False)
    found = Finding(name=name, severity="warning", measured=0.0, threshold=1.0, advice="Mend it.")
    for arm, mine in zip(study.arms, ((), (found,)), strict=True):
        Ledger(tmp_path).append(checked(arm, *mine))
    text = health.doctor(read(Ledger(tmp_path)))
    assert (study.arms[1].name in text) == (name != "RNA ignored")


def test_without_contrasts_the_guard_had_nothing_to_compare(tmp_path: Path) -> None:
    study = plan(1, 2, contrasts=(), controls=())
    write(tmp_path, study, lost=False)
    Ledger(tmp_path).append(checked(study.arms[0]))
    text = health.doctor(read(Ledger(tmp_path)))
    assert "1 arm" in text
    assert "guard" not in text


def test_equal_failures_are_one_line_with_their_number_and_the_command(tmp_path: Path) -> None:
    summary = read(Ledger(all_failed(tmp_path)))
    assert health.reasons(summary) == [(12, "failed", "CUDA out of memory")]
    section = build_report(tmp_path).read_text().split('<section id="failures">')[1]
    shown = section.split("<table")[0]
    assert shown.count("CUDA out of memory") == 1
    assert f'<pre class="command" tabindex="0">{summary.plan.command}</pre>' in shown


def test_health_is_one_section(tmp_path: Path) -> None:
    study = plan()
    write(tmp_path, study)
    Ledger(tmp_path).append(checked(study.arms[0]))
    page = build_report(tmp_path).read_text()
    contents = page.split('<nav class="contents"')[1].split("</nav>")[0]
    assert "#health" in contents
    for part in ("failures", "before-training", "findings", "spent"):
        assert page.index('<section id="health">') < page.index(f'<section id="{part}">')
        assert f"#{part}" not in contents


def test_the_best_arms_claims_are_open_and_those_of_the_others_folded(tmp_path: Path) -> None:
    write(tmp_path, plan(3, 5), lost=False)
    controls(tmp_path, plan(3, 5))
    best = best_arm(read(Ledger(tmp_path)).arms).plan.name
    section = build_report(tmp_path).read_text().split('<section id="controls">')[1]
    claims = section.split('data-name="claims"')[1].split("</section>")[0]
    opened, folded = claims.split("<details>")
    assert f'<th scope="col">{best}</th>' in opened
    assert opened.count('<th scope="row">') == len(CLAIM_NAMES)
    others = re.findall(r'<th scope="row">(.*?)</th>', folded)
    assert set(others) == {arm.name for arm in plan(3, 5).arms} - {best}
