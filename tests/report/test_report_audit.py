"""A report shows what its data give away, and each arm by region type where there are any."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from synthetic_study import HOSTILE, done, plan, write

from rpbind.audit.record import (
    FILE,
    Audit,
    LargeCluster,
    LeakRecord,
    PriorScore,
    ProteinCounts,
    RegionCounts,
    write_audit,
)
from rpbind.audit.regions import metric_of
from rpbind.ledger import Ledger
from rpbind.report.build import build_report
from rpbind.wording.audit import given_away

AUDIT = Audit(
    dataset="synthetic 0123456789ab", split="cold-rna ba9876543210", part="test", negatives="given",
    windows=1000, positives=400, distinct=900, lengths=(101, 101, 101), contradictions=7,
    proteins=(ProteinCounts(protein=HOSTILE, windows=1000, positives=400),), same_sequence=(),
    clusters=50, single=3,
    largest=(LargeCluster(windows=321, positives=12, proteins=1, consensus="GGCUGAGG"),),
    origins=(),
    leaks=(LeakRecord(part="test", windows=150, equal=3, kmer=33, k=31, interval=None, proteins=1,
                      known=1, related=1),),
    priors=(
        PriorScore(name="density", proteins=9, per_protein=0.7381, low=0.71, high=0.76,
                   overall=0.5),
        PriorScore(name="gc", proteins=9, per_protein=0.4951, low=0.4, high=0.6, overall=0.51),
    ),
    regions=(RegionCounts(region="CDS", windows=87, positives=31, proteins=1),),
)  # fmt: skip


def section(page: str, name: str) -> str:
    found = re.search(rf'<section id="{name}".*?</section>', page, flags=re.DOTALL)
    return found[0] if found else ""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("study")
    small = plan(2, 2, controls=(), split=AUDIT.split)
    ledger = Ledger(folder)
    ledger.begin(small)
    for i, arm in enumerate(small.arms):
        for seed in small.seeds:
            row = done(arm, seed, 0.0, i, 5)
            found = {metric_of("test", "CDS"): 0.6125 + seed / 100, metric_of("test", "3'UTR"): 0.5}
            ledger.append(row.model_copy(update={"metrics": row.metrics | found}))
    write_audit(folder / FILE, AUDIT)
    return build_report(folder).read_text()


def test_priors_and_leaks_are_in_a_section_of_their_own(page: str) -> None:
    shown = section(page, "audit")

    assert all(number in shown for number in ("0.738", "0.495", "[0.710, 0.760]", "GGCUGAGG"))
    assert shown.count('class="flag"') == 1
    assert ">33<" in shown


def test_what_ranks_windows_and_what_leaks_is_a_finding_on_the_data(page: str) -> None:
    found = section(page, "findings")

    assert "density ranks windows" in found
    assert "gc ranks windows" not in found
    assert "test overlaps training" in found
    assert "0.738" in found


def test_each_arm_has_its_auroc_in_each_region_with_the_number_of_windows(page: str) -> None:
    shown = section(page, "regions")

    assert shown.count("0.618") == 2  # mean of .6125 and .6225 for both arms
    assert "87 windows, 31 bound" in shown
    assert "3&#39;UTR" in shown


def test_the_audit_of_a_study_over_folds_says_that_it_is_of_the_first(
    page: str, tmp_path: Path
) -> None:
    study = write(tmp_path, plan(2, 2, split="folds5_neg-given 0123456789ab"), lost=False)
    write_audit(study / FILE, AUDIT)

    assert "first fold" in section(build_report(study).read_text(), "audit")
    assert "first fold" not in section(page, "audit")


def test_a_study_from_before_audits_and_regions_has_neither_section(tmp_path: Path) -> None:
    page = build_report(write(tmp_path, plan(2, 2), lost=False)).read_text()

    assert section(page, "audit") == section(page, "regions") == ""


def test_the_first_screen_says_in_what_bound_windows_differ_and_what_overlaps() -> None:
    said = given_away(AUDIT)
    assert "their protein's windows around them (AUROC 0.738)" in said
    assert "GC content" not in said  # 0.495 is no flag
    assert "test windows overlap training" in said
    shared = AUDIT.leaks[0].model_copy(update={"equal": 0, "kmer": 0})
    clean = AUDIT.model_copy(update={"leaks": (shared,), "priors": AUDIT.priors[1:]})
    assert given_away(clean) == ""
