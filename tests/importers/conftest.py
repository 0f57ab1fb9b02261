"""Two toy proteins, and import options in a temporary folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rpbind.importers.importers import ImportOptions


def one_cluster_per_gene(genes: Sequence[str], sequences: Sequence[str]) -> NDArray[np.int32]:
    return np.unique(list(genes), return_inverse=True)[1].astype(np.int32)


@pytest.fixture
def options(tmp_path: Path) -> ImportOptions:
    """Options for an import with the proteins AARS and FMR1, and overlap clusters of 3-mers."""
    fasta = tmp_path / "proteins.fasta"
    fasta.write_text(">AARS AARS_K562_ENCSR825SVO\nMDST\nLTAS\n>FMR1\nMEELVV\n")
    return ImportOptions(fasta, tmp_path / "dataset", one_cluster_per_gene, k=3)


@pytest.fixture
def eclip(tmp_path: Path) -> Callable[..., Path]:
    """Write a folder of files and return it: `eclip(AARS_K562="ACGU\\t1\\n")`."""

    def write(folder: str = "eclip", **files: str | bytes) -> Path:
        (tmp_path / folder).mkdir()
        for name, text in files.items():
            content = text if isinstance(text, bytes) else text.encode()
            (tmp_path / folder / name.replace("__", ".")).write_bytes(content)
        return tmp_path / folder

    return write
