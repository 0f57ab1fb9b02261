"""Every form of a file of peaks is read; filters, replicates and merging choose what counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rpbind as rb
from rpbind.data.coordinates import STRANDS
from rpbind.data.dataset import Dataset
from rpbind.genome import peak_table
from rpbind.genome.peak_files import UNKNOWN, PeakColumns, read_peak_file

Peaks = Callable[..., Any]
PROTEIN = "AAA1_K562"
FORMS = {
    "BED6": ("x.bed", "chr1\t1000\t1040\tpeak\t12.5\t-\n", (12.5, None, None)),
    "BED6 with blanks": ("x.bed", "chr1 1000 1040 peak 12.5 -\n", (12.5, None, None)),
    "BED9": ("x.bed", "chr1\t1000\t1040\tpeak\t12.5\t-\t1000\t1040\t0,0,0\n", (12.5, None, None)),
    "BED6 with names": ("x.bed", "chr1\t1000\t1040\tENSG1_0_9\t.\t-\n", (None, None, None)),
    "narrowPeak": (
        "x.narrowPeak",
        "chr1\t1000\t1040\tX_IDR\t1000\t-\t6.54\t4.5\t-1\t12\n",
        (1000, 4.5, 1012),
    ),
    "narrowPeak of ENCODE eCLIP": (
        "x.bed",
        "chr1\t1000\t1040\tX_IDR\t1000\t-\t6.54\t400.0\t-1\t-1\n",
        (1000, 400, None),
    ),
    "CLIPper": (
        "x.bed",
        "chr1\t1000\t1040\tENSG1_0_9\t0.001\t-\t1010\t1014\n",
        (0.001, 3, 1012),
    ),
    "eCLIP": ("x.bed", "chr1\t1000\t1040\t4.5\t3.25\t-\n", (3.25, 4.5, None)),
    "bedGraph": ("x.bedGraph", "chr1\t1000\t1040\t-7.5\n", (7.5, None, None)),
    "track and comments": (
        "x.bed",
        "track name=x\n#chrom\n\nchr1\t1000\t1040\tpeak\t12.5\t-\n",
        (12.5, None, None),
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_place_strand_score_p_value_and_summit_are_read(name: str, tmp_path: Path) -> None:
    file, text, expected = FORMS[name]
    (tmp_path / file).write_text(text)
    raw = read_peak_file(tmp_path / file, PeakColumns(), "column")
    assert raw.chromosomes == ["chr1"]
    assert (raw.start_N[0], raw.end_N[0], STRANDS[raw.strand_N[0]]) == (1000, 1040, "-")
    score, p, summit = expected
    assert raw.score_N[0] == pytest.approx(np.nan if score is None else score, nan_ok=True)
    assert raw.p_N[0] == pytest.approx(np.nan if p is None else p, nan_ok=True)
    assert raw.summit_N[0] == (UNKNOWN if summit is None else summit)
    assert text.splitlines()[raw.line_N[0] - 1].startswith("chr1")


def bed(*peaks: tuple[int, int, float]) -> str:
    return "".join(f"chr1\t{start}\t{end}\tx\t{score}\t+\n" for start, end, score in peaks)


def starts(made: Any, width: int = 101) -> list[int]:
    """Return the middle of each window."""
    held = Dataset.open(made.dataset.folder).coordinates
    assert held is not None
    return [start + width // 2 for start in held.start_N.tolist()]


def test_the_name_of_the_protein_is_in_the_files_name(peaks: Peaks) -> None:
    files = {f"{PROTEIN}.rep1.bed": bed((1000, 1040, 1)), "BBB2_K562.bed": bed((3000, 3040, 1))}
    assert peaks(files).dataset.protein_names == [PROTEIN, "BBB2_K562"]


def test_a_pattern_finds_the_protein_and_joins_its_replicates(peaks: Peaks) -> None:
    files = {f"hg38_{PROTEIN}_rep{n}.bed": bed((1000 + n, 1040, 1)) for n in (1, 2)}
    made = peaks(files, name_pattern="hg38_{protein}_rep*")
    assert made.dataset.protein_names == [PROTEIN]
    assert (len(made.dataset), made.decisions["peaks_merged"]) == (1, 1)


def test_a_table_names_the_proteins_also_that_of_encode(peaks: Peaks, tmp_path: Path) -> None:
    files = {"ENCFF001AAA.bed": bed((1000, 1040, 1)), "ENCFF002BBB.bed": bed((3000, 3040, 1))}
    (tmp_path / "samples.csv").write_text(
        f"file,protein\nENCFF001AAA.bed.gz,{PROTEIN}\nENCFF002BBB,BBB2_K562\n"
    )
    (tmp_path / "metadata.tsv").write_text(
        "File accession\tFile format\tBiosample term name\tExperiment target\n"
        "ENCFF001AAA\tbed\tK562\tAAA1-human\nENCFF002BBB\tbed\tK562\tBBB2-human\n"
        "ENCFF003CCC\tbed\tHepG2\tCCC3-human\n"
    )
    for table in ("samples.csv", "metadata.tsv"):
        made = peaks(files, f"by-{table}", samples=tmp_path / table)
        assert made.dataset.protein_names == [PROTEIN, "BBB2_K562"]


def test_scores_and_p_values_filter_peaks(peaks: Peaks) -> None:
    text = bed((1000, 1040, 1), (2000, 2040, 5), (3000, 3040, 9))
    made = peaks({f"{PROTEIN}.bed": text}, "score", min_score=5)
    assert (starts(made), made.decisions["peaks_filtered"]) == ([2020, 3020], 1)
    narrow = "".join(f"chr1\t{at}\t{at + 40}\tx\t0\t+\t9\t{p}\t-1\t-1\n"
                     for at, p in ((1000, 1.0), (2000, 3.0), (3000, 2.5)))  # fmt: skip
    assert starts(peaks({f"{PROTEIN}.bed": narrow}, "p", max_p=0.01)) == [2020, 3020]
    clipper = "".join(f"chr1\t{at}\t{at + 40}\tx\t{p}\t+\t{at}\t{at + 40}\n"
                      for at, p in ((1000, 0.5), (2000, 1e-9)))  # fmt: skip
    assert starts(peaks({f"{PROTEIN}.bed": clipper}, "clipper", max_p=0.01)) == [2020]
    other = "".join(f"chr1\t{at}\t{at + 40}\tx\t0\t+\tz\t{p}\n"
                    for at, p in ((1000, 0.5), (2000, 1e-9)))  # fmt: skip
    made = peaks({f"{PROTEIN}.bed": other}, "column", max_p=0.01, p_column=8, p_scale="p")
    assert starts(made) == [2020]


def test_a_peak_counts_if_enough_replicates_have_it(peaks: Peaks) -> None:
    files = {
        f"{PROTEIN}.1.bed": bed((1000, 1040, 1), (2000, 2040, 1), (3000, 3040, 1)),
        f"{PROTEIN}.2.bed": bed((1030, 1070, 1), (2039, 2060, 1), (3040, 3080, 1)),
        f"{PROTEIN}.3.bed": bed((1020, 1044, 1)),
    }
    assert starts(peaks(files, "two", min_replicates=2)) == [1035, 2030]
    assert starts(peaks(files, "three", min_replicates=3)) == [1035]


def test_replicates_on_the_other_strand_do_not_count(peaks: Peaks) -> None:
    files = {
        f"{PROTEIN}.1.bed": bed((1000, 1040, 1), (2000, 2040, 1)),
        f"{PROTEIN}.2.bed": bed((1000, 1040, 1)) + "chr1\t2000\t2040\tx\t1\t-\n",
    }
    assert starts(peaks(files, min_replicates=2)) == [1020]


def test_peaks_of_a_protein_merge_up_to_a_distance(peaks: Peaks) -> None:
    text = bed((1000, 1040, 1), (1040, 1080, 9), (1090, 1110, 1), (3000, 3040, 1))
    files = {f"{PROTEIN}.bed": text, "BBB2_K562.bed": bed((1000, 1100, 1))}
    assert starts(peaks(files, "touching")) == [1040, 1100, 3020, 1050]
    assert starts(peaks(files, "near", merge_distance=10)) == [1055, 3020, 1050]
    assert starts(peaks(files, "none", merge_distance=-1)) == [1020, 1060, 1100, 3020, 1050]


def test_the_summit_of_merged_peaks_is_that_of_the_best(peaks: Peaks) -> None:
    text = "".join(f"chr1\t{at}\t{at + 40}\tx\t{score}\t+\t0\t0\t0\t5\n"
                   for at, score in ((1000, 3), (1020, 8), (1050, 1)))  # fmt: skip
    assert starts(peaks({f"{PROTEIN}.bed": text}, centre="summit")) == [1025]


def test_peaks_without_a_strand_get_that_of_their_gene_or_one_for_all(
    peaks: Peaks, toy: Any
) -> None:
    made, folder = toy
    plus, minus = (next(gene for gene in made.genes if gene.strand == s) for s in "+-")
    text = "".join(f"{g.chromosome}\t{g.start + 900}\t{g.start + 940}\n" for g in (plus, minus))
    text += "chr1\t60\t100\n"
    gtf = folder / "genes.gtf"
    of_genes = peaks({f"{PROTEIN}.bed": text}, "gene", strand="gene", gtf=gtf)
    held = Dataset.open(of_genes.dataset.folder).coordinates
    assert held is not None
    assert [STRANDS[strand] for strand in held.strand_N] == ["+", "-"]
    assert of_genes.decisions["peaks_without_one_strand_dropped"] == 1
    one = Dataset.open(peaks({f"{PROTEIN}.bed": text}, "minus", strand="-").dataset.folder)
    assert one.coordinates is not None
    assert {STRANDS[strand] for strand in one.coordinates.strand_N} == {"-"}


def test_signed_bedgraph_has_strands_and_its_steps_become_one_peak(peaks: Peaks) -> None:
    text = "chr1\t1000\t1010\t3\nchr1\t1010\t1020\t8\nchr1\t2000\t2040\t-4\n"
    made = peaks({f"{PROTEIN}.bedGraph": text})
    assert starts(made) == [1010, 2019]


def test_a_peak_off_the_genome_is_dropped_where_that_is_allowed(peaks: Peaks) -> None:
    text = bed((1000, 1040, 1)) + "chrUn_7\t10\t50\tx\t1\t+\nchr3\t59990\t60001\tx\t1\t-\n"
    made = peaks({f"{PROTEIN}.bed": text}, off_genome="drop")
    assert (starts(made), made.decisions["peaks_off_genome_dropped"]) == ([1020], 2)


def test_without_the_packages_the_extra_is_named(
    peaks: Peaks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rpbind.genome.packages.PACKAGES", ("pyfaidx", "no_such_package"))
    with pytest.raises(rb.UserError, match=r"no_such_package is not installed.*\.\[genome\]"):
        peaks()


def test_a_file_that_is_read_in_pieces_has_the_same_peaks_and_the_same_mistakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.bed"
    lines = [f"chr{n % 3}\t{n * 10}\t{n * 10 + 5}\tp{n}\t{n / 2}\t{'+-'[n % 2]}" for n in range(40)]
    path.write_text("# a comment\n" + "\n".join([*lines, ""]))
    whole = read_peak_file(path, PeakColumns(), "column")
    monkeypatch.setattr(peak_table, "_PIECE", 100)
    pieces = read_peak_file(path, PeakColumns(), "column")
    assert pieces.chromosomes == whole.chromosomes == ["chr0", "chr1", "chr2"]
    for name in ("chromosome_N", "start_N", "strand_N", "score_N", "line_N"):
        np.testing.assert_array_equal(getattr(pieces, name), getattr(whole, name))
    path.write_text(
        path.read_text().replace("\t300\t", "\t3oo\t").replace("\t350\t", "\t3\u00b0\t")
    )
    with pytest.raises(rb.UserError, match=r"line 32 \(and 1 more lines\): .*column 2; got '3oo'"):
        read_peak_file(path, PeakColumns(), "column")
