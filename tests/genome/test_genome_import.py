"""Peaks become windows of the transcribed strand, in the right place, with genes and regions."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from Bio import bgzf
from toy_genome import (
    MOTIFS,
    SIZES,
    ToyGenome,
    gtf_of,
    peak_line,
    reverse_complement,
)

import rpbind as rb
from rpbind.data.alphabet import decode
from rpbind.data.coordinates import REGIONS, STRANDS
from rpbind.data.dataset import Dataset

Peaks = Callable[..., Any]
Toy = tuple[ToyGenome, Path]
PROTEIN = "AAA1_K562"
SHIFT = {"+": -30, "-": -31}
"""From a peak's start to its window's: 40 nt have two middles, and the 5' one is not taken."""


def opened(made: Any) -> Dataset:
    return Dataset.open(made.dataset.folder)


def places(dataset: Dataset) -> list[tuple[str, int, int, str]]:
    """Return chromosome, start, end and strand of each window."""
    held = dataset.coordinates
    assert held is not None
    return [
        (held.chromosomes[c], start, end, STRANDS[s])
        for c, start, end, s in zip(
            held.chromosome_N.tolist(),
            held.start_N.tolist(),
            held.end_N.tolist(),
            held.strand_N.tolist(),
            strict=True,
        )
    ]


def test_the_planted_motif_is_in_the_middle_of_every_window_on_both_strands(
    peaks: Peaks, toy: Toy
) -> None:
    dataset = opened(peaks(merge_distance=-1))
    sites = sorted((p, c, start, s) for p, c, start, s in toy[0].sites)
    found = sorted(
        (dataset.proteins[protein].id, chromosome, start - SHIFT[strand], strand)
        for protein, (chromosome, start, _, strand) in zip(
            dataset.protein_N.tolist(), places(dataset), strict=True
        )
    )
    assert found == sites
    assert {strand for *_, strand in sites} == {"+", "-"}
    for rna_L, protein in zip(dataset.rna_NL, dataset.protein_N.tolist(), strict=True):
        motif = MOTIFS[dataset.proteins[protein].id].replace("T", "U")
        assert decode(rna_L)[46:55].find(motif) >= 0


def test_a_window_has_the_letters_of_its_coordinates(peaks: Peaks, toy: Toy) -> None:
    dataset = opened(peaks(width=34, centre="5prime"))
    for rna_L, (chromosome, start, end, strand) in zip(
        dataset.rna_NL, places(dataset), strict=True
    ):
        letters = "".join(toy[0].letters[chromosome][start:end])
        letters = letters if strand == "+" else reverse_complement(letters)
        assert decode(rna_L) == letters.replace("T", "U")


@pytest.mark.parametrize("width", [20, 21])
@pytest.mark.parametrize("centre", ["midpoint", "summit", "5prime"])
def test_the_strands_are_mirror_images(
    toy: Toy, peaks: Peaks, tmp_path: Path, width: int, centre: str
) -> None:
    made, _ = toy
    mirrored = "".join(
        f">{name}\n{reverse_complement(''.join(letters))}\n"
        for name, letters in made.letters.items()
    )
    (tmp_path / "mirror.fa").write_text(mirrored)
    lines = {"plus": "", "minus": ""}
    for start in range(1000, 9000, 401):
        for name, strand in (("plus", "+"), ("minus", "-")):
            begin = start if name == "plus" else SIZES["chr1"] - start - 37
            summit = 11 if name == "plus" else 37 - 1 - 11
            lines[name] += f"chr1\t{begin}\t{begin + 37}\tx\t0\t{strand}\t0\t0\t0\t{summit}\n"
    options = {"width": width, "centre": centre, "k": 15}
    one = opened(peaks({f"{PROTEIN}.narrowPeak": lines["plus"]}, "one", **options))
    other = opened(
        peaks({f"{PROTEIN}.bed": lines["minus"]}, "other", genome=tmp_path / "mirror.fa", **options)
    )
    assert np.array_equal(one.rna_NL, other.rna_NL)


