"""From peaks, a genome and an annotation to a trained study and its report."""

from __future__ import annotations

from pathlib import Path

import pytest
from toy_genome import MOTIFS, toy_genome

import rpbind as rb

pytest.importorskip("pyranges", reason="pip install -e .[genome]")
pytest.importorskip("pyfaidx", reason="pip install -e .[genome]")


def test_peaks_become_a_study_split_by_chromosome_whose_report_names_the_negatives(
    tmp_path: Path,
) -> None:
    made, folder = toy_genome(), tmp_path / "genome"
    made.write(folder)
    data = rb.import_peaks(
        [*made.files(folder)], genome=folder / "genome.fa", gtf=folder / "genes.gtf",
        proteins=folder / "proteins.fasta", out=tmp_path / "data", negatives="same-gene", width=41,
    ).dataset  # fmt: skip
    windows = data.windows()
    assert set(windows["protein"]) == set(MOTIFS)
    assert {"chrom", "start", "end", "strand", "gene", "region"} <= set(windows.columns)
    rb.embed(data)
    study = rb.ablate(
        data.folder, reference="fixed", changes={"conv": {"model.encoder": "conv"}},
        split="cold-chromosome", seeds=2, epochs=1, narrower=16, reports=tmp_path / "reports",
    )  # fmt: skip
    assert study.is_complete
    page = (study.folder / "index.html").read_text()
    assert "cold-chromosome_70-15-15_seed0_neg-same-gene_x1_d100_tiling+region+gc_s0" in page
