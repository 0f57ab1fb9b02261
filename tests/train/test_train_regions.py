"""AUROC within region types: of their windows alone. Shapes: N windows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from rpbind.audit.regions import regions_in
from rpbind.data.coordinates import REGIONS, Coordinates
from rpbind.data.dataset import Dataset, Protein
from rpbind.data.splits import Split, SplitSpec, hash_parts
from rpbind.data.writer import Windows, write_dataset
from rpbind.metrics import WindowScores
from rpbind.proteins.embedding_store import EmbeddingStore
from rpbind.train.inputs import Inputs
from rpbind.train.regions import by_region

CDS, INTRON, UTR = (REGIONS.index(name) for name in ("CDS", "intron", "3'UTR"))
PROTEINS = (Protein("A", "A", "M", 0), Protein("B", "B", "MK", 1))


def scores(*windows: tuple[float, int, int, int]) -> WindowScores:
    """Return scores of windows: (logit, label, protein, region)."""
    logit, label, protein, region = zip(*windows, strict=True)
    return WindowScores(
        np.array(logit, np.float32), np.array(label, np.uint8), np.array(protein, np.int64),
        region_N=np.array(region, np.int8),
    )  # fmt: skip


def test_a_region_is_scored_by_its_windows_alone_as_mean_over_proteins() -> None:
    in_cds = [(2.0, 1, 0, CDS), (1.0, 0, 0, CDS), (0.0, 1, 1, CDS), (1.0, 0, 1, CDS)]
    elsewhere = [(9.0, 0, 0, INTRON), (0.0, 1, 0, INTRON), (5.0, 0, 1, -1), (1.0, 1, 0, UTR)]

    found = regions_in(by_region(scores(*in_cds, *elsewhere), PROTEINS))

    assert found == {"CDS": (1.0 + 0.0) / 2, "intron": 0.0}  # the 3'UTR has bound windows only


def test_the_names_of_regions_survive_their_metrics() -> None:
    windows = [(float(label), label, 0, n) for n in range(len(REGIONS)) for label in (0, 1)]

    metrics = by_region(scores(*windows), PROTEINS)

    assert list(regions_in(metrics)) == list(REGIONS)
    assert not any("'" in name for name in metrics)
    assert regions_in(metrics, "validation") == {}


def test_without_coordinates_there_are_no_regions() -> None:
    plain = replace(scores((1.0, 1, 0, CDS), (0.0, 0, 0, CDS)), region_N=None)

    assert by_region(plain, PROTEINS) == {}


def test_inputs_put_the_region_beside_each_score(tiny: Path, tmp_path: Path) -> None:
    source = Dataset.open(tiny)
    n = len(source)
    region_N = (np.arange(n) % 3).astype(np.int8)
    start_N = np.arange(n, dtype=np.int32) * 100
    zero_N = np.zeros(n, np.int32)
    place = Coordinates(("chr1",), zero_N, start_N, start_N + 31, zero_N.astype(np.int8), ("g",),
                        zero_N, region_N)  # fmt: skip
    windows = Windows(
        source.rna_NL, source.label_N, source.protein_N, source.cluster_N, coordinates=place
    )
    made = source.manifest.made_by
    dataset = write_dataset(tmp_path / "placed", windows, source.proteins, made)
    part_N = np.arange(n, dtype=np.uint8) % 2 * np.uint8(2)
    split = Split("toy", dataset.id, SplitSpec(), hash_parts(part_N), {}, part_N)
    index_N = split.indices("test")[::-1].copy()

    inputs = Inputs.from_dataset(dataset, split, EmbeddingStore.open(tiny, "physchem"))

    found = inputs.scores(np.zeros(len(index_N), np.float32), index_N)
    assert found.region_N is not None
    assert found.region_N.tolist() == region_N[index_N].tolist()


def test_windows_of_unknown_region_are_in_no_region() -> None:
    assert by_region(scores((1.0, 1, 0, -1), (0.0, 0, 0, -1)), PROTEINS) == {}