def test_the_centre_is_the_midpoint_the_summit_or_the_5prime_end(peaks: Peaks) -> None:
    text = "chr1\t1000\t1040\tx\t0\t+\t0\t0\t0\t7\nchr1\t3000\t3040\tx\t0\t-\t0\t0\t0\t7\n"
    starts = {}
    for centre in ("midpoint", "summit", "5prime"):
        made = peaks({f"{PROTEIN}.narrowPeak": text}, centre, centre=centre, width=5, k=5)
        starts[centre] = [start + 2 for _, start, *_ in places(opened(made))]
    assert starts == {
        "midpoint": [1020, 3019],
        "summit": [1007, 3007],
        "5prime": [1000, 3039],
    }


def test_genes_and_region_types_come_from_the_annotation(peaks: Peaks, toy: Toy) -> None:
    made, folder = toy
    coding = {s: next(g for g in made.genes if g.coding and g.strand == s) for s in "+-"}
    silent = next(g for g in made.genes if not g.coding)
    wanted, text = [], ""
    for gene, offset, region in [
        *((coding[s], offset, region) for s in "+-" for offset, region in (
            (200, "5'UTR"), (600, "CDS"), (1500, "intron"), (6800, "3'UTR"))),
        (silent, 200, "ncRNA"), (silent, 4000, "intron"),
    ]:  # fmt: skip
        start, _ = gene.place(offset, offset + 1)
        text += f"{gene.chromosome}\t{start}\t{start + 1}\tx\t0\t{gene.strand}\n"
        wanted.append((gene.name, region))
    text += "chr1\t100\t101\tx\t0\t+\n"
    held = opened(
        peaks({f"{PROTEIN}.bed": text}, gtf=folder / "genes.gtf", merge_distance=-1)
    ).coordinates
    assert held is not None
    found = [
        (held.genes[gene] if gene >= 0 else None, REGIONS[region])
        for gene, region in zip(held.gene_N.tolist(), held.region_N.tolist(), strict=True)
    ]
    assert found == [*wanted, (None, "intergenic")]


def test_chromosomes_are_found_with_and_without_chr(peaks: Peaks, toy: Toy, tmp_path: Path) -> None:
    made, _ = toy
    text = "".join(peak_line(*site) for site in made.sites if site[0] == PROTEIN)
    with_chr = opened(peaks({f"{PROTEIN}.bed": text}, "one"))
    (tmp_path / "genes.gtf").write_text("".join(map(gtf_of, made.genes)).replace("chr", ""))
    without = opened(
        peaks({f"{PROTEIN}.bed": text.replace("chr", "")}, "other", gtf=tmp_path / "genes.gtf")
    )
    assert np.array_equal(with_chr.rna_NL, without.rna_NL)
    assert places(with_chr) == places(without)
    assert without.coordinates is not None
    assert (without.coordinates.gene_N >= 0).all()


def test_a_packed_genome_and_its_index_give_the_same_dataset(
    peaks: Peaks, toy: Toy, tmp_path: Path
) -> None:
    plain = peaks(out="plain")
    text = (toy[1] / "genome.fa").read_bytes()
    with bgzf.BgzfWriter(tmp_path / "g.fa.gz", "wb") as file:
        file.write(text)
    assert peaks(out="packed", genome=tmp_path / "g.fa.gz").dataset.id == plain.dataset.id
    (tmp_path / "g.fa").write_bytes(text)
    before = sorted(tmp_path.iterdir())
    made = peaks(out="again", genome=tmp_path / "g.fa")
    assert made.dataset.id == plain.dataset.id
    assert sorted(tmp_path.iterdir()) == sorted([*before, tmp_path / "again"])


