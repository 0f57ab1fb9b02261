from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rpbind.data.clusters import by_first_appearance, overlap_clusters
from rpbind.data.splits import PARTS, SplitSpec, make_split
from rpbind.importers.eclip import parse_windows
from rpbind.importers.importers import ImportOptions, import_table
from rpbind.importers.rows import RowRules
from rpbind.importers.table import Columns

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "eclip91"


def real(name: str) -> Path:
    if not (SHARED / name).exists():
        pytest.skip(f"the real data are not here: no {name} in ../shared/data/eclip91")
    return SHARED / name


def test_the_subset_of_real_windows_imports_and_splits_without_leaks(
    tmp_path: Path, options: ImportOptions
) -> None:
    proteins = real("ci_subset_proteins.fasta")
    real_options = ImportOptions(proteins, tmp_path / "ci", options.protein_clusters)
    source = real("ci_subset_12x1000.tsv.gz")
    report = import_table(source, real_options, Columns(cluster="cluster31"))
    manifest = report.dataset.manifest
    assert (manifest.windows, manifest.positives, manifest.proteins) == (12_000, 6_000, 12)
    assert report.decisions == {"duplicates_dropped": 0, "contradictions_dropped": 0}
    split = make_split(report.dataset, SplitSpec())
    given = [set(report.dataset.cluster_N[split.indices(part)].tolist()) for part in PARTS]
    assert not (given[0] & given[1] | given[0] & given[2] | given[1] & given[2])


def test_clusters_of_the_real_subset_never_join_published_clusters(
    tmp_path: Path, options: ImportOptions
) -> None:
    real_options = ImportOptions(
        real("ci_subset_proteins.fasta"), tmp_path / "ci", options.protein_clusters
    )
    source = real("ci_subset_12x1000.tsv.gz")
    dataset = import_table(source, real_options, Columns(cluster="cluster31")).dataset
    ours = overlap_clusters(dataset.rna_NL)
    pairs = np.unique(np.stack([ours, dataset.cluster_N]), axis=1)
    assert len(np.unique(ours)) == pairs.shape[1]


def members(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        files = {Path(m.name).name: tar.extractfile(m) for m in tar if m.isfile()}
        return {name: file.read() for name, file in sorted(files.items()) if file}


def whole_components(sample: int) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Return the windows of every `sample`-th published cluster, over all 91 files: whole ones."""
    raw, given = members(real("eclip91_raw.tar.xz")), members(real("eclip91_clusters31.tar.xz"))
    windows, ids = [], []
    for name, text in raw.items():
        id_N = np.array(given[name].split(), dtype=np.int32)
        chosen = id_N % sample == 1
        windows.append(parse_windows(Path(name), text, None, RowRules())[0][chosen])
        ids.append(id_N[chosen])
    return np.concatenate(windows), np.concatenate(ids)


def test_computed_clusters_of_eclip91_equal_the_published_ones() -> None:
    rna_NL, published_N = whole_components(sample=40)
    assert len(np.unique(published_N)) > 900
    assert np.array_equal(overlap_clusters(rna_NL), by_first_appearance(published_N))
