"""Peaks, genomes, annotations and rules that are refused, or accepted with a remark."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from bad_input import PROTEINS, Case, Files, check
from toy_imports import LETTERS, zipped

pytest.importorskip("pyranges", reason="pip install -e .[genome]")
pytest.importorskip("pyfaidx", reason="pip install -e .[genome]")

PEAKS = (
    "rpbind import peaks GENEA_K562.bed --genome g.fa --proteins proteins.fasta --out d --width 11 "
    "--k 5"
)
NEGATIVES = f"{PEAKS} --gtf g.gtf --negatives same-gene"
RNG = np.random.default_rng(8)
GENOME = "".join(
    f">{name}\n{''.join(RNG.choice(list('ACGT'), 200))}\n" for name in ("chr1", "chr2", "chrM")
)
GTF = "".join(
    f'chr1\tX\t{feature}\t21\t180\t.\t+\t.\tgene_id "G1"; transcript_id "T1"; gene_name "ONE";\n'
    for feature in ("transcript", "exon")
)
ONE = "chr1\t50\t60\tpeak\t5\t+\n"


def world(**files: str | bytes) -> Files:
    """A genome of three chromosomes, one gene, one peak; `__` in a name is a dot."""
    named = {name.replace("__", "."): content for name, content in files.items()}
    return {"g.fa": GENOME, "g.gtf": GTF, "GENEA_K562.bed": ONE, "proteins.fasta": PROTEINS} | named


def bed(text: str | bytes) -> Files:
    return world(GENEA_K562__bed=text)


FILES = [
    Case("no such file of peaks", PEAKS.replace("GENEA_K562.bed", "nowhere.bed"), (
        "nowhere.bed", "Check the path"), world()),
    Case("a file of comments", PEAKS, ("every line is a comment",), bed("# nothing\ntrack x\n")),
    Case("a header line without #", PEAKS, ("line 1", "'chrom start end", "Put #"), bed(
        "chrom\tstart\tend\tname\tscore\tstrand\n" + ONE)),
    Case("windows as peaks", PEAKS, ("letters, a tab and a label",), bed(f"{LETTERS}\t1\n")),
    Case("FASTA as peaks", PEAKS, ("is FASTA",), bed(f">x\n{LETTERS}\n")),
    Case("bigBed as peaks", PEAKS, ("bigBed",), bed(b"\xeb\xf2\x89\x87" + bytes(90))),
    Case("a truncated gzip file of peaks", PEAKS, ("gzip",), bed(gzip.compress(ONE.encode())[:-9])),
    Case("lines of other lengths", PEAKS, ("line 3 (and 1 more lines)", "6 columns", "got 4"), bed(
        ONE * 2 + "chr1\t5\t9\tx\n" * 2)),
    Case("a start that is no number", PEAKS, ("line 2 (and 1,204 more lines)", "column 2", "'5e1'"),
        bed(ONE + "chr1\t5e1\t60\tpeak\t5\t+\n" * 1205)),
    Case("an end before the start", PEAKS, ("line 2", "got 60 and 50"), bed(
        ONE + "chr1\t60\t50\tpeak\t5\t+\n")),
    Case("a long value is shortened", PEAKS, ("line 2", "…'"), bed(
        ONE + f"chr1\t{'x' * 300}\t60\tpeak\t5\t+\n"), never=("x" * 60,)),
    Case("BED without a strand", PEAKS, ("line 1", "no strand in column 6", "--strand gene"), bed(
        "chr1\t50\t60\n")),
    Case("a dot as the strand", PEAKS, ("line 2", "column 6", "'.'", "--strand gene"), bed(
        ONE + "chr1\t70\t80\tpeak\t5\t.\n")),
    Case("bedGraph without a sign", PEAKS, ("no negative value", "--strand +"), bed(
        "chr1\t50\t60\t3.5\n")),
    Case("two files of one name", f"{PEAKS} sub/GENEA_K562.bed", ("Two files", "GENEA_K562.bed"),
        world(**{"sub/GENEA_K562__bed": ONE})),
    Case("a name that the pattern does not fit", f"{PEAKS} --name-pattern 'hg_{{protein}}.bed'", (
        "GENEA_K562.bed", "hg_{protein}.bed", "--samples"), world()),
    Case("a pattern without a protein", f"{PEAKS} --name-pattern '*.bed'", ("{protein}",), world()),
    Case("a table of samples without the file", f"{PEAKS} --samples s.csv", (
        "no row for GENEA_K562.bed", "'ENCFF001'"), world(s__csv="file,protein\nENCFF001,GENEA\n")),
    Case("a table of samples without the column", f"{PEAKS} --samples s.csv", (
        "no column 'protein'",), world(s__csv="file,target\nENCFF001,GENEA\n")),
    Case("a protein without a sequence", PEAKS, ("line 1", "GENEA_K562"), world(
        proteins__fasta=">OTHER\nMKV\n")),
]  # fmt: skip

PLACES = [
    Case("another genome", PEAKS, ("'7q'", "'chr1'", "genome build"), bed("7q\t1\t9\tx\t5\t+\n")),
    Case("some chromosomes that the genome lacks", PEAKS, ("line 2 (and 2 more lines)", "'chrUn'",
        "--off-genome drop"), bed(ONE + "chrUn\t1\t9\tx\t5\t+\n" * 3)),
    Case("a peak beyond its chromosome", PEAKS, ("line 2", "ends at 201", "200 nt", "--off-genome",
        "genome build"), bed(ONE + "chr1\t150\t201\tx\t5\t+\n")),
    Case("no peak on the genome", f"{PEAKS} --off-genome drop", ("no peak lies on", "build"), bed(
        "chr1\t150\t201\tx\t5\t+\n")),
    Case("no window within the chromosomes", PEAKS.replace("11", "150"), ("1 cross the end",
        "--width"), world()),
    Case("no summit", f"{PEAKS} --centre summit", ("line 1", "no summit", "--centre midpoint"),
        world()),
    Case("no genome", PEAKS.replace("g.fa", "no.fa"), ("no.fa", "Check the path"), world()),
    Case("a folder as the genome", PEAKS.replace("g.fa", "dir"), ("dir is a folder",), world(
        **{"dir/x": "x"})),
    Case("a genome in gzip", PEAKS.replace("g.fa", "g.fa.gz"), ("gzip", "bgzip"), world(
        **{"g.fa.gz": gzip.compress(GENOME.encode())})),
    Case("a genome as a zip archive", PEAKS, ("zip", "unzip"), world(g__fa=zipped("g.fa"))),
    Case("a 2bit genome", PEAKS, ("2bit",), world(g__fa=b"\x43\x27\x41\x1a" + bytes(30))),
    Case("BED as the genome", PEAKS, ("g.fa", "BED"), world(g__fa=ONE)),
    Case("proteins as the genome", PEAKS, ("chr1", "'L'", "not one of DNA"), world(
        g__fa=f">chr1\n{'MKVLAWGRRS' * 20}\n")),
    Case("a genome with lines of other lengths", PEAKS, ("g.fa", "indexed"), world(
        g__fa=">chr1\nACGT\nACGTACGT\nACG\n>chr2\nACGT\n")),
    Case("one chromosome twice", PEAKS, ("g.fa", "indexed"), world(g__fa=GENOME + GENOME)),
    Case("the annotation of another genome", NEGATIVES, ("'7q'", "'chr1'"), world(
        g__gtf=GTF.replace("chr1", "7q"))),
    Case("the annotation of another build", NEGATIVES, ("1 features", "chr1:280 of 200",
        "another genome build"), world(g__gtf=GTF.replace("180", "280", 1))),
    Case("FASTA as the annotation", NEGATIVES, ("g.gtf", "FASTA"), world(g__gtf=GENOME)),
    Case("GFF3 as the annotation", NEGATIVES, ("g.gtf", "not GFF3"), world(
        g__gtf="chr1\tX\texon\t21\t180\t.\t+\t.\tID=exon1;Parent=T1\n")),
]  # fmt: skip

OPTIONS = [
    Case("a score that is none", f"{PEAKS} --min-score 5", ("line 1", "--min-score",
        "--score-column"), bed("chr1\t50\t60\tpeak\t.\t+\n")),
    Case("a p-value that the format has not", f"{PEAKS} --max-p 0.05", ("line 1", "--max-p",
        "--p-column"), world()),
    Case("a column that is not there", f"{PEAKS} --min-score 5 --score-column 9", ("6 columns",
        "no column 9"), world()),
    Case("filters that no peak passes", f"{PEAKS} --min-score 50", ("No peak passes",), world()),
    Case("a p-value column without its scale", f"{PEAKS} --max-p 0.1 --p-column 7", ("--p-scale",
        "minus-log10"), world()),
    Case("replicates that are not there", f"{PEAKS} --min-replicates 2", ("GENEA_K562", "1 file"),
        world()),
    Case("an unknown centre", f"{PEAKS} --centre midpont", ("--centre", "Did you mean 'midpoint'"),
        world()),
    Case("an unknown rule", PEAKS + " --negatives same-genes", ("--negatives",
        "Did you mean 'same-gene'"), world()),
    Case("something unknown to match", f"{NEGATIVES} --match tilling", ("--match",
        "Did you mean 'tiling'"), world()),
    Case("same-gene without genes", PEAKS + " --negatives same-gene", ("--gtf",), world()),
    Case("a region to match without genes", PEAKS + " --negatives other-proteins --match region",
        ("--match region", "--gtf"), world()),
    Case("other proteins where there is one", PEAKS + " --negatives other-proteins", (
        "several proteins",), world()),
    Case("a ratio without negatives", f"{PEAKS} --ratio 2", ("--ratio", "--negatives"), world()),
    Case("given negatives without files", PEAKS + " --negatives given", ("--unbound",), world()),
    Case("unbound sites of another protein", PEAKS + " --negatives given --unbound XYZ.bed", (
        "XYZ", "GENEA_K562"), world(XYZ__bed=ONE)),
    Case("a gene without room", f"{NEGATIVES} --distance 130", ("No same-gene",
        "--distance"), world()),
    Case("negatives for a dataset that has some", "rpbind negatives d --rule shuffled --out e", (
        "4 negatives already",), lambda folder: dataset(folder, "0")),
    Case("an unknown rule, later", "rpbind negatives d --rule shuffle --out e", (
        "Did you mean 'shuffled'",), lambda folder: dataset(folder, "1")),
    Case("same-gene without coordinates", "rpbind negatives d --rule same-gene --out e", (
        "--genome", "rpbind import peaks"), lambda folder: dataset(folder, "1")),
    Case("a genome without effect", "rpbind negatives d --rule shuffled --out e --genome g.fa", (
        "--genome", "no effect"), lambda folder: dataset(folder, "1")),
    Case("a distance without places", "rpbind negatives d --rule other-proteins --out e "
        "--distance 9", ("--distance", "coordinates"), lambda folder: dataset(folder, "1")),
    Case("no chromosomes to split by", "rpbind split d --rule cold-chromosome", (
        "no genome coordinates", "rpbind import peaks"), lambda folder: dataset(folder, "1")),
]  # fmt: skip

READ = [
    Case("peaks without negatives", PEAKS, ("1 window of 11 nt (1 positive)",
        "`rpbind negatives`"), world(), exit=0),
    Case("peaks with CRLF, a byte-order mark and gzip", PEAKS, ("1 window of",), bed(
        gzip.compress(b"\xef\xbb\xbf" + ONE.replace("\n", "\r\n").encode())), exit=0),
    Case("a protein whose peaks are filtered out", f"{PEAKS} GENEB_K562.bed --min-score 3", (
        "no window left: GENEB_K562",), world(GENEB_K562__bed=ONE.replace("\t5\t", "\t1\t")),
        exit=0),
    Case("genes with a place for a negative", f"{NEGATIVES} --distance 5", ("2 windows",
        "1 positive"), world(), exit=0),
]  # fmt: skip


def dataset(folder: Path, label: str) -> None:
    """Write a dataset `d` of a table, whose windows of label 0 become `label`."""
    import rpbind as rb

    text = (folder / "windows.tsv").read_text()
    (folder / "w.tsv").write_text(text.replace("\t0\n", f"\t{label}\n"))
    rb.import_table(folder / "w.tsv", proteins=folder / "proteins.fasta", out=folder / "d", k=5)


@pytest.mark.parametrize("case", [*FILES, *PLACES, *OPTIONS, *READ], ids=lambda case: case.name)
def test_the_answer_to_peaks_has_the_facts(
    case: Case,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check(case, tmp_path, capsys, monkeypatch)
