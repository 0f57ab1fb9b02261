import numpy as np
import pytest
from toy_ledger import CONTRAST, plan, row

from rpbind.ledger import Row
from rpbind.statistics.contrast import Inert, Unattainable
from rpbind.statistics.table import PairedTable, cluster_auroc, pair, planned_runs

OLD = {"0_K562": 0.6, "0_HepG2": 0.7, "1_K562": 0.5}
NEW = {"0_K562": 0.7, "0_HepG2": 0.8, "1_K562": 0.8}


def paired(rows: list[Row], seeds: tuple[int, ...] = (0, 1)) -> PairedTable:
    return pair(CONTRAST, planned_runs(plan(seeds), rows)[0], seeds)


def test_two_cell_lines_of_one_protein_count_once() -> None:
    assert cluster_auroc(row("old", 0, OLD)) == pytest.approx({0: 0.65, 1: 0.5})


def test_a_cell_is_arm_minus_reference_of_one_seed_and_cluster() -> None:
    rows = [row("old", 0, OLD), row("new", 0, NEW), row("old", 1, OLD), row("new", 1, OLD)]
    table = paired(rows)
    assert table.d_SG == pytest.approx(np.array([[0.1, 0.3], [0.0, 0.0]]))
    assert table.by_cluster == pytest.approx({0: 0.05, 1: 0.15})
    assert table.coverage == "2 of 2 seeds"


def test_a_seed_is_dropped_with_a_reason_if_one_arm_is_not_done() -> None:
    lost = row("new", 1, state="diverged", error="loss is nan\nTraceback")
    table = paired([row("old", 0, OLD), row("new", 0, NEW), row("old", 1, OLD), lost], (0, 1, 2))
    assert table.seeds == (0,)
    assert table.missing == (
        "seed 1: new diverged (loss is nan)",
        "seed 2: new planned, old planned",
    )


def test_a_done_run_without_per_protein_scores_cannot_be_paired() -> None:
    table = paired([row("old", 0, OLD), row("new", 0)], (0,))
    assert table.missing == ("seed 0: new has no per-protein AUROC on test",)
    assert isinstance(table.result, Unattainable)


def test_a_cluster_without_an_auroc_in_one_run_is_dropped() -> None:
    table = paired([row("old", 0, OLD), row("new", 0, NEW | {"1_K562": None})], (0,))
    assert (table.clusters, table.dropped) == ((0,), 1)


def test_arms_that_score_identically_in_every_paired_run_are_inert() -> None:
    rows = [row(arm, seed, OLD) for arm in ("old", "new") for seed in (0, 1)]
    assert isinstance(paired(rows).result, Inert)


def test_equal_ranks_with_different_losses_are_not_inert() -> None:
    rows = [row(arm, seed, OLD) for arm in ("old", "new") for seed in (0, 1)]
    rows[-1] = row("new", 1, OLD, metrics={"test.loss": 0.4})
    assert not paired(rows).identical


def test_without_a_recorded_loss_nothing_is_called_inert() -> None:
    rows = [row(arm, seed, OLD, metrics={}) for arm in ("old", "new") for seed in (0, 1)]
    assert not paired(rows).identical


def test_rows_of_another_recipe_or_seed_are_returned_separately() -> None:
    stale, extra = row("old", 0, OLD, recipe_id="000000000000"), row("old", 7, OLD)
    runs, others = planned_runs(plan(), [stale, extra, row("old", 1, OLD)])
    assert list(runs) == [("old", 1)]
    assert others == [stale, extra]
