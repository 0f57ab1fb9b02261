"""Homologous proteins share a cluster and unrelated ones do not, on synthetic proteins."""

import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from Bio import SeqIO

from rpbind.errors import UserError
from rpbind.proteins.homology import Method, cluster_proteins
from rpbind.proteins.sequence import RESIDUES

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
MMSEQS = pytest.param(
    "mmseqs2",
    marks=pytest.mark.skipif(shutil.which("mmseqs") is None, reason="no program 'mmseqs' here"),
)


def protein(seed: int, length: int = 300) -> str:
    return "".join(random.Random(seed).choices(RESIDUES, k=length))


def mutated(sequence: str, share: float, seed: int = 0) -> str:
    draw = random.Random(seed)
    return "".join(draw.choice(RESIDUES) if draw.random() < share else aa for aa in sequence)


def clusters(*sequences: str, method: Method = "parasail") -> list[int]:
    names = [f"gene{at}" for at in range(len(sequences))]
    found: list[int] = cluster_proteins(names, sequences, method).tolist()
    return found


@pytest.mark.parametrize("method", ["parasail", MMSEQS])
def test_a_mutated_copy_is_a_relative_and_a_random_protein_is_not(method: Method) -> None:
    one = protein(1)
    assert clusters(one, protein(2), mutated(one, 0.4), protein(3), method=method) == [0, 1, 0, 2]


def test_the_clusters_are_numbered_by_first_appearance_as_int32() -> None:
    found_P = cluster_proteins(["b", "a", "b"], [protein(1), protein(2), protein(3)])
    assert found_P.dtype == np.int32
    assert found_P.tolist() == [0, 1, 0]


def test_two_cell_lines_of_one_gene_are_one_cluster_whatever_their_sequences() -> None:
    assert cluster_proteins(["QKI", "PUM1", "QKI"], [protein(1), protein(2), protein(3)])[2] == 0


def test_identical_sequences_of_two_genes_are_one_cluster() -> None:
    assert clusters(protein(1), protein(2), protein(1)) == [0, 1, 0]


def test_relatives_of_a_relative_are_in_the_cluster() -> None:
    left, right = protein(1), protein(2)
    # the first two share nothing, the third has both
    assert clusters(left, right) == [0, 1]
    assert clusters(left, right, left + right) == [0, 0, 0]


def test_a_shared_domain_links_if_it_is_half_of_the_shorter_protein() -> None:
    domain = protein(1, 120)
    short, long = domain + protein(2, 180), protein(3, 300) + domain
    assert clusters(short, long) == [0, 1]
    assert clusters(domain + protein(2, 60), long) == [0, 0]


def test_proteins_below_the_identity_limit_are_not_linked() -> None:
    one = protein(1, 600)
    # four fifths of the residues are drawn again: about a quarter is identical
    assert clusters(one, mutated(one, 0.8)) == [0, 1]
    assert clusters(one, mutated(one, 0.5)) == [0, 0]


def test_letters_beyond_the_twenty_and_lower_case_do_not_matter() -> None:
    one = protein(1)
    assert clusters(one, one.lower() + "*", "U" + one + "JXBO") == [0, 0, 0]


def test_progress_ends_at_the_number_of_proteins() -> None:
    seen: list[tuple[int, int]] = []
    cluster_proteins(["a", "b"], [protein(1), protein(2)], progress=lambda *at: seen.append(at))
    assert seen == [(1, 2), (2, 2)]


def test_a_missing_mmseqs2_is_an_error_and_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="'mmseqs'"):
        clusters(protein(1), protein(2), method="mmseqs2")


def test_the_known_families_of_the_real_proteins_are_together() -> None:
    fasta = DATA / "proteins168.fasta"
    if not fasta.exists():
        pytest.skip(f"the 168 real proteins are missing: {fasta}")
    records = list(SeqIO.parse(fasta, "fasta"))
    genes = [record.id.split("_")[0] for record in records]
    found_P = cluster_proteins(genes, [str(record.seq) for record in records])
    cluster = dict(zip(genes, found_P.tolist(), strict=True))
    for family in ("FUS EWSR1 TAF15", "IGF2BP1 IGF2BP2 IGF2BP3", "FMR1 FXR1 FXR2", "PUM1 PUM2"):
        assert len({cluster[gene] for gene in family.split()}) == 1
    assert len({cluster[gene] for gene in ("FUS", "IGF2BP1", "FMR1", "PUM1", "QKI")}) >= 4
