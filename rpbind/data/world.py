"""The simulated world: windows and proteins for which the right answer is known.

A protein's sequence determines which motif it binds. A bound window contains that motif; an
unbound window contains the motif of another family, or the letters of its own motif shuffled.
The world also has misleading signals: bound windows have slightly more G and C, proteins differ in
their share of bound windows, and neighbouring windows overlap, so that a random split leaks.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import encode
from rpbind.data.dataset import Dataset, Protein
from rpbind.data.manifest import MadeBy
from rpbind.data.writer import Windows, write_dataset
from rpbind.proteins.sequence import RESIDUES

FAMILIES = (("UGCAUGUA", "KR"), ("GUUAACGU", "DE"), ("CUAGUGAU", "FWY"))
"""Motif that a family binds, and the residues that are frequent in its binding domain.

The motifs are anagrams, so that letter counts cannot distinguish them."""


@dataclass(frozen=True)
class World:
    """Size of a simulated world, and strength of its misleading signals.

    Parameters
    ----------
    proteins
        Number of proteins; each is its own protein cluster.
    sites
        Sites per protein.
    shifts
        Overlapping windows per site.
    length
        Letters per window.
    gc_gap
        Difference in the probability of G or C between bound and unbound windows.
    decoys
        Share of unbound windows that contain another family's motif, so that RNA alone does not
        determine the label; the others contain the letters of their own motif shuffled.
    seed
        Random seed.
    """

    proteins: int = 24
    sites: int = 120
    shifts: int = 2
    length: int = 41
    gc_gap: float = 0.05
    decoys: float = 0.5
    seed: int = 0


def simulate(out: Path, world: World = World()) -> Dataset:
    """Write a simulated dataset; the same world gives the same bytes.

    Parameters
    ----------
    out
        Folder of the new dataset.
    world
        Its size and signals.

    Returns
    -------
    Dataset
        The new dataset, opened.
    """
    rng = np.random.Generator(np.random.PCG64(world.seed))
    proteins = [_protein(index, rng) for index in range(world.proteins)]
    shares = np.linspace(0.35, 0.65, world.proteins)
    rna, label, protein, cluster = [], [], [], []
    for index in range(world.proteins):
        for site in range(world.sites):
            bound = bool(rng.random() < shares[index])
            rna += _site(index % len(FAMILIES), bound, world, rng)
            label += [bound] * world.shifts
            protein += [index] * world.shifts
            cluster += [index * world.sites + site] * world.shifts
    windows = Windows(
        rna_NL=encode("".join(rna)).reshape(-1, world.length),
        label_N=np.array(label, dtype=np.uint8),
        protein_N=np.array(protein, dtype=np.int32),
        cluster_N=np.array(cluster, dtype=np.int32),
    )
    made_by = MadeBy(importer="simulated world", arguments=asdict(world))
    return write_dataset(out, windows, proteins, made_by, negatives="no-motif")


def _protein(index: int, rng: np.random.Generator) -> Protein:
    """Draw a random protein with one domain that is rich in the residues of its family."""
    _, rich = FAMILIES[index % len(FAMILIES)]
    chain = _draw(RESIDUES, int(rng.integers(50, 90)), rng)
    domain = "".join(_draw(rich if rng.random() < 0.8 else RESIDUES, 1, rng) for _ in range(30))
    at = int(rng.integers(0, len(chain)))
    name = f"SIM{index:02d}"
    return Protein(name, name, chain[:at] + domain + chain[at:], index)


def _site(family: int, bound: bool, world: World, rng: np.random.Generator) -> list[str]:
    """Draw overlapping windows of one stretch; each contains the whole motif, if there is one."""
    reach = world.length // 8
    stretch = _stretch(family, bound, world, rng)
    # shuffling can reproduce the motif, and a decoy can complete one at its edge
    while (FAMILIES[family][0] in stretch) != bound:
        stretch = _stretch(family, bound, world, rng)
    starts = rng.choice(reach + 1, size=world.shifts, replace=False)
    return [stretch[start : start + world.length] for start in starts]


def _stretch(family: int, bound: bool, world: World, rng: np.random.Generator) -> str:
    """Draw background with a motif or decoy at a place that every window of the site covers."""
    reach = world.length // 8
    background = _background(world.length + reach, bound, world, rng)
    motif = FAMILIES[family][0] if bound else _decoy(family, world, rng)
    at = int(rng.integers(reach, world.length - len(motif) + 1))
    return background[:at] + motif + background[at + len(motif) :]


def _decoy(family: int, world: World, rng: np.random.Generator) -> str:
    if rng.random() < world.decoys:
        others = [motif for number, (motif, _) in enumerate(FAMILIES) if number != family]
        return str(rng.choice(others))
    return "".join(rng.permutation(list(FAMILIES[family][0])))


def _background(n: int, bound: bool, world: World, rng: np.random.Generator) -> str:
    """Draw random letters, again until they contain none of the motifs."""
    gc = 0.5 + (world.gc_gap if bound else -world.gc_gap) / 2
    while True:
        letters = rng.choice(list("ACGU"), size=n, p=[(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2])
        text = "".join(letters)
        if not any(motif in text for motif, _ in FAMILIES):
            return text


def _draw(letters: str, n: int, rng: np.random.Generator) -> str:
    drawn: NDArray[np.str_] = rng.choice(list(letters), size=n)
    return "".join(drawn)
