"""The toy genome in a folder, and an import of its peaks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyranges", reason="pip install -e .[genome]")
pytest.importorskip("pyfaidx", reason="pip install -e .[genome]")

from toy_genome import ToyGenome, toy_genome

import rpbind as rb


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> tuple[ToyGenome, Path]:
    """The genome and its folder; do not write to it."""
    made, folder = toy_genome(), tmp_path_factory.mktemp("genome")
    made.write(folder)
    return made, folder


@pytest.fixture
def peaks(toy: tuple[ToyGenome, Path], tmp_path: Path) -> Callable[..., Any]:
    """Import files of peaks on the toy genome: `peaks(name=text, ..., width=21)`."""

    def imported(files: dict[str, str] | None = None, out: str = "out", **options: Any) -> Any:
        made, folder = toy
        paths: list[Path] = made.files(folder)
        if files is not None:
            paths = [tmp_path / name for name in files]
            for path in paths:
                path.write_text(files[path.name])
        given = {"genome": folder / "genome.fa", "proteins": folder / "proteins.fasta"}
        return rb.import_peaks([*paths], out=tmp_path / out, **(given | options))

    return imported
