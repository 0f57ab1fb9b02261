"""Remarks of an import on its dataset: proteins under another name, classes without windows.

Shapes: N windows, P proteins.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rpbind.counted import counted, verb
from rpbind.data.split_advice import NEEDS_BOTH, ONE_CLASS
from rpbind.errors import UserError
from rpbind.importers.sources import Rows
from rpbind.names import key
from rpbind.naming.protein_table import short_list

_SHOWN = 5


def merge_spellings(rows: Rows, sequences: Sequence[str]) -> tuple[Rows, list[str]]:
    """Merge spellings of one name into one protein, named after the first spelling.

    Names that differ only in case stay two proteins if their sequences differ, such as human FMR1
    and mouse Fmr1.
    """
    number: dict[tuple[str, str], int] = {}
    spelling = list(zip(map(key, rows.names), sequences, strict=True))
    joined_P = np.array([number.setdefault(one, len(number)) for one in spelling], dtype=np.int32)
    first_Q = np.unique(joined_P, return_index=True)[1].tolist()
    names = tuple(rows.names[first] for first in first_Q)
    joined = replace(rows, names=names, protein_N=joined_P[rows.protein_N])
    return joined, [sequences[first] for first in first_Q]


def without_names(rows: Rows, left_out: Collection[str]) -> tuple[Rows, dict[str, int]]:
    """Return the rows without those of names that the user leaves out, and their count."""
    out_P = np.array([key(name) in left_out for name in rows.names], dtype=bool)
    out_N = out_P[rows.protein_N]
    if not out_N.any():
        return rows, {}
    if out_N.all():
        raise UserError("The table of names leaves out every name of the source. Correct it.")
    kept = rows.take(np.flatnonzero(~out_N))
    number_P = np.cumsum(~out_P, dtype=np.int32) - 1
    names = tuple(name for name, out in zip(rows.names, out_P, strict=True) if not out)
    kept = replace(kept, names=names, protein_N=number_P[kept.protein_N].astype(np.int32))
    return kept, {"rows_of_left_out_names_dropped": int(out_N.sum())}


def spelling_remarks(found: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Return a remark on the proteins that were found by another spelling or by their gene.

    Parameters
    ----------
    found
        "NAME (ID)" of each such protein.
    names
        All proteins of the source.

    Returns
    -------
    tuple[str, ...]
        One sentence, or none.
    """
    if not found:
        return ()
    return (
        f"{counted(len(found), 'protein', len(names), 'have')} another spelling in the FASTA of "
        f"proteins, or {verb('were', len(found))} found by a name in its headers: "
        f"{short_list(found, _SHOWN)}.",
    )


def class_remarks(
    names: Sequence[str], protein_N: NDArray[np.int32], label_N: NDArray[np.uint8]
) -> tuple[str, ...]:
    """Return a remark if one class has no windows, in the whole dataset or for some proteins."""
    if label_N.min() == label_N.max():
        return (f"{ONE_CLASS[int(label_N[0])]}: {NEEDS_BOTH}",)
    all_P = np.bincount(protein_N, minlength=len(names))
    bound_P = np.bincount(protein_N, label_N, minlength=len(names))
    one_P = np.flatnonzero((all_P > 0) & ((bound_P == 0) | (bound_P == all_P)))
    if not len(one_P):
        return ()
    found = short_list([names[protein] for protein in one_P.tolist()], _SHOWN)
    return (
        f"{counted(len(one_P), 'protein', len(names))} with windows of one class only ({found}) "
        f"{verb('have', len(one_P))} no AUROC. Import windows of the other class "
        "of the same proteins.",
    )
