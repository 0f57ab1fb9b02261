"""A study over folds, from its options to its report: every window is tested once per repeat."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import rpbind as rb
from rpbind.ledger.scores import ProteinScores
from rpbind.statistics.folds import FoldInterval


def test_a_study_over_folds_tests_every_window_once_and_is_extended_by_a_whole_repeat(
    tiny: Path, tmp_path: Path
) -> None:
    data = Path(shutil.copytree(tiny, tmp_path / "data"))

    def study(**more: int) -> rb.Study:
        return rb.ablate(
            data, reference="fixed", changes={"no-residual": {"model.residual": False}},
            split="folds:3", epochs=1, narrower=16, controls="off", name="folds",
            reports=tmp_path / "reports", **more,
        )  # fmt: skip

    first = study()
    rows = first.ledger.rows()
    assert sorted((row.arm, row.seed) for row in rows) == [
        (arm, seed) for arm in ("no-residual", "reference") for seed in range(3)
    ]
    for row in rows:
        assert row.provenance["split"].startswith(f"fold{row.seed}of3_seed0_")
    tested = [
        ProteinScores.of(row.proteins).windows_N[ProteinScores.of(row.proteins).on("test")].sum()
        for row in rows
        if row.arm == "reference"
    ]
    assert sum(tested) == len(rb.load_dataset(data))
    baselines = [row for row in first.ledger.rows("control") if row.arm == "gc-shared"]
    assert sorted(row.seed for row in baselines) == [0, 1, 2]
    (contrast,) = first.summary().contrasts
    assert isinstance(contrast.result, FoldInterval)
    assert contrast.result.folds == 3
    assert "Nadeau" in Path(first.report()).read_text()
    assert list(first.runs().query("arm == 'reference' and stage == 'ablation'")["fold"]) == [
        0,
        1,
        2,
    ]

    (last,) = [row for row in rows if (row.arm, row.seed) == ("reference", 2)]
    again = rb.load_model(first.folder / "runs" / last.run).evaluate(data)
    assert again.metrics["test.auroc_macro"] == pytest.approx(last.metrics["test.auroc_macro"])

    longer = study(add_seeds=1)
    assert longer.plan.seeds == tuple(range(6))
    assert {row.provenance["split"].split("_neg")[0] for row in longer.ledger.rows()} == {
        f"fold{fold}of3_seed{repeat}" for fold in range(3) for repeat in range(2)
    }
    assert rb.compare(first, longer).verdicts()["n"].tolist() == [6, 6]


def test_a_search_over_folds_is_refused_before_anything_runs(tiny: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(tiny, tmp_path / "data"))
    with pytest.raises(rb.UserError, match="one split"):
        rb.tune(data, space="original", trials=2, split="folds:3", reports=tmp_path / "reports")
    assert not (tmp_path / "reports").exists()
