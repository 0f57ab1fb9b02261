"""Proteins and RNA have one alphabet each: every command reads a sequence in the same way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from toy_trained import QUICK, SEES_MOTIFS, Toy, train

from rpbind.data.alphabet import decode, encode
from rpbind.errors import UserError
from rpbind.importers.importers import ImportOptions, import_eclip, import_fasta, import_table
from rpbind.naming.protein_table import read_proteins
from rpbind.proteins.build import build_store
from rpbind.proteins.encoders import ENCODERS, make_encoder
from rpbind.proteins.homology import cluster_proteins
from rpbind.proteins.sequence import sequence_key
from rpbind.use.explain import Pair, explain_window
from rpbind.use.predict import PredictionInput, predict_windows

FREE = ("physchem", "triad", "random", "constant")
LENGTH = 33
RNA = "ACGUN" + "A" * (LENGTH - 5)

PROTEINS = {
    "MKVLAW": "MKVLAW",
    "MKVLAW*": "MKVLAW",
    "mkvlaw": "MKVLAW",
    "mkvlaw*": "MKVLAW",
    "MKUOBZJX": "MKUOBZJX",
    "MK*LAW": "Residue 3 of 6 is '*'",
    "MKVLAW**": "Residue 7 of 7 is '*'",
    "MK-LAW": "Residue 3 of 6 is '-'",
    "MKV1AW": "Residue 4 of 6 is '1'",
    "*": "empty",
}
"""A sequence, and either how it is read or why it is refused."""

WINDOWS = {
    RNA: RNA,
    RNA.replace("U", "T"): RNA,
    RNA.lower(): RNA,
    RNA.lower().replace("u", "t"): RNA,
    "R" + RNA[1:]: "got 'R' at letter 1 of 33",
    RNA[:-1] + "*": "got '*' at letter 33 of 33",
    RNA[:4] + "-" + RNA[5:]: "got '-' at letter 5 of 33",
    RNA[:4] + "I" + RNA[5:]: "got 'I' at letter 5 of 33",
}


@pytest.fixture(scope="module")
def toy(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Toy:
    return train(small, tmp_path_factory.mktemp("quick"), SEES_MOTIFS.with_(QUICK))


def one_cluster(genes: object, sequences: list[str]) -> np.ndarray:
    return np.zeros(len(sequences), dtype=np.int32)


def fasta(folder: Path, sequence: str) -> Path:
    path = folder / "p.fasta"
    path.write_text(f">P_K562\n{sequence}\n")
    return path


def table(folder: Path, rna: str) -> Path:
    path = folder / "w.tsv"
    path.write_text(f"rna\tprotein\tlabel\n{rna}\tP_K562\t1\n")
    return path


def options(folder: Path, sequence: str = "MKV") -> ImportOptions:
    return ImportOptions(fasta(folder, sequence), folder / "made", one_cluster)


def imported(toy: Toy, folder: Path, sequence: str) -> str:
    made = import_table(table(folder, RNA), options(folder, sequence)).dataset
    kept = pq.read_table(made.root / "proteins.parquet")["sequence_sha256"][0].as_py()
    assert kept == sequence_key(sequence)
    return made.proteins[0].sequence


def embedded(toy: Toy, folder: Path, sequence: str) -> str:
    store = build_store(folder, make_encoder("physchem"), [sequence])
    assert list(store.manifest.index) == [sequence_key(sequence)]
    return read_proteins(fasta(folder, sequence)).find("P_K562")


def encoded(toy: Toy, folder: Path, sequence: str) -> str:
    clean = read_proteins(fasta(folder, sequence)).find("P_K562")
    assert set(FREE) < ENCODERS.keys()
    for name in FREE:
        encoder = make_encoder(name)
        np.testing.assert_array_equal(encoder.encode(sequence), encoder.encode(clean))
    return clean


def related(toy: Toy, folder: Path, sequence: str) -> str:
    clean = read_proteins(fasta(folder, sequence)).find("P_K562")
    assert cluster_proteins(["A", "B"], [sequence, clean]).tolist() == [0, 0]
    return clean


def predicted(toy: Toy, folder: Path, sequence: str) -> str:
    first = toy.inputs.rna_NL[0].numpy()
    given = PredictionInput(table(folder, decode(first)), fasta(folder, sequence))
    made = predict_windows(toy.trained, given).table["logit"][0].as_py()
    clean = read_proteins(given.proteins).find("P_K562")
    found = explain_window(toy.trained, Pair(decode(first), "P_K562", fasta(folder, clean)))
    assert made == pytest.approx(found.mutagenesis.logit, abs=1e-5)
    return clean


def explained(toy: Toy, folder: Path, sequence: str) -> str:
    rna = decode(toy.inputs.rna_NL[0].numpy())
    found = explain_window(toy.trained, Pair(rna, "P_K562", fasta(folder, sequence)))
    assert found.attention is not None
    return "".join(key[0] for key in found.attention.keys)


Way = Callable[[Toy, Path, str], str]


@pytest.mark.parametrize("way", [imported, embedded, encoded, related, predicted, explained])
@pytest.mark.parametrize("sequence", PROTEINS)
def test_every_command_reads_a_protein_in_the_same_way(
    sequence: str, way: Way, toy: Toy, tmp_path: Path
) -> None:
    expected = PROTEINS[sequence]
    if expected.isupper() and expected.isalpha():
        assert way(toy, tmp_path, sequence) == expected
        return
    with pytest.raises(UserError, match=expected.replace("*", r"\*")):
        way(toy, tmp_path, sequence)


@pytest.mark.parametrize("sequence", PROTEINS)
def test_the_key_of_a_protein_is_the_key_of_the_sequence_as_read(sequence: str) -> None:
    expected = PROTEINS[sequence]
    if expected.isupper() and expected.isalpha():
        assert sequence_key(sequence) == sequence_key(expected)
        return
    for function in (sequence_key, *(make_encoder(name).encode for name in FREE)):
        with pytest.raises(UserError, match=expected.replace("*", r"\*")):
            function(sequence)


def test_a_letter_that_upper_case_would_turn_into_two_residues_is_refused() -> None:
    with pytest.raises(UserError, match="Residue 2 of 3 is 'ß'"):
        sequence_key("MßK")


def from_table(toy: Toy, folder: Path, rna: str) -> str:
    return decode(import_table(table(folder, rna), options(folder)).dataset.rna_NL[0])


def from_fasta(toy: Toy, folder: Path, rna: str) -> str:
    path = folder / "w.fasta"
    path.write_text(f">1_P_K562_pos; chr1; class:1\n{rna}\n")
    return decode(import_fasta(path, options(folder)).dataset.rna_NL[0])


def from_eclip(toy: Toy, folder: Path, rna: str) -> str:
    (folder / "windows").mkdir()
    (folder / "windows" / "P_K562").write_text(f"{rna}\t1\n")
    return decode(import_eclip(folder / "windows", options(folder)).dataset.rna_NL[0])


def for_prediction(toy: Toy, folder: Path, rna: str) -> str:
    files = [table(folder, rna), folder / "w.fasta"]
    files[1].write_text(f">1_P_K562\n{rna}\n")
    logits = [
        predict_windows(toy.trained, PredictionInput(file, fasta(folder, "MKV"))).table["logit"][0]
        for file in (*files, table(folder, decode(encode(rna))))
    ]
    assert len(set(logits)) == 1
    return decode(encode(rna))


def for_explanation(toy: Toy, folder: Path, rna: str) -> str:
    return explain_window(toy.trained, Pair(rna, "P_K562", fasta(folder, "MKV"))).letters


@pytest.mark.parametrize(
    "way", [from_table, from_fasta, from_eclip, for_prediction, for_explanation]
)
@pytest.mark.parametrize("rna", WINDOWS)
def test_every_command_reads_a_window_in_the_same_way(
    rna: str, way: Way, toy: Toy, tmp_path: Path
) -> None:
    expected = WINDOWS[rna]
    if not expected.startswith("got"):
        assert way(toy, tmp_path, rna) == expected
        return
    with pytest.raises(UserError, match=expected.replace("*", r"\*")):
        way(toy, tmp_path, rna)
