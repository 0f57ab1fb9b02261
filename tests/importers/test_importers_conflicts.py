from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpbind.data.alphabet import decode, encode
from rpbind.data.distinct import first_equal
from rpbind.errors import UserError
from rpbind.importers.importers import ImportOptions, import_eclip

Folder = Callable[..., Path]
DOUBTFUL = "AAAA\t1\nCCCC\t0\nAAAA\t1\nCCCC\t1\nGGGG\t0\nAAAA\t1\n"


def test_a_duplicate_row_is_refused_with_both_places(eclip: Folder, options: ImportOptions) -> None:
    with pytest.raises(UserError, match=r"AARS_K562, line 3: .* of AARS_K562, line 1 .*the same"):
        import_eclip(eclip(AARS_K562=DOUBTFUL), options)


def test_a_contradiction_is_refused_with_both_places(eclip: Folder, options: ImportOptions) -> None:
    lines = DOUBTFUL.replace("AAAA\t1\nC", "AUUA\t1\nC", 1)
    with pytest.raises(UserError, match=r"line 4: .* of AARS_K562, line 2 .*the other label"):
        import_eclip(eclip(AARS_K562=lines), options)


def test_dropping_keeps_the_first_duplicate_and_no_contradiction(
    eclip: Folder, options: ImportOptions
) -> None:
    report = import_eclip(eclip(AARS_K562=DOUBTFUL), replace(options, on_conflict="drop"))
    assert [decode(row_L) for row_L in report.dataset.rna_NL] == ["AAAA", "GGGG"]
    assert report.rows_read == 6
    assert report.decisions == {"duplicates_dropped": 2, "contradictions_dropped": 2}
    assert report.dataset.manifest.made_by.decisions == report.decisions


def test_an_import_that_drops_every_row_is_refused_with_the_counts(
    eclip: Folder, options: ImportOptions
) -> None:
    folder = eclip(AARS_K562="ACGU\t1\nACGU\t0\nGGGG\t0\nGGGG\t1\nGGGG\t1\n")
    with pytest.raises(UserError, match=r"Nothing is left .* 5 rows.* \(2 of them.*K562, line 1"):
        import_eclip(folder, replace(options, on_conflict="drop"))


def test_one_window_with_two_proteins_is_not_a_conflict(
    eclip: Folder, options: ImportOptions
) -> None:
    folder = eclip(AARS_K562="AAAA\t1\n", FMR1_K562="AAAA\t0\n")
    assert len(import_eclip(folder, options).dataset) == 2


def test_case_and_t_do_not_make_another_window(eclip: Folder, options: ImportOptions) -> None:
    with pytest.raises(UserError, match="repeats the window"):
        import_eclip(eclip(AARS_K562="ACGU\t1\nacgt\t1\n"), options)


@given(st.lists(st.text(alphabet="AN", min_size=60, max_size=60), min_size=1, max_size=8))
def test_the_first_equal_window_is_found_for_any_length(windows: list[str]) -> None:
    windows = [*windows, *windows[::-1]]
    first_N = first_equal(np.stack([encode(window) for window in windows]))
    assert first_N.tolist() == [windows.index(window) for window in windows]


def test_windows_whose_base_5_numbers_differ_by_a_multiple_of_2_to_the_64_are_not_equal() -> None:
    digits = [2**64 // 5**place % 5 for place in range(29)]
    first_N = first_equal(np.array([[0] * 29, digits], dtype=np.uint8))
    assert first_N.tolist() == [0, 1]
