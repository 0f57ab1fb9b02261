"""Which protein a file of peaks is about: from its name, or from a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from rpbind.errors import UserError
from rpbind.genome.settings import PATTERN
from rpbind.names import matching
from rpbind.reading.files import read_file
from rpbind.reading.header import DELIMITERS, header_of
from rpbind.reading.refuse import shortened
from rpbind.reading.table import filled_cells, read_columns

_FILE = ("file", "File accession")
_PROTEIN = ("protein", "Experiment target")
_CELL = "Biosample term name"
_ENDINGS = re.compile(r"(\.gz|\.bed|\.narrowpeak|\.bedgraph|\.bdg|\.bg)+$", re.I)


def proteins_by_pattern(files: Sequence[Path], pattern: str) -> list[str]:
    """Return the protein of each file, from its name.

    Parameters
    ----------
    files
        The files.
    pattern
        The form of the names: {protein} once, and * for anything.

    Returns
    -------
    list[str]
        A protein for each file.

    Raises
    ------
    UserError
        If the pattern has no {protein}, or a name is not of this form.
    """
    if pattern.count("{protein}") != 1:
        raise UserError(
            f"--name-pattern needs {{protein}} once, and * for anything; got {pattern!r}. "
            f"The default is '{PATTERN}'."
        )
    lazy = re.escape(pattern).replace(r"\*", ".*").replace(r"\{protein\}", "(?P<protein>.+?)")
    found = [re.fullmatch(lazy, file.name) for file in files]
    wrong = [file for file, match in zip(files, found, strict=True) if match is None]
    if wrong:
        more = f" (and {len(wrong) - 1:,} more files)" if len(wrong) > 1 else ""
        raise UserError(
            f"{wrong[0]}{more}: the name is not of the form '{pattern}'. Give another "
            "--name-pattern, or a table of files and proteins with --samples."
        )
    return [match["protein"] for match in found if match]


def proteins_by_table(files: Sequence[Path], samples: Path) -> list[str]:
    """Return the protein of each file, from a table.

    Parameters
    ----------
    files
        The files.
    samples
        Table with the columns `file` (a name, with or without its endings) and `protein`; or
        ENCODE's `metadata.tsv`, in which TARDBP-human of HepG2 becomes TARDBP_HepG2.

    Returns
    -------
    list[str]
        A protein for each file.

    Raises
    ------
    UserError
        If the table lacks a column or a file.
    """
    file_column, protein_column, cell_column = _columns(samples)
    names = [file_column, protein_column, *([cell_column] if cell_column else [])]
    texts, origin, _ = read_columns(samples, names)
    proteins = filled_cells(texts[protein_column], "protein", origin)
    if cell_column:
        cells = texts[cell_column].to_pylist()
        proteins = [
            re.sub(r"-human$|-mouse$", "", protein) + (f"_{cell}" if cell else "")
            for protein, cell in zip(proteins, cells, strict=True)
        ]
    listed = filled_cells(texts[file_column], "file", origin)
    by_file = {_ENDINGS.sub("", Path(name).name): n for n, name in enumerate(listed)}
    missing = [file for file in files if _ENDINGS.sub("", file.name) not in by_file]
    if missing:
        more = f" (and {len(missing) - 1:,} more files)" if len(missing) > 1 else ""
        raise UserError(
            f"{samples} has no row for {missing[0].name}{more}; it has {shortened(listed[0])} and "
            f"{len(listed) - 1:,} more. Add the file to its column '{file_column}'."
        )
    return [proteins[by_file[_ENDINGS.sub("", file.name)]] for file in files]


def _columns(samples: Path) -> tuple[str, str, str | None]:
    """Return the names of the columns with file and protein, and in ENCODE's table the cells."""
    suffix = Path(samples.name.removesuffix(".gz")).suffix
    if suffix not in DELIMITERS:
        return _FILE[0], _PROTEIN[0], None
    header = header_of(read_file(samples)[0], DELIMITERS[suffix])
    if matching(_FILE[0], header) or not matching(_FILE[1], header):
        return _FILE[0], _PROTEIN[0], None
    return _FILE[1], _PROTEIN[1], _CELL if matching(_CELL, header) else None