def test_windows_across_the_end_of_a_chromosome_are_dropped_and_counted(peaks: Peaks) -> None:
    size = SIZES["chr1"]
    text = f"chr1\t20\t40\tx\t0\t+\nchr1\t{size - 30}\t{size}\tx\t0\t-\nchr1\t500\t540\tx\t0\t+\n"
    made = peaks({f"{PROTEIN}.bed": text})
    assert len(made.dataset) == 1
    assert made.decisions["windows_beyond_chromosome_dropped"] == 2


def test_soft_masked_windows_are_dropped_above_their_limit(
    peaks: Peaks, toy: Toy, tmp_path: Path
) -> None:
    letters = "".join(toy[0].letters["chr1"])
    (tmp_path / "masked.fa").write_text(f">chr1\n{letters[:600].lower()}{letters[600:]}\n")
    text = "".join(f"chr1\t{at}\t{at + 40}\tx\t0\t+\n" for at in (200, 580, 900))
    options = {"genome": tmp_path / "masked.fa"}
    assert len(peaks({f"{PROTEIN}.bed": text}, "all", **options).dataset) == 3
    made = peaks({f"{PROTEIN}.bed": text}, "some", max_masked_share=0.6, **options)
    assert (len(made.dataset), made.decisions["windows_masked_dropped"]) == (2, 1)


def test_the_file_and_line_of_every_window_are_kept(peaks: Peaks, toy: Toy) -> None:
    import pyarrow.parquet as pq

    made = peaks(merge_distance=-1)
    table = pq.read_table(made.dataset.folder / "windows.parquet").to_pylist()
    for row in table[:40]:
        line = (toy[1] / row["source_file"]).read_text().splitlines()[row["source_row"] - 1]
        chromosome, start, *_ = line.split("\t")
        assert (row["chrom"], row["start"]) == (chromosome, int(start) + SHIFT[row["strand"]])


def test_overlapping_windows_are_one_cluster_and_opposite_strands_are_not(peaks: Peaks) -> None:
    text = "".join(
        f"chr1\t{start}\t{start + 10}\tx\t0\t{strand}\n"
        for start, strand in ((1000, "+"), (1090, "+"), (1090, "-"), (1500, "+"))
    )
    dataset = opened(peaks({f"{PROTEIN}.bed": text}))
    one, two, minus, far = dataset.cluster_N.tolist()
    assert one == two
    assert len({one, minus, far}) == 3


def test_the_same_import_gives_the_same_dataset_and_gzip_does_not_count(
    peaks: Peaks, toy: Toy, tmp_path: Path
) -> None:
    one = peaks(out="one")
    files = []
    for file in toy[0].files(toy[1]):
        files.append(tmp_path / f"{file.name}.gz")
        files[-1].write_bytes(gzip.compress(file.read_bytes()))
    other = rb.import_peaks(
        [*files], genome=toy[1] / "genome.fa", proteins=toy[1] / "proteins.fasta",
        out=tmp_path / "other",
    )  # fmt: skip
    assert one.dataset.id == other.dataset.id


def test_an_interrupted_import_leaves_nothing(
    peaks: Peaks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("rpbind.data.writer._write_parquet", interrupted)
        with pytest.raises(KeyboardInterrupt):
            peaks()
    assert list(tmp_path.iterdir()) == []
    assert len(peaks().dataset) > 0


def test_peaks_that_mostly_lie_outside_of_genes_are_said_to_be_of_another_build(
    peaks: Peaks, toy: Toy
) -> None:
    made, folder = toy
    swapped = str.maketrans("+-", "-+")
    files = {
        path.name: "".join(
            "\t".join([*cells[:5], cells[5].translate(swapped), *cells[6:]])
            for cells in (line.split("\t") for line in path.read_text().splitlines(keepends=True))
        )
        for path in made.files(folder)
    }
    right = peaks(gtf=folder / "genes.gtf", out="right")
    assert not any("genome build" in note for note in right.notes)
    assert any(
        "genome build" in note for note in peaks(files, "odd", gtf=folder / "genes.gtf").notes
    )
