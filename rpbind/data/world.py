"""The simulated world: windows and proteins in which the right answer is known.

A protein's sequence decides which motif it binds; a window is bound if it holds that motif, and
holds another family's motif, or the same letters in disorder, if it is not. What a model may be
fooled by is planted too: bound windows are a little richer in G and C, proteins differ in their
share of bound windows, and neighbouring windows of one transcript overlap: a random split leaks.
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
"""Motif that a family binds, and the residues that its binding domain is rich in.

The motifs are anagrams: whoever counts letters cannot tell one from another."""


@dataclass(frozen=True)
class World:
    """The size of a simulated world and the strength of what is planted in it.

    `gc_gap` is the difference in the probability of G or C between bound and unbound windows;
    `decoys` the share of unbound windows that hold another family's motif, so that the RNA alone
    does not tell (the others hold their own motif's letters shuffled); `shifts` the number of
    overlapping windows per site.
    """

    proteins: int = 24
    sites: int = 120
    shifts: int = 2
    length: int = 41
    gc_gap: float = 0.05
    decoys: float = 0.5
    seed: int = 0


def simulate(out: Path, world: World = World()) -> Dataset:
    """Write the world's dataset to `out`; the same world gives the same bytes."""
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
    """A random chain with one domain that is rich in the residues of its family."""
    _, rich = FAMILIES[index % len(FAMILIES)]
    chain = _draw(RESIDUES, int(rng.integers(50, 90)), rng)
    domain = "".join(_draw(rich if rng.random() < 0.8 else RESIDUES, 1, rng) for _ in range(30))
    at = int(rng.integers(0, len(chain)))
    name = f"SIM{index:02d}"
    return Protein(name, name, chain[:at] + domain + chain[at:], index)


def _site(family: int, bound: bool, world: World, rng: np.random.Generator) -> list[str]:
    """Overlapping windows of one stretch; the motif, if any, is whole in each of them."""
    reach = world.length // 8
    stretch = _stretch(family, bound, world, rng)
    # a shuffled motif may come out as itself, and a decoy may complete one at its edge
    while (FAMILIES[family][0] in stretch) != bound:
        stretch = _stretch(family, bound, world, rng)
    starts = rng.choice(reach + 1, size=world.shifts, replace=False)
    return [stretch[start : start + world.length] for start in starts]


def _stretch(family: int, bound: bool, world: World, rng: np.random.Generator) -> str:
    """Background with a motif or decoy where every window of the site has the whole of it."""
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
    """Random letters; drawn again until none of the motifs is there by chance."""
    gc = 0.5 + (world.gc_gap if bound else -world.gc_gap) / 2
    while True:
        letters = rng.choice(list("ACGU"), size=n, p=[(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2])
        text = "".join(letters)
        if not any(motif in text for motif, _ in FAMILIES):
            return text


def _draw(letters: str, n: int, rng: np.random.Generator) -> str:
    drawn: NDArray[np.str_] = rng.choice(list(letters), size=n)
    return "".join(drawn)
