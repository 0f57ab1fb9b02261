"""The confirmatory claim is corrected over its arms only, not for exploratory probes."""

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from toy_ledger import plan, row

from rpbind.analysis.claims import CLAIM_NAMES, CONFIRMATORY, Claim
from rpbind.analysis.controls import Controls, summarise_controls
from rpbind.analysis.families import families
from rpbind.ledger import Ledger, Plan, ProteinScore, Row
from rpbind.ledger.plans import recipe_id
from rpbind.report.build import build_report
from rpbind.screens.terminal import verdict_table
from rpbind.statistics.table import planned_runs

SEEDS, CLUSTERS = range(5), range(20)
PROBES = ("proteins-shuffled", "uniform-attention", "letters-shuffled")
OLD = plan(tuple(SEEDS), split="cold-protein_70-15-15_seed0")
NEW = OLD.model_copy(update={"confirmatory": CONFIRMATORY})


def part(name: str, means: np.ndarray) -> tuple[ProteinScore, ...]:
    return tuple(
        ProteinScore(part=name, protein=f"P{g}", cluster=g, windows=400, positives=200,
                     auroc=float(a), auprc=float(a))
        for g, a in enumerate(means)
    )  # fmt: skip


def run(arm: str, seed: int, above: float) -> Row:
    """A run with an AUROC `above` the plain baseline, and noise between seeds."""
    rng = np.random.default_rng([seed, arm == "new"])
    test_G = 0.70 + above + (0.006, -0.006, 0.009, -0.009, 0.0)[seed] + rng.normal(0, 0.003, 20)
    probed = [part(f"probe.{name}", test_G + rng.normal(0, 0.01, 20)) for name in PROBES]
    scores = (*part("test", test_G), *part("probe", test_G), *(s for p in probed for s in p))
    metrics = {f"probe.{name}.moved": 0.5 for name in PROBES} | {"test.loss": 0.5 + seed / 100}
    return row(arm, seed, metrics=metrics).model_copy(update={"proteins": scores})


def baseline(name: str, mean: float) -> Row:
    scores, metrics = part("test", np.full(20, mean)), {"test.auroc_macro": mean}
    return Row(arm=name, seed=0, state="done", stage="control", recipe={}, recipe_id=recipe_id({}),
               metrics=metrics, proteins=scores, ended="")  # fmt: skip


ROWS = [run("old", s, 0.014) for s in SEEDS] + [run("new", s, 0.0) for s in SEEDS]
BASELINES = [baseline("5mer-per-protein", 0.70), baseline("5mer-shared", 0.705)]


def summarise(study_plan: Plan) -> Controls:
    return summarise_controls(study_plan, planned_runs(study_plan, ROWS)[0], BASELINES)


def main_claim(controls: Controls) -> Claim:
    (claim,) = (c for c in controls.claims["old"] if c.name in CONFIRMATORY)
    return claim


def test_a_confirmatory_claim_is_not_corrected_for_exploratory_probes() -> None:
    before, after = main_claim(summarise(OLD)), main_claim(summarise(NEW))
    assert (before.answer, before.confirmatory) == ("inconclusive", False)
    assert (after.answer, after.confirmatory) == ("better", True)
    assert after.comparisons[0].verdict.mean == before.comparisons[0].verdict.mean


def test_the_confirmatory_family_has_one_claim_of_every_arm() -> None:
    controls = summarise(NEW)
    levels = {c.verdict.alpha for several in controls.claims.values() for claim in several
              if claim.confirmatory for c in claim.comparisons}  # fmt: skip
    assert min(levels) == pytest.approx(0.05 / 2)


def test_all_probes_of_all_arms_are_the_exploratory_family() -> None:
    controls = summarise(NEW)
    claims = [c for several in controls.claims.values() for c in several if not c.confirmatory]
    tested = [c.verdict for claim in claims for c in claim.comparisons if c.verdict.p is not None]
    assert len(tested) == 2 * (len(PROBES) + 1)
    assert min(verdict.alpha for verdict in tested) == pytest.approx(0.05 / len(tested))


def test_every_claim_is_in_one_family() -> None:
    slots = [(arm, name) for arm in ("a", "b", "c") for name in CLAIM_NAMES]
    for confirmatory in (None, (), CONFIRMATORY):
        flat = [slot for family in families(slots, confirmatory) for slot in family]
        assert sorted(flat) == sorted(slots)
    assert [len(f) for f in families(slots, None)] == [len(CLAIM_NAMES)] * 3
    assert [len(f) for f in families(slots, CONFIRMATORY)] == [3, 3 * (len(CLAIM_NAMES) - 1)]


def test_a_plan_without_a_declaration_is_judged_with_one_family_per_arm(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(OLD.model_dump_json(exclude={"confirmatory"}))
    assert Ledger(tmp_path).plan == OLD
    levels = {c.verdict.alpha for claim in summarise(OLD).claims["old"] for c in claim.comparisons
              if c.verdict.p is not None}  # fmt: skip
    assert min(levels) == pytest.approx(0.05 / (len(PROBES) + 2))


def test_terminal_and_page_show_the_family_of_each_claim(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.begin(NEW)
    for each in (*ROWS, *BASELINES):
        ledger.append(each)
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(verdict_table(tmp_path))
    lines = [line for line in console.export_text().splitlines() if "? (" in line]
    assert len(lines) == len(CLAIM_NAMES)
    assert lines[0].startswith("beats the plain baseline? (confirmatory) better: old")
    assert all("(exploratory)" in line for line in lines[1:])
    page = build_report(tmp_path).read_text()
    section = page.split('data-name="claims"')[1].split("</table>")[0]
    assert section.count("<small>confirmatory</small>") == 1
    assert section.count("<small>exploratory</small>") == len(CLAIM_NAMES) - 1
