"""Windows with N are counted, and refused if their share of N is too large."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rpbind.errors import UserError
from rpbind.importers.importers import (
    ImportOptions,
    ImportReport,
    import_eclip,
    import_fasta,
    import_table,
)

WINDOWS = {"ACGUACGUAC": 1, "NNNNNGUACC": 0, "ACGUACGUNN": 1}
ALL_N = "N" * 10


def as_table(folder: Path, options: ImportOptions, rna: list[str]) -> ImportReport:
    path = folder / "w.tsv"
    rows = "".join(f"{letters}\tAARS_K562\t{n % 2}\n" for n, letters in enumerate(rna))
    path.write_text(f"rna\tprotein\tlabel\n{rows}")
    return import_table(path, options)


def as_fasta(folder: Path, options: ImportOptions, rna: list[str]) -> ImportReport:
    path = folder / "w.fasta"
    signs = ("neg; chr1; class:0", "pos; chr1; class:1")
    path.write_text("".join(f">{n}_AARS_K562_{signs[n % 2]}\n{x}\n" for n, x in enumerate(rna)))
    return import_fasta(path, options)


def as_folder(folder: Path, options: ImportOptions, rna: list[str]) -> ImportReport:
    (folder / "windows").mkdir(exist_ok=True)
    text = "".join(f"{letters}\t{n % 2}\n" for n, letters in enumerate(rna))
    (folder / "windows" / "AARS_K562").write_text(text)
    return import_eclip(folder / "windows", options)


IMPORTERS = {"line 5": as_table, "line 7": as_fasta, "line 4": as_folder}
"""Every importer, with the place of the fourth window in its source."""


def counted(made: ImportReport) -> dict[str, int]:
    return {name: count for name, count in made.decisions.items() if name.startswith("windows")}


@pytest.mark.parametrize("place", IMPORTERS)
def test_a_window_of_n_alone_is_refused_with_its_place(
    place: str, tmp_path: Path, options: ImportOptions
) -> None:
    with pytest.raises(UserError, match=rf"{place}: 100% .* 1 of 4 windows .* --max-n-share"):
        IMPORTERS[place](tmp_path, options, [*WINDOWS, ALL_N])
    assert not options.out.exists()


@pytest.mark.parametrize("place", IMPORTERS)
def test_windows_with_n_are_counted_and_half_of_n_is_allowed(
    place: str, tmp_path: Path, options: ImportOptions
) -> None:
    made = IMPORTERS[place](tmp_path, options, list(WINDOWS))
    assert counted(made) == {"windows_with_n": 2}
    assert made.dataset.manifest.made_by.decisions == made.decisions


@pytest.mark.parametrize("place", IMPORTERS)
def test_max_n_share_sets_the_allowed_share(
    place: str, tmp_path: Path, options: ImportOptions
) -> None:
    with pytest.raises(UserError, match="2 of 3 windows"):
        IMPORTERS[place](tmp_path, replace(options, max_n_share=0.0), list(WINDOWS))
    made = IMPORTERS[place](tmp_path, replace(options, max_n_share=1.0), [*WINDOWS, ALL_N])
    assert counted(made) == {"windows_with_n": 3, "windows_mostly_n": 1}
    assert len(made.dataset) == 4


def test_windows_without_n_are_not_counted(tmp_path: Path, options: ImportOptions) -> None:
    assert counted(as_table(tmp_path, options, ["ACGUACGUAC", "GGGUACGUAA"])) == {}
