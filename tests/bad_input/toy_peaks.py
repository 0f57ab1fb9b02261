"""A small genome, peaks of two proteins, and what options of their import do to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

PEAKS = (
    "rpbind import peaks GENEA_K562.narrowPeak GENEB_K562.narrowPeak --genome g.fa --gtf g.gtf "
    "--proteins proteins.fasta --out o --width 11 --negatives other-proteins --distance 20 --k 5"
)


def effect(option: str) -> tuple[str, str]:
    """An option, added to the end of the command."""
    return "--k 5", f"--k 5 {option}"


OF_PEAKS = {
    "--genome": ("g.fa", "h.fa"), "--gtf": ("--gtf g.gtf", "--gtf h.gtf"),
    "--width": ("--width 11", "--width 13"),
    "--negatives": ("other-proteins", "shuffled"),
    "--unbound": ("other-proteins", "given --unbound u/GENEA_K562.bed"),
    "--on-conflict": effect("--on-conflict drip"), "--centre": effect("--centre summit"),
    "--strand": effect("--strand -"), "--name-pattern": effect("--name-pattern {protein}_K*"),
    "--samples": effect("--samples samples.csv"), "--min-score": effect("--min-score 3"),
    "--score-column": effect("--min-score 10 --score-column 7"),
    "--max-p": effect("--max-p 0.01"),
    "--p-column": effect("--max-p 0.01 --p-column 7 --p-scale p"),
    "--p-scale": effect("--max-p 0.01 --p-column 8 --p-scale p"),
    "--min-replicates": effect("--min-replicates 2"),
    "--merge-distance": effect("--merge-distance 30"), "--off-genome": effect("--off-genome drip"),
    "--max-masked-share": effect("--max-masked-share 0.1"), "--ratio": effect("--ratio 2"),
    "--distance": ("--distance 20", "--distance 5"), "--match": effect("--match none"),
    "--negative-seed": effect("--negative-seed 1"),
}  # fmt: skip
NEGATIVES = "rpbind negatives bound --rule shuffled --out o"
OF_NEGATIVES = {
    "--rule": ("shuffled", "other-proteins"), "--out": ("--out o", "--out p"),
    "--genome": ("--out o", "--out o --genome g.fa"), "--gtf": ("--out o", "--out o --gtf g.gtf"),
    "--ratio": ("--out o", "--out o --ratio 2"), "--distance": ("--out o", "--out o --distance 5"),
    "--match": ("--out o", "--out o --match tiling"),
    "--negative-seed": ("--out o", "--out o --negative-seed 1"),
}  # fmt: skip


def write(folder: Path) -> None:
    """Write genomes, annotations, peaks, unbound sites, and a dataset `bound` of a table."""
    import rpbind as rb

    rng = np.random.default_rng(4)
    for name in ("g", "h"):
        letters = "".join(rng.choice(list("ACGT"), 2000))
        letters = letters[:200] + letters[200:230].lower() + letters[230:400] + "N" + letters[401:]
        (folder / f"{name}.fa").write_text(f">chr1\n{letters}\n")
    for name, start in (("g", 21), ("h", 301)):
        ids = 'gene_id "G1"; transcript_id "T1"; gene_name "ONE";'
        text = f"chr1\tX\ttranscript\t{start}\t1800\t.\t+\t.\t{ids}\n"
        (folder / f"{name}.gtf").write_text(text)
    for shift, gene in enumerate(("GENEA", "GENEB")):
        lines = [
            f"chr1\t{at + 50 * shift}\t{at + 50 * shift + 12}\tx\t{at // 100}\t+\t{at // 50}\t"
            f"{at / 400}\t-1\t2\n"
            for at in (210, 395, 600, 620, 800, 1000, 1200)
        ]
        (folder / f"{gene}_K562.narrowPeak").write_text("".join(lines))
    (folder / "samples.csv").write_text(
        "file,protein\nGENEA_K562,GENEB_K562\nGENEB_K562,GENEA_K562\n"
    )
    (folder / "u").mkdir()
    (folder / "u" / "GENEA_K562.bed").write_text("chr1\t1500\t1512\tx\t1\t+\n")
    rows = "".join(
        f"{''.join(rng.choice(list('ACGU'), 20))},GENE{'AB'[n % 2]}_K562,1\n" for n in range(8)
    )
    (folder / "bound.csv").write_text(f"rna,protein,label\n{rows}")
    rb.import_table(
        folder / "bound.csv", proteins=folder / "proteins.fasta", out=folder / "bound", k=10
    )
