"""Reads one file of peaks: BED, narrowPeak, what CLIPper and the eCLIP pipeline write, bedGraph.

Shapes: N peaks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from rpbind.data.manifest import FileHash
from rpbind.genome.peak_table import NUMBER, WHOLE, PeakTable, read_table
from rpbind.reading.files import read_file
from rpbind.reading.refuse import refuse_lines

UNKNOWN = -1
"""The strand of a peak whose file has none, and the summit of a peak without one."""

_GRAPHS = (".bedgraph", ".bdg", ".bg")
_STRAND_ADVICE = (
    "Give --strand gene (the strand of the gene there, from --gtf), --strand + or --strand -."
)


@dataclass(frozen=True)
class PeakColumns:
    """Which columns (from 1) of a file hold a peak's score and p-value.

    Parameters
    ----------
    score
        The score; None for that of the format: 4 in bedGraph, else 5.
    p
        The p-value; None for that of the format: 8 in narrowPeak, 5 in CLIPper's eight columns, 4
        in the six of the eCLIP pipeline.
    p_scale
        Whether that column has "p" or "minus-log10"; None for that of the format.
    """

    score: int | None = None
    p: int | None = None
    p_scale: str | None = None


@dataclass(frozen=True, eq=False)
class RawPeaks:
    """The peaks of a file, with the names of chromosomes that the file uses.

    Parameters
    ----------
    path
        The file.
    kind
        Its format, in words.
    chromosomes
        Names of the chromosomes.
    chromosome_N
        (N,) index into `chromosomes`.
    start_N, end_N
        (N,) 0-based and half-open.
    strand_N
        (N,) 0 for +, 1 for -, `UNKNOWN`.
    summit_N
        (N,) position of the summit in the chromosome, or `UNKNOWN`.
    score_N, p_N
        (N,) score; p-value as -log10. NaN where there is none.
    line_N
        (N,) line in the file, from 1.
    file_hash
        Hash of the file.
    """

    path: Path
    kind: str
    chromosomes: list[str]
    chromosome_N: NDArray[np.int32]
    start_N: NDArray[np.int64]
    end_N: NDArray[np.int64]
    strand_N: NDArray[np.int8]
    summit_N: NDArray[np.int64]
    score_N: NDArray[np.float64]
    p_N: NDArray[np.float64]
    line_N: NDArray[np.int32]
    file_hash: FileHash


def read_peak_file(path: Path, columns: PeakColumns, strand: str) -> RawPeaks:
    """Read one file of peaks, also packed with gzip.

    Parameters
    ----------
    path
        The file.
    columns
        Where score and p-value stand.
    strand
        "column" (that of the file), "gene" (to be found later), "+" or "-".

    Returns
    -------
    RawPeaks
        At least one peak.

    Raises
    ------
    UserError
        If the file is of another format, or a line is wrong; the message names it.
    """
    text, file_hash = read_file(path)
    table = read_table(path, text)
    kind = _kind(path, table)
    start_N, end_N = table.whole(2), table.whole(3)
    wrong = np.flatnonzero((start_N < 0) | (end_N <= start_N))
    if len(wrong):
        found = f"expected 0 <= start < end; got {start_N[wrong[0]]} and {end_N[wrong[0]]}"
        refuse_lines(path, table.line_N[wrong].tolist(), found, "Correct these lines.")
    named = table.column(1).dictionary_encode().unify_dictionaries().combine_chunks()
    chromosomes, chromosome_N = named.dictionary.to_pylist(), named.indices.to_numpy()
    p_column, p_scale = _P_VALUES.get(kind, (None, None))
    p_N = table.numbers(columns.p or p_column)
    if (columns.p_scale or p_scale) == "p":
        with np.errstate(divide="ignore", invalid="ignore"):
            p_N = -np.log10(p_N)
    elif kind == "narrowPeak" and columns.p is None:
        p_N[p_N < 0] = np.nan  # the format's word for none
    score = columns.score or (4 if kind == "bedGraph" else 5)
    score_N = table.numbers(score, is_optional=columns.score is None)
    return RawPeaks(
        path,
        kind,
        chromosomes,
        chromosome_N,
        start_N,
        end_N,
        _strands(table, kind, strand, score_N),
        _summits(table, kind, start_N),
        np.abs(score_N) if kind == "bedGraph" else score_N,
        p_N,
        table.line_N,
        file_hash,
    )


_P_VALUES = {
    "narrowPeak": (8, "minus-log10"),
    "CLIPper": (5, "p"),
    "eCLIP": (4, "minus-log10"),
}


_SIGN = re.compile(r"[-+.*]")
_STRAND = re.compile(r"[-+]")


def _kind(path: Path, table: PeakTable) -> str:
    """Name the format of a file, from its columns."""
    name = path.name.lower().removesuffix(".gz")
    if table.width == 4 and (name.endswith(_GRAPHS) or table.all_match(4, NUMBER)):
        return "bedGraph"
    if not table.all_match(6, _SIGN):
        return "BED without a strand"
    if table.width == 10 and all(table.all_match(column, NUMBER) for column in (7, 8, 9)):
        return "narrowPeak" if table.all_match(10, WHOLE) else "BED"
    if table.width == 8 and table.all_match(7, WHOLE) and table.all_match(8, WHOLE):
        is_p = table.all_match(5, NUMBER) and table.numbers(5).max() <= 1
        return "CLIPper" if is_p else "BED"
    if table.width == 6 and table.all_match(4, NUMBER) and table.all_match(5, NUMBER):
        return "eCLIP"
    return "BED"


def _strands(
    table: PeakTable, kind: str, strand: str, value_N: NDArray[np.float64]
) -> NDArray[np.int8]:
    n = len(table.line_N)
    if strand in ("+", "-"):
        return np.full(n, "+-".index(strand), dtype=np.int8)
    if strand == "gene":
        return np.full(n, UNKNOWN, dtype=np.int8)
    if kind == "bedGraph" and (value_N < 0).any():
        return (value_N < 0).astype(np.int8)
    if kind in ("bedGraph", "BED without a strand"):
        what = "no negative value, so no strand" if kind == "bedGraph" else "no strand in column 6"
        refuse_lines(table.path, table.line_N.tolist(), f"{kind} has {what}", _STRAND_ADVICE)
    table.check(6, _STRAND, "expected the strand + or -", _STRAND_ADVICE)
    is_minus: NDArray[np.bool_] = pc.equal(table.column(6), "-").to_numpy()
    return is_minus.astype(np.int8)


def _summits(table: PeakTable, kind: str, start_N: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return narrowPeak's summit, or the middle of what CLIPper found to be the peak's core."""
    if kind == "narrowPeak":
        offset_N = table.whole(10)
        return np.where(offset_N < 0, UNKNOWN, start_N + offset_N)
    if kind == "CLIPper":
        return (table.whole(7) + table.whole(8)) // 2
    return np.full(len(start_N), UNKNOWN, dtype=np.int64)
