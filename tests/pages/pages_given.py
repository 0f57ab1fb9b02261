"""What the reader of a how-to has in a folder before the page begins, made small."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from toy_genome import MOTIFS, toy_genome

from rpbind.data.alphabet import decode
from rpbind.data.dataset import Dataset
from rpbind.data.splits import SplitSpec
from rpbind.recipe.narrower import narrowed
from rpbind.recipe.presets import CONV_RESIDUE
from rpbind.report.build import build_report
from rpbind.train.inputs import Inputs
from rpbind.train.machine import Machine
from rpbind.train.run import train_run
from rpbind.train.task import Job


def _dataset(folder: Path, tiny: Path) -> None:
    shutil.copytree(tiny, folder / "data" / "eclip91")


def _rows(tiny: Path) -> list[tuple[str, str, int]]:
    """Windows with their protein and label, as text."""
    dataset = Dataset.open(tiny)
    names = [protein.id for protein in dataset.proteins]
    return [
        (decode(rna), names[protein], int(label))
        for rna, protein, label in zip(
            dataset.rna_NL, dataset.protein_N, dataset.label_N, strict=True
        )
    ]


def _eclip(folder: Path, tiny: Path) -> None:
    (folder / "eclip_windows").mkdir()
    for rna, protein, label in _rows(tiny):
        with (folder / "eclip_windows" / f"{protein}_K562").open("a") as file:
            file.write(f"{rna}\t{label}\n")


def _table(folder: Path, tiny: Path) -> None:
    lines = [f"{rna},{protein},{label}" for rna, protein, label in _rows(tiny)]
    (folder / "windows.csv").write_text("\n".join(["rna,protein,label", *lines]) + "\n")


def _parts(folder: Path, tiny: Path) -> None:
    """The parts that somebody published for the windows of `windows.csv`."""
    clusters = Dataset.open(tiny).cluster_N.tolist()
    lines = [
        f"{n + 2}\t{'test' if cluster % 4 == 0 else 'train'}" for n, cluster in enumerate(clusters)
    ]
    (folder / "parts.tsv").write_text("\n".join(["line\tpart", *lines]) + "\n")


def _fasta(folder: Path, tiny: Path) -> None:
    proteins = Dataset.open(tiny).proteins
    text = "".join(f">{protein.id}\n{protein.sequence}\n" for protein in proteins)
    (folder / "proteins.fasta").write_text(text)


def _windows(folder: Path, tiny: Path) -> None:
    text = "".join(f">{n}\n{rna}\n" for n, (rna, _, _) in enumerate(_rows(tiny)[:4]))
    (folder / "windows.fasta").write_text(text)


def _vectors(folder: Path, tiny: Path) -> None:
    """Vectors of the tests' proteins in every format; the original model's are one per protein."""
    import h5py  # an extra: a page without such files runs without it

    random = np.random.default_rng(0)
    vectors = {
        protein.id: random.normal(size=(len(protein.sequence), 4)).astype(np.float16)
        for protein in Dataset.open(tiny).proteins
    }
    with h5py.File(folder / "per-residue.h5", "w") as file:
        for name, array in vectors.items():
            file[name] = array
    np.savez(folder / "vectors.npz", **vectors)
    means = {name: torch.from_numpy(array.mean(0)) for name, array in vectors.items()}
    torch.save(means, folder / "protein_embeddings.pt")
    columns = {"protein": list(means), "vector": [one.tolist() for one in means.values()]}
    pq.write_table(pa.table(columns), folder / "vectors.parquet")


def _model(folder: Path, tiny: Path) -> None:
    """A model of the tests' dataset, after one epoch, in the folder `model`."""
    inputs = Inputs.open(tiny, SplitSpec(), "physchem")
    recipe = narrowed(CONV_RESIDUE, 8).with_({"train.epochs": 1})
    (folder / "runs").mkdir()
    job = Job("toy", recipe, 0, folder / "runs")
    assert train_run(job, inputs, Machine(), "test", lambda point: None).state == "done"
    (folder / "runs" / job.run).rename(folder / "model")


