"""Windows of different lengths come in from every source, as they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rpbind.baselines.kmers import count_gc, count_kmers
from rpbind.data.alphabet import PAD, decode, encode, pad
from rpbind.data.dataset import Dataset
from rpbind.errors import UserError
from rpbind.importers.importers import ImportOptions, import_eclip, import_fasta, import_table
from rpbind.negatives.sample import Draws
from rpbind.negatives.shuffle import shuffled_windows
from rpbind.reading.fitting import FITS

SHORT, LONG = "ACGUACGGUACCUUAGACGU", "GGAUCCUAUUUAGCAUCGGAUCGAUUUACGACUAG"
WINDOWS = (SHORT, LONG)


def letters(dataset: Dataset) -> list[str]:
    return [decode(window) for window in dataset.rna_NL]


def test_a_table_may_hold_windows_of_different_lengths(
    tmp_path: Path, options: ImportOptions
) -> None:
    file = tmp_path / "w.csv"
    rows = "".join(f"AARS_K562,{rna},{n}\n" for n, rna in enumerate(WINDOWS))
    file.write_text(f"protein,rna,label\n{rows}")
    made = import_table(file, options)
    assert letters(made.dataset) == [SHORT, LONG]
    assert (made.dataset.shortest, made.dataset.manifest.window_length) == (20, 35)
    assert any("20 to 35 nt" in remark for remark in made.remarks)


def test_fasta_with_the_context_of_a_site_in_lower_case_is_one_window(
    tmp_path: Path, options: ImportOptions
) -> None:
    """As GraphProt writes it: the site in upper case, what lies around it in lower case."""
    file = tmp_path / "w.fa"
    site = f"{LONG[:10].lower()}{LONG[10:25]}{LONG[25:].lower()}"
    file.write_text(f">1_AARS_K562_pos; class:1\n{site}\n>2_AARS_K562_neg; class:0\n{SHORT}\n")
    assert letters(import_fasta(file, options).dataset) == [LONG, SHORT]


def test_files_of_eclip_may_differ_in_the_length_of_their_windows(
    tmp_path: Path, options: ImportOptions
) -> None:
    folder = tmp_path / "eclip"
    folder.mkdir()
    (folder / "AARS_K562").write_text(f"{SHORT}\t1\n{SHORT[::-1]}\t0\n")
    (folder / "FMR1_K562").write_text(f"{LONG}\t1\n")
    assert letters(import_eclip(folder, options).dataset) == [SHORT, SHORT[::-1], LONG]


@pytest.mark.parametrize("rna", [SHORT[:-1], "A" * 1_025])
def test_windows_that_differ_have_20_to_1024_letters(
    tmp_path: Path, options: ImportOptions, rna: str
) -> None:
    file = tmp_path / "w.csv"
    rows = "".join(f"AARS_K562,{rna},0\n" for rna in (SHORT, LONG, rna))
    file.write_text(f"protein,rna,label\n{rows}")
    with pytest.raises(UserError, match=f"line 4: the window has {len(rna):,} letters"):
        import_table(file, options)


def test_windows_that_are_too_long_or_short_are_refused_with_what_would_take_them(
    tmp_path: Path, options: ImportOptions
) -> None:
    file = tmp_path / "w.csv"
    for rna, said, has_fit in (
        (LONG * 50, "expected one length in all windows, or 20 to 1,024", True),
        (SHORT[:15], "expected one length in all windows, or 20 to 1,024", False),
    ):
        rows = "".join(f"AARS_K562,{one},{n % 2}\n" for n, one in enumerate((LONG, rna, rna)))
        file.write_text(f"protein,rna,label\n{rows}")
        with pytest.raises(UserError, match=said) as caught:
            import_table(file, options)
        assert ("--fit centre --width 1024" in str(caught.value)) == has_fit


def test_kmer_counts_tell_composition_and_not_length() -> None:
    rna_NL = pad([encode("ACAC")[None], encode("ACACACAC")[None]])
    assert count_gc(rna_NL).toarray().ravel().tolist() == [4, 4]
    assert count_kmers(rna_NL, (1,)).toarray().tolist() == [[4, 4, 0, 0], [4, 4, 0, 0]]
    assert count_kmers(rna_NL[:1, :4], (1,)).toarray().tolist() == [[2, 2, 0, 0]]
    assert count_kmers(rna_NL, (2,)).toarray()[0, [1, 4]].tolist() == [4, 2]


def test_a_shuffled_window_keeps_its_length_and_letters() -> None:
    rna_NL = pad([encode(rna)[None] for rna in WINDOWS])
    shuffled_NL, _ = shuffled_windows(rna_NL, Draws("toy", 0))
    assert np.array_equal(shuffled_NL == PAD, rna_NL == PAD)
    for was, now in zip(rna_NL, shuffled_NL, strict=True):
        assert sorted(decode(was)) == sorted(decode(now))


def test_longer_windows_are_cut_or_tiled_and_counted(
    tmp_path: Path, options: ImportOptions
) -> None:
    file = tmp_path / "w.csv"
    file.write_text(f"protein,rna,label\nAARS_K562,{SHORT},0\nAARS_K562,{LONG},1\n")
    found = {}
    for fit in FITS:
        how = replace(options, out=tmp_path / fit, fit=fit, width=20, k=20)
        found[fit] = import_table(file, how)
    assert letters(found["left"].dataset) == [SHORT, LONG[:20]]
    assert letters(found["centre"].dataset) == [SHORT, LONG[7:27]]
    assert letters(found["tile"].dataset) == [SHORT, LONG[:20], LONG[15:]]
    assert found["tile"].dataset.label_N.tolist() == [0, 1, 1]
    assert found["tile"].dataset.cluster_N.tolist() == [0, 1, 1]
    assert found["left"].decisions["windows_cut_left"] == 1
    assert found["tile"].decisions["windows_tiled"] == 1
    assert {made.rows_read for made in found.values()} == {2}
