"""From peaks, a genome and an annotation to a trained study and its report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from toy_genome import MOTIFS, toy_genome

import rpbind as rb
from rpbind.data.dataset import Dataset
from rpbind.negatives.density import density_auroc

pytest.importorskip("pyranges", reason="pip install -e .[genome]")
pytest.importorskip("pyfaidx", reason="pip install -e .[genome]")


def test_peaks_become_a_study_split_by_chromosome_whose_report_names_the_negatives(
    tmp_path: Path, one_ray: None
) -> None:
    made, folder = toy_genome(), tmp_path / "genome"
    made.write(folder)
    data = rb.import_peaks(
        [*made.files(folder)], genome=folder / "genome.fa", gtf=folder / "genes.gtf",
        proteins=folder / "proteins.fasta", out=tmp_path / "data", negatives="same-gene", width=41,
    ).dataset  # fmt: skip
    windows = data.windows()
    assert set(windows["protein"]) == set(MOTIFS)
    assert set(windows["strand"]) == {"+", "-"}
    bound = windows[windows["label"] == 1]
    sites = [MOTIFS[protein].replace("T", "U") for protein in bound["protein"]]
    pairs = list(zip(sites, bound["rna"], strict=True))
    assert all(site in rna for site, rna in pairs)  # read on the transcribed strand of both
    opposite = [site[::-1].translate(str.maketrans("ACGU", "UGCA")) in rna for site, rna in pairs]
    assert np.mean(opposite) < 0.1
    dataset = Dataset.open(data.folder)
    density = density_auroc(dataset.label_N, dataset.protein_N, dataset.cluster_N)
    assert abs(density - 0.5) <= 0.03
    assert {"chrom", "start", "end", "strand", "gene", "region"} <= set(windows.columns)
    rb.embed(data)
    study = rb.ablate(
        data.folder, reference="fixed", changes={"conv": {"model.encoder": "conv"}},
        split="cold-chromosome", seeds=2, epochs=1, narrower=16, reports=tmp_path / "reports",
    )  # fmt: skip
    assert study.is_complete
    controls = rb.baselines(data, split="cold-chromosome").table().set_index("control")
    assert controls.loc["5mer-per-protein", "auroc"] > 0.8  # the motifs are to be found
    assert study.model("conv").predict(bound.head(5))["probability"].between(0, 1).all()
    page = (study.folder / "index.html").read_text()
    assert "cold-chromosome_70-15-15_seed0_neg-same-gene_x1_d100_tiling+region+gc_s0" in page
