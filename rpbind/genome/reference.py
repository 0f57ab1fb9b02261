"""The letters of a genome: a FASTA file, read through pyfaidx one chromosome at a time.

Shapes: N windows, L letters per window.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import BAD, IUPAC, N_TOKEN, TOKEN_OF_BYTE
from rpbind.data.manifest import FileHash, hash_file
from rpbind.errors import UserError, reason
from rpbind.files.spill import writable
from rpbind.genome.packages import check_installed
from rpbind.genome.spans import Spans
from rpbind.reading.files import check_is_file
from rpbind.reading.formats import check_is_text, check_not_foreign

_HEAD = 20_000
_AT_ONCE = 200_000  # windows
_COMPLEMENT = np.array([3, 2, 1, 0, N_TOKEN], dtype=np.uint8)
_LOWER = np.array([chr(byte).islower() for byte in range(128)] + [False] * 128)


def _tokens() -> NDArray[np.uint8]:
    """Return the token of each byte of a genome, in which codes for several bases are N."""
    table = TOKEN_OF_BYTE.copy()
    for letter in IUPAC:
        table[[ord(letter), ord(letter.lower())]] = N_TOKEN
    return table


_TOKEN = _tokens()


class Genome:
    """A genome in FASTA, plain or packed with bgzip.

    Parameters
    ----------
    path
        The file. Its index (`.fai`) is read where it is up to date, else made in a temporary
        folder.

    Raises
    ------
    UserError
        If the file cannot be read as a genome.
    """

    def __init__(self, path: Path) -> None:
        check_installed()
        check_is_file(path, "Give one FASTA file with all chromosomes.")
        _check_fasta(path)
        self.path = path
        self._fasta = self._open()
        self.names: tuple[str, ...] = tuple(self._fasta.keys())
        self.sizes_C: NDArray[np.int64] = np.array([len(self._fasta[name]) for name in self.names])
        self._index = {name: number for number, name in enumerate(self.names)}
        self._by_key: dict[str, list[int]] = {}
        for number, name in enumerate(self.names):
            self._by_key.setdefault(chromosome_key(name), []).append(number)
        self.bases = lru_cache(maxsize=1)(self._bases)

    def _open(self) -> Any:
        import pyfaidx

        beside = self.path.with_name(f"{self.path.name}.fai")
        fresh = beside.is_file() and beside.stat().st_mtime >= self.path.stat().st_mtime
        try:
            with tempfile.TemporaryDirectory(prefix="rpbind-genome-") as folder:  # read at once
                return pyfaidx.Fasta(
                    str(self.path),
                    indexname=str(beside if fresh else Path(folder) / "fai"),
                    gzi_indexname=str(Path(folder) / "gzi"),
                    as_raw=True,
                )
        except pyfaidx.UnsupportedCompressionFormat:
            raise UserError(
                f"{self.path} is packed with gzip, which cannot be read from the middle. Unpack it "
                "with gunzip, or pack it with bgzip."
            ) from None
        except (pyfaidx.FastaIndexingError, ValueError) as error:
            raise UserError(
                f"{self.path} is not a genome in FASTA that can be indexed ({reason(error)}). "
                "Download it again."
            ) from None

    def file_hash(self) -> FileHash:
        """Return the hash of the file."""
        return hash_file(self.path)

    def find(self, name: str) -> int:
        """Return the index of a chromosome by its name, such as chr1 or 1; -1 if there is none."""
        if name in self._index:
            return self._index[name]
        found = self._by_key.get(chromosome_key(name), [])
        return found[0] if len(found) == 1 else -1

    def indices(self, names_N: Sequence[str]) -> NDArray[np.int32]:
        """Return the index of each name's chromosome; -1 where there is none."""
        known = {name: self.find(name) for name in set(names_N)}
        return np.array([known[name] for name in names_N], dtype=np.int32)

    def _bases(self, chromosome: int) -> bytes:
        """Return the letters of a chromosome, as in the file."""
        letters: str = self._fasta[self.names[chromosome]][:]
        return letters.encode()

    def cut(self, spans: Spans) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """Cut windows of one length out of the genome, on the transcribed strand.

        Parameters
        ----------
        spans
            N windows, all within their chromosomes.

        Returns
        -------
        tuple[NDArray[np.uint8], NDArray[np.float64]]
            (N, L) tokens, 5' end first; and (N,) the share of soft-masked (lower-case) letters.

        Raises
        ------
        UserError
            If a letter is not one of DNA.
        """
        length = int(spans.end_N[0] - spans.start_N[0]) if len(spans) else 0
        rna_NL: NDArray[np.uint8] = writable((len(spans), length), np.uint8)
        masked_N = np.empty(len(spans))
        order_N = np.argsort(spans.chromosome_N, kind="stable")
        for chromosome in np.unique(spans.chromosome_N).tolist():
            byte_B = np.frombuffer(self.bases(chromosome), dtype=np.uint8)
            first, last = np.searchsorted(
                spans.chromosome_N[order_N], [chromosome, chromosome + 1]
            ).tolist()
            for begin in range(first, last, _AT_ONCE):
                rows_R = order_N[begin : min(begin + _AT_ONCE, last)]
                byte_RL = byte_B[spans.start_N[rows_R, None] + np.arange(length)]
                masked_N[rows_R] = _LOWER[byte_RL].mean(axis=1)
                rna_NL[rows_R] = self._transcribed(chromosome, byte_RL, spans.strand_N[rows_R])
        return rna_NL, masked_N

    def _transcribed(
        self, chromosome: int, byte_RL: NDArray[np.uint8], strand_R: NDArray[np.int8]
    ) -> NDArray[np.uint8]:
        rna_RL = _TOKEN[byte_RL]
        if (rna_RL == BAD).any():
            letter = chr(int(byte_RL[rna_RL == BAD][0]))
            raise UserError(
                f"{self.path}: chromosome {self.names[chromosome]} has the letter {letter!r}, "
                "which is not one of DNA. Give the genome, not proteins."
            )
        minus_R = strand_R == 1
        rna_RL[minus_R] = _COMPLEMENT[rna_RL[minus_R, ::-1]]
        return rna_RL


def chromosome_key(name: str) -> str:
    """Return what chr1, Chr1 and 1 have in common, and chrM and MT."""
    bare = re.sub(r"^chr(?=.)", "", name.lower())
    return "m" if bare == "mt" else bare


def _check_fasta(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(b"\x1f\x8b"):
        if path.suffix not in (".gz", ".bgz"):
            raise UserError(f"{path} is packed; its name must end in .gz. Rename or unpack it.")
        return
    check_is_text(path, head)
    if not head.lstrip().startswith(b">"):
        check_not_foreign(path, head, "FASTA")
        raise UserError(
            f"{path} is not FASTA: it does not begin with '>'. Give the FASTA of the genome."
        )
