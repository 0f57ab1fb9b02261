"""A genome of three chromosomes with genes, and peaks of proteins at planted motifs.

Every gene has three exons; two of three genes are coding. Peaks come in clumps: a clump has one to
four sites of one protein, 60 nt apart, and at times a site of another protein between them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

MOTIFS = {
    "AAA1_K562": "TGCATGTA",
    "BBB2_K562": "GTTAACGT",
    "CCC3_HepG2": "CTAGTGAT",
    "DDD4_HepG2": "GACCTTGA",
}
SIZES = {"chr1": 90_000, "chr2": 60_000, "chr3": 60_000}
GENE, STEP = 7_000, 7_500
EXONS = ((0, 700), (2000, 2700), (6000, 7000))
"""In the gene's own direction; of a coding gene, 400 to 6500 is coding."""
CODING = (400, 6500)
SPACING, PEAK = 60, 40


def reverse_complement(letters: str) -> str:
    return letters[::-1].translate(str.maketrans("ACGTacgt", "TGCAtgca"))


@dataclass
class Gene:
    """A gene: its chromosome, first nucleotide, strand, and whether it is coding."""

    name: str
    chromosome: str
    start: int
    strand: str
    coding: bool

    def place(self, begin: int, end: int) -> tuple[int, int]:
        """Return where a stretch of the gene lies on the chromosome."""
        if self.strand == "+":
            return self.start + begin, self.start + end
        return self.start + GENE - end, self.start + GENE - begin


@dataclass
class ToyGenome:
    """Letters, genes, and sites: (protein, chromosome, start, strand) of each motif's peak."""

    letters: dict[str, list[str]]
    genes: list[Gene]
    sites: list[tuple[str, str, int, str]] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Write genome.fa, genes.gtf, proteins.fasta, and a narrowPeak file for each protein."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "genome.fa").open("w") as file:
            for name, letters in self.letters.items():
                text = "".join(letters)
                lines = [text[at : at + 60] for at in range(0, len(text), 60)]
                file.write(f">{name} toy\n" + "\n".join(lines) + "\n")
        (folder / "genes.gtf").write_text("".join(map(gtf_of, self.genes)))
        (folder / "proteins.fasta").write_text(
            "".join(f">{name}\n{sequence_of(name)}\n" for name in MOTIFS)
        )
        for protein in MOTIFS:
            (folder / f"{protein}.narrowPeak").write_text(
                "".join(peak_line(*site) for site in self.sites if site[0] == protein)
            )

    def files(self, folder: Path) -> list[Path]:
        return [folder / f"{protein}.narrowPeak" for protein in MOTIFS]


def sequence_of(protein: str) -> str:
    """Return residues that no other protein of the toy resembles."""
    rng = np.random.default_rng(list(protein.encode()))
    return "M" + "".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), 60))


def peak_line(protein: str, chromosome: str, start: int, strand: str) -> str:
    """Return a narrowPeak line; the summit is in the middle of the peak."""
    score = 500 + start % 500
    return (
        f"{chromosome}\t{start}\t{start + PEAK}\t{protein}_IDR\t{score}\t{strand}\t4.5\t6.2\t-1\t"
        f"{PEAK // 2}\n"
    )


def gtf_of(gene: Gene) -> str:
    ids = f'gene_id "ENSG{gene.name}"; transcript_id "ENST{gene.name}"; gene_name "{gene.name}";'
    found = [("transcript", 0, GENE), *(("exon", *exon) for exon in EXONS)]
    if gene.coding:
        found += [
            ("CDS", max(begin, CODING[0]), min(end, CODING[1]))
            for begin, end in EXONS
        ]  # fmt: skip
    lines = ["##description: toy\n"]
    for feature, begin, end in found:
        start, stop = gene.place(begin, end)
        lines.append(
            f"{gene.chromosome}\tTOY\t{feature}\t{start + 1}\t{stop}\t.\t{gene.strand}\t.\t{ids}\n"
        )
    return "".join(lines)


def toy_genome(seed: int = 0, clumps_per_gene: int = 3) -> ToyGenome:
    """Make a genome; the same seed gives the same letters."""
    rng = np.random.default_rng(seed)
    letters = {name: list(rng.choice(list("ACGT"), size)) for name, size in SIZES.items()}
    genes = [
        Gene(f"G{name[3:]}{number}", name, start, "+-"[number % 2], number % 3 != 2)
        for name, size in SIZES.items()
        for number, start in enumerate(range(250, size - GENE - 250, STEP))
    ]
    toy = ToyGenome(letters, genes)
    names = list(MOTIFS)
    for gene in genes:
        where = rng.choice(np.arange(300, GENE - 500, 600), clumps_per_gene, replace=False)
        for begin in where.tolist():
            protein = names[int(rng.integers(len(names)))]
            other = names[int(rng.integers(len(names)))]
            for number in range(int(rng.integers(1, 5))):
                _plant(toy, rng, protein, gene, begin + number * SPACING)
            if other != protein and rng.random() < 0.5:
                _plant(toy, rng, other, gene, begin + 30)
    return toy


def _plant(toy: ToyGenome, rng: np.random.Generator, protein: str, gene: Gene, begin: int) -> None:
    """Put a protein's motif into the middle of a peak, in the direction of the gene."""
    start, _ = gene.place(begin, begin + PEAK)
    motif = MOTIFS[protein]
    motif = motif if gene.strand == "+" else reverse_complement(motif)
    at = start + (PEAK - len(motif)) // 2
    toy.letters[gene.chromosome][at : at + len(motif)] = motif
    toy.sites.append((protein, gene.chromosome, start, gene.strand))