def _peaks(folder: Path, tiny: Path) -> None:
    """Peaks of the tests' proteins on the toy genome."""
    toy_genome().write(folder / "toy")
    (folder / "toy" / "genome.fa").rename(folder / "GRCh38.fa")
    (folder / "toy" / "genes.gtf").rename(folder / "gencode.gtf")
    (folder / "peaks").mkdir()
    for protein, name in zip(Dataset.open(tiny).proteins, MOTIFS, strict=True):
        peaks = folder / "toy" / f"{name}.narrowPeak"
        peaks.rename(folder / "peaks" / f"{protein.id}.bed")
    shutil.rmtree(folder / "toy")


def _layouts(folder: Path, tiny: Path) -> None:
    """Files of the same windows in the forms in which other projects have them."""
    from openpyxl import Workbook

    rows = _rows(tiny)
    parts = ("training", "test")
    texts: dict[str, str] = {"clip-names.tsv": "name\tprotein\n"}

    def add(name: str, text: str) -> None:
        texts[name] = texts.get(name, "") + text

    book = Workbook()
    book.active.append(["RNA", "Protein", "Label"])
    for n, (rna, protein, label) in enumerate(rows):
        clip = f"clip/0_PARCLIP_{protein}_hg19/5000/{parts[n % 4 == 0]}_sample_0"
        add(f"{clip}/sequences.fa", f">chr1,+,{n},{n + 101}; class:{label}\n{rna}\n")
        sign, word = ("neg", "negative") if label == 0 else ("pos", "positive")
        add(f"circrna/{protein}/{word}", f">hsa_circ_{n:07} start:1,end:99\n{rna}\n")
        line = f"A\tENST{n}|1|99|1.2\t{rna}\t0.5,-1\t7.1\t{label}\n"
        add(f"prismnet/{protein}_HepG2.tsv", line)
        add(f"graphprot/{protein}.{('train', 'ls')[n % 3 == 0]}.{word}s.fa", f">{n}\n{rna}\n")
        add(
            f"parts/part{n % 8}.fasta",
            f">{n}_{protein}_K562_ENCSR825SVO_{sign}; class:{label}\n{rna}\n",
        )
        add("test.fasta", f">{n}_{protein}_K562_ENCSR825SVO_test\n{rna}\n")
        add("labels.txt", f"{label}\n")
        add("semicolons.csv", f"{rna};{protein};{label},0\r\n")
        add("headerless.tab", f"{rna}\t{protein}\t{('no', 'yes')[label]}\n")
        book.active.append([rna, protein, float(label)])
    for protein in {protein for _, protein, _ in rows}:
        add("clip-names.tsv", f"0_PARCLIP_{protein}\t{protein}\n")
    texts["semicolons.csv"] = f"\ufeffRNA;Protein;Label\r\n{texts['semicolons.csv']}"
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if name.startswith("clip/"):
            path.with_name("sequences.fa.gz").write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()
    book.save(folder / "windows.xlsx")


def _study(folder: Path, tiny: Path) -> None:
    """The small study of the tests of ledgers, with its report."""
    kept = Path(__file__).parents[1] / "ledger" / "study_647bbb3"
    build_report(shutil.copytree(kept, folder / "reports" / "STUDY"))


def _two_studies(folder: Path, tiny: Path) -> None:
    """The same with a copy of it, as if its command had been run in two places."""
    _study(folder, tiny)
    shutil.copytree(folder / "reports" / "STUDY", folder / "reports" / "OTHER")


GIVEN: dict[str, Callable[[Path, Path], None]] = {
    "data/eclip91": _dataset,
    "eclip_windows": _eclip,
    "proteins.fasta": _fasta,
    "windows.csv": _table,
    "parts.tsv": _parts,
    "windows.fasta": _windows,
    "a trained model": _model,
    "files of vectors": _vectors,
    "peaks and a genome": _peaks,
    "files of other projects": _layouts,
    "a study": _study,
    "two studies": _two_studies,
}
"""Name -> what makes it in a folder, from the tests' dataset."""


def give(names: list[str], folder: Path, tiny: Path) -> None:
    """Put what a page takes as given into its folder."""
    own = Path(shutil.copytree(tiny, folder.parent / "tests-dataset"))  # a split is written to it
    for name in names:
        GIVEN[name](folder, own)
