"""Homology clusters of proteins, so that a cold split never tests on relatives of trained proteins.

Two proteins are linked if their best local alignment (BLOSUM62, gap open 11, extend 1) has at
least 30 % identical columns (gaps counted) and is at least half as long as the shorter protein:
below about 30 % identity related and unrelated pairs look alike (Rost 1999, Protein Engineering
12:85, doi 10.1093/protein/12.2.85), and half of the shorter protein is more than one shared short
motif. Proteins of one gene are always linked. Clusters are the connected components (single
linkage): a chain of relatives is one cluster, so linked proteins are never separated.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np
import parasail
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from rpbind.errors import UserError
from rpbind.proteins.sequence import clean

Method = Literal["parasail", "mmseqs2"]
Pair = tuple[int, int]
Progress = Callable[[int, int], None]

IDENTITY = 0.3
COVERAGE = 0.5
_GAP_OPEN, _GAP_EXTEND = 11, 1


def cluster_proteins(
    genes: Sequence[str],
    sequences: Sequence[str],
    method: Method = "parasail",
    progress: Progress | None = None,
) -> NDArray[np.int32]:
    """Cluster proteins by homology.

    The split depends on the method, so the caller chooses it, and never the machine.

    Parameters
    ----------
    genes
        P gene names; proteins of one gene are always in one cluster.
    sequences
        P protein sequences.
    method
        `parasail` aligns every pair exactly. `mmseqs2` is for many thousands of proteins: it
        searches heuristically (its own E-value limit, low complexity masked), so it may link fewer.
    progress
        Called with (done, total) proteins.

    Returns
    -------
    (P,) int32: each protein's cluster, numbered by first appearance.

    Raises
    ------
    UserError
        If MMseqs2 is chosen and is not installed, or fails.
    """
    search = {"parasail": _parasail_links, "mmseqs2": _mmseqs2_links}[method]
    residues = [clean(s).replace("U", "C").replace("O", "K").replace("J", "X") for s in sequences]
    first_of_gene: dict[str, int] = {}
    pairs = [(first_of_gene.setdefault(gene, at), at) for at, gene in enumerate(genes)]
    pairs += search(residues, progress)
    rows, columns = np.array(pairs, dtype=np.int64).T
    graph = coo_array((np.ones(len(pairs)), (rows, columns)), shape=(len(genes), len(genes)))
    _, component_P = connected_components(graph, directed=False)
    return _by_first_appearance(component_P)


def _by_first_appearance(label_P: NDArray[np.int32]) -> NDArray[np.int32]:
    _, first, inverse_P = np.unique(label_P, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first)).astype(np.int32)[inverse_P]


def _is_link(identity: float, columns: int, shorter: int) -> bool:
    return identity >= IDENTITY and columns >= COVERAGE * shorter


def _parasail_links(residues: list[str], progress: Progress | None) -> list[Pair]:
    def links_before(at: int) -> list[Pair]:
        profile = parasail.profile_create_stats_sat(residues[at], parasail.blosum62)
        return [(other, at) for other in range(at) if _are_linked(profile, residues[other])]

    links: list[Pair] = []
    # parasail releases the interpreter lock while it aligns
    with ThreadPoolExecutor() as pool:
        for done, found in enumerate(pool.map(links_before, range(len(residues))), start=1):
            links += found
            if progress is not None:
                progress(done, len(residues))
    return links


def _are_linked(profile: parasail.Profile, other: str) -> bool:
    best = parasail.sw_stats_striped_profile_sat(profile, other, _GAP_OPEN, _GAP_EXTEND)
    shorter = min(best.len_query, best.len_ref)
    return best.length > 0 and _is_link(best.matches / best.length, best.length, shorter)


def _mmseqs2_links(residues: list[str], progress: Progress | None) -> list[Pair]:
    program = shutil.which("mmseqs")
    if program is None:
        raise UserError(
            "Homology clusters by MMseqs2 need the program 'mmseqs', which is not on the PATH. "
            "Install it, or use the method 'parasail', which needs nothing."
        )
    with tempfile.TemporaryDirectory() as name:
        links = list(_mmseqs2_hits(program, residues, Path(name)))
    if progress is not None:
        progress(len(residues), len(residues))
    return links


def _mmseqs2_hits(program: str, residues: list[str], folder: Path) -> Iterator[Pair]:
    fasta, hits = folder / "proteins.fasta", folder / "hits.tsv"
    fasta.write_text("".join(f">{at}\n{protein}\n" for at, protein in enumerate(residues)))
    command = [program, "easy-search", str(fasta), str(fasta), str(hits), str(folder / "work")]
    # its most sensitive search, without a limit on the hits of one protein
    options = ["-s", "7.5", "--max-seqs", str(max(300, len(residues))), "-v", "1"]
    columns = ["--seq-id-mode", "0", "--format-output", "query,target,fident,alnlen"]
    done = subprocess.run([*command, *options, *columns], capture_output=True, text=True)
    if done.returncode != 0:
        raise UserError(f"MMseqs2 failed ({' '.join(command)}): {done.stderr or done.stdout}")
    for line in hits.read_text().splitlines():
        query, target, identity, length = line.split("\t")
        pair = (int(query), int(target))
        shorter = min(len(residues[at]) for at in pair)
        if _is_link(float(identity), int(length), shorter):
            yield pair
