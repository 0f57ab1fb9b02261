"""Reads windows from FASTA whose headers name protein and label, as in the original model's data.

Shapes: N windows (records), L letters per window.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from rpbind.data.clusters import Progress
from rpbind.errors import UserError
from rpbind.importers.sources import Rows, index_names, tokens_of
from rpbind.reading.fasta import read_records
from rpbind.reading.files import FOLDER, check_is_file, one_file

_HEADER = re.compile(
    r"\d+_(?P<protein>\S+)_(?P<sign>pos|neg);(?:.*;)?\s*class:(?P<label>[01])\s*$", re.I
)
_UNLABELLED = re.compile(r"\d+_(?P<protein>[^\s;]+?)(_pos|_neg)?(;|\s|$)", re.I)
_FORMS = {
    "of RBP-31 and names no protein": re.compile(r"chr\w+,[+-],\d+,\d+"),
    "of a circRNA set and names no protein": re.compile(r"hsa_circ_\d+"),
    "what bedtools getfasta writes and names no protein": re.compile(r"(\S*::)?[\w.]+:\d+-\d+"),
    "of a protein, not of a window": re.compile(r"(sp|tr)\|\w+\||ENSP\d+"),
}
_LABEL_OF_SIGN = {"neg": "0", "pos": "1"}


def read_fasta(path: Path, progress: Progress) -> Rows:
    """Read windows with headers such as `>12_AARS_K562_ENCSR825SVO_pos; chr21; class:1`.

    The protein is between the number and the sign; sign and class must agree. The source row of a
    window is the line of its header. Raises `UserError` with file and line.
    """
    check_is_file(path, FOLDER)
    records = read_records(path)
    origin = one_file(path, records.line_N)
    headers = [
        _header(title, f"{path}, line {line}")
        for title, line in zip(records.titles, records.line_N, strict=True)
    ]
    names, protein_N = index_names([protein for protein, _ in headers])
    rows = Rows(
        rna_NL=tokens_of(records.sequences, origin),
        label_N=np.array([label for _, label in headers], dtype=np.uint8),
        protein_N=protein_N,
        names=names,
        cluster_N=None,
        origin=origin,
        sources={path.name: records.file_hash},
    )
    progress(1, 1)
    return rows


def protein_in(title: str) -> str | None:
    """Return the protein that a header names, such as `12_AARS_K562_ENCSR825SVO_pos; chr21`.

    Sign and class may be missing: windows to be scored have neither.

    Parameters
    ----------
    title
        The header, without ">".

    Returns
    -------
    str | None
        The protein; None if the header has another form.
    """
    match = _HEADER.match(title) or _UNLABELLED.match(title)
    return match and match["protein"]


def _form_of(title: str) -> str:
    """Describe a header that does not name protein, sign and class, if its form is known."""
    form = next((form for form, pattern in _FORMS.items() if pattern.match(title)), None)
    return f", which is {form}" if form else ""


def _header(title: str, place: str) -> tuple[str, int]:
    match = _HEADER.match(title)
    if match is None:
        raise UserError(
            f"{place}: expected a header such as '>12_AARS_K562_ENCSR825SVO_pos; chr21; class:1', "
            f"with class 0 or 1; got '>{title[:80]}'{_form_of(title)}. Write such headers, or a "
            "table with the columns rna, protein and label for `rpbind import table`."
        )
    if _LABEL_OF_SIGN[match["sign"].lower()] != match["label"]:
        raise UserError(
            f"{place}: '_{match['sign']}' and 'class:{match['label']}' contradict each other in "
            f"'>{title}'. Correct one of them."
        )
    return match["protein"], int(match["label"])
