from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_data import by_hand, relabelled

from rpbind.baselines import run
from rpbind.baselines.data import BaselineData
from rpbind.baselines.run import BASELINES, IDENTITY, baseline_rows
from rpbind.data.splits import SplitSpec
from rpbind.ledger import Ledger
from rpbind.train.opened import OpenData

MACRO, POOLED = "test.auroc_macro", "test.auroc_pooled"


def test_baselines_that_count_letters_find_the_planted_gc_content(scored: Any) -> None:
    for name in ("gc-shared", "gc-per-protein"):
        assert 0.55 < scored(name).metrics[MACRO] < 0.70


def test_kmers_of_one_protein_find_the_pieces_of_its_motif_and_letters_do_not(
    scored: Any,
) -> None:
    assert scored("5mer-per-protein").metrics[MACRO] > 0.97
    assert scored("mononucleotide-per-protein").metrics[MACRO] < 0.70


def test_without_the_protein_kmers_cannot_distinguish_the_motifs_of_families(
    scored: Any,
) -> None:
    assert 0.60 < scored("5mer-shared").metrics[MACRO] < 0.85


def test_a_baseline_that_reads_only_the_protein_has_a_macro_of_exactly_a_half(
    scored: Any,
) -> None:
    for name in ("protein-degree", "protein-only"):
        assert scored(name).metrics[MACRO] == 0.5
        assert {score.auroc for score in scored(name).proteins} == {0.5}


def test_a_pooled_auroc_that_comes_from_base_rates_is_flagged(scored: Any) -> None:
    row = scored("protein-degree")
    assert row.metrics[POOLED] > 0.55
    (flag,) = row.findings
    assert (flag.name, flag.measured) == ("identity ranks, pooled", row.metrics[POOLED])


def test_an_identity_baseline_far_below_a_half_is_flagged_as_well() -> None:
    train = ["A ACGU c0 1", "A ACGG c1 1", "A CCCC c2 0", "B ACGU c0 0", "B UUUU c3 0"]
    upside_down = ["A CUCU c9 0", "A CUGU c9 0", "B GAGA c9 1", "B GAGG c9 1"]
    (row,) = baseline_rows(by_hand(train, upside_down), ("protein-degree",))
    assert row.metrics[POOLED] == 0.0
    assert "below 0.5" in row.findings[0].advice


def test_the_rna_prior_is_at_chance_on_unseen_rna_and_high_on_a_leaking_split(scored: Any) -> None:
    assert scored("rna-degree").metrics[MACRO] == 0.5
    assert not scored("rna-degree").findings
    leak = scored("rna-degree", "random")
    assert leak.metrics[MACRO] > 0.9
    assert {flag.name for flag in leak.findings} >= {"identity ranks, macro"}


def test_on_unseen_proteins_a_regression_per_protein_is_not_applicable(scored: Any) -> None:
    row = scored("5mer-per-protein", "cold-protein")
    assert (row.state, row.metrics, row.proteins) == ("done", {}, ())
    assert row.findings[0].name == "control not applicable"
    assert scored("gc-shared", "cold-protein").metrics[MACRO] > 0.5


def test_if_only_some_proteins_are_new_the_others_are_scored_and_a_finding_counts_them() -> None:
    train = [f"A {letters} c{n} {n % 2}" for n, letters in enumerate(["ACGU", "GGGG"] * 4)]
    data = by_hand(train, ["A GGGG c9 1", "A AAAA c9 0", "B GGGG c9 1", "B AAAA c9 0"])
    (row,) = baseline_rows(data, ("gc-per-protein",))
    assert [score.protein for score in row.proteins] == ["A"]
    assert row.metrics[MACRO] == 1.0
    assert row.findings[0].advice.startswith("1 of 2 test proteins")


def test_shuffled_labels_give_a_half_within_its_interval(world: Path) -> None:
    opened = OpenData(world)
    split, store = opened.split(SplitSpec()), opened.embeddings("physchem")
    data = relabelled(BaselineData.from_dataset(opened.dataset, split, store))
    for row in baseline_rows(data, ("dinucleotide-per-protein", "dinucleotide-shared")):
        auroc_P = [score.auroc for score in row.proteins]
        half = 2.2 * np.std(auroc_P, ddof=1) / np.sqrt(len(auroc_P))  # t quantile of 11 proteins
        assert abs(np.mean(auroc_P) - 0.5) < half


def test_every_baseline_gives_a_row_that_the_ledger_accepts(
    tiny_data: BaselineData, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path)
    for row in baseline_rows(tiny_data):
        assert ledger.append(row)
    assert {row.arm for row in ledger.rows("control")} == BASELINES.keys()
    assert set(IDENTITY) < BASELINES.keys()


def test_the_same_data_give_the_same_rows(tiny_data: BaselineData) -> None:
    one, other = (
        [(row.metrics, row.proteins) for row in baseline_rows(tiny_data)] for _ in range(2)
    )
    assert one == other


def test_a_baseline_that_breaks_is_a_failed_row_and_the_others_go_on(
    tiny_data: BaselineData, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(data: BaselineData, progress: object) -> None:
        raise MemoryError("no memory")

    monkeypatch.setitem(run.BASELINES, "rna-degree", broken)
    rows = list(baseline_rows(tiny_data, ("rna-degree", "protein-degree")))
    assert [row.state for row in rows] == ["failed", "done"]
    assert "no memory" in rows[0].error
