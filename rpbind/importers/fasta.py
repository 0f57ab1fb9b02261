"""Reads windows from FASTA: protein and label are in headers, file names, or a file of labels.

Shapes: N windows (records).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rpbind.data.clusters import Progress
from rpbind.data.manifest import FileHash
from rpbind.errors import UserError
from rpbind.importers.collect import collected
from rpbind.importers.labels import label_values
from rpbind.importers.rows import DROP, RawRows, RowRules
from rpbind.importers.sources import Rows
from rpbind.reading.fasta import Records, read_records, record_pieces
from rpbind.reading.file_names import SourceFile, source_files
from rpbind.reading.files import one_file, read_file
from rpbind.reading.refuse import refuse_rows

_PROTEIN = re.compile(
    r"\d+_(?P<protein>[^\s;]+?)"
    r"(?:_(?P<sign>pos|neg)|_(?:test|train|training|val|valid|validation))?(?=[;\s]|$)",
    re.I,
)
_CLASS = re.compile(r"(?:^|[;\s|])class\s*[:=]\s*(?P<label>[01])\s*(?=[;|\s]|$)", re.I)
_FORMS = {
    "of RBP-31": re.compile(r"chr\w+,[+-],\d+,\d+"),
    "of a circRNA set": re.compile(r"hsa_circ_\d+"),
    "what bedtools getfasta writes": re.compile(r"(\S*::)?[\w.]+:\d+-\d+"),
    "of a protein, not of a window": re.compile(r"(sp|tr)\|\w+\||ENSP\d+"),
}
_LABEL_OF_SIGN = {"neg": "0", "pos": "1"}
_EXPECTED = "expected a header such as '>12_AARS_K562_ENCSR825SVO_pos; chr21; class:1'"


@dataclass(frozen=True)
class _Header:
    """What a header says; "" for what it does not."""

    title: str
    protein: str
    sign: str
    label: str


def read_fasta(
    given: Sequence[Path],
    pattern: str | None,
    labels: Path | None,
    rules: RowRules,
    progress: Progress,
) -> Rows:
    """Read windows from FASTA files.

    Headers such as `>12_AARS_K562_ENCSR825SVO_pos; chr21; class:1`, or `..._test; class:1`, name
    protein and label; sign and class must agree. What the pattern takes from the path of a file
    comes before what headers say of the protein, and must agree with them about the label.

    Parameters
    ----------
    given
        Files, also .gz, or folders of them.
    pattern
        What the files' names say, see `rpbind.reading.file_names`.
    labels
        A file with a label on each line, for the records of one FASTA file; None without.
    rules
        How rows are read.
    progress
        Called with the number of files read, and of all.

    Returns
    -------
    Rows
        The rows; the source row of a window is the line of its header.

    Raises
    ------
    UserError
        If a file cannot be used; the message has file and line.
    """
    files, left_out = source_files(given, pattern)
    if labels is not None and len(files) > 1:
        raise UserError(
            f"--labels {labels} has the labels of one FASTA file, in its order; got {len(files)} "
            "files. Import one file, or join them in the right order."
        )

    def pieces() -> Iterator[RawRows]:
        for number, file in enumerate(files, 1):
            whole = labels is not None  # whose lines are counted
            for records in [read_records(file.path)] if whole else record_pieces(file.path):
                yield _read(file, records, labels, rules)
            progress(number, len(files))

    return collected(pieces(), rules, _explained).remarked(left_out)


def protein_in(title: str) -> str | None:
    """Return the protein that a header names, such as `12_AARS_K562_ENCSR825SVO_pos; chr21`.

    Sign, part and class may be missing: windows to be scored have none of them.

    Parameters
    ----------
    title
        The header, without ">".

    Returns
    -------
    str | None
        The protein; None if the header has another form.
    """
    match = _PROTEIN.match(title)
    return match and match["protein"]


def _read(file: SourceFile, records: Records, labels: Path | None, rules: RowRules) -> RawRows:
    origin = one_file(file.path, records.line_N).named(file.name)
    headers = [_parsed(title) for title in records.titles]
    sources = {file.name: records.file_hash}
    of_class = [header.label for header in headers]
    outside = [file.fields.get("label", "")] * len(headers)
    whose = f"the file's name says {outside[0]!r}" if outside else ""
    if labels is not None:
        outside, sources[labels.name] = _read_labels(labels, len(headers))
        whose = f"{labels.name} says another"
    values = label_values(dict.fromkeys(outside, 1), rules.label_map)
    signs = [_LABEL_OF_SIGN.get(header.sign.lower(), "") for header in headers]
    apart = [
        row for row, sign in enumerate(signs) if sign and of_class[row] and sign != of_class[row]
    ]
    if apart:
        header = headers[apart[0]]
        found = f"'_{header.sign}' and 'class:{header.label}' contradict each other in "
        refuse_rows(origin, apart, f"{found}'>{header.title[:80]}'", "Correct one of them.")
    apart = [
        row
        for row, text in enumerate(outside)
        if text in values and (of_class[row] or signs[row]) not in ("", str(values[text]))
    ]
    if apart:
        title = headers[apart[0]].title[:80]
        refuse_rows(
            origin,
            apart,
            f"the label of '>{title}' is contradicted: {whose}",
            "Correct one of them.",
        )
    return RawRows(
        letters=records.sequences,
        labels=[text or label for text, label in zip(outside, of_class, strict=True)],
        proteins=[file.fields.get("protein") or header.protein or file.stem for header in headers],
        origin=origin,
        sources=sources,
        parts=[file.fields["part"]] * len(headers) if "part" in file.fields else None,
        titles=records.titles,
    )


def _parsed(title: str) -> _Header:
    named, labelled = _PROTEIN.match(title), _CLASS.search(title)
    return _Header(
        title,
        named["protein"] if named else "",
        (named["sign"] or "") if named else "",
        labelled["label"] if labelled else "",
    )


def _read_labels(path: Path, records: int) -> tuple[list[str], FileHash]:
    text, file_hash = read_file(path)
    lines = [line.strip() for line in text.decode().rstrip("\n").split("\n")]
    if len(lines) != records:
        raise UserError(
            f"{path} has {len(lines):,} lines; the FASTA file has {records:,} records. --labels "
            "takes one label on each line, in the order of the records."
        )
    return lines, file_hash


def _explained(raw: RawRows) -> RawRows:
    """Return rows that explain what a header lacks."""
    titles = raw.titles or []

    def without_protein(row: int) -> tuple[str, str]:
        return (
            f"{_EXPECTED}; got {_shown(titles[row])}, which names no protein",
            "Write such headers, or take the protein from the files' names: --name-pattern "
            f"'{{protein}}.*'; {DROP}.",
        )

    def without_label(row: int) -> tuple[str, str]:
        return (
            f"{_EXPECTED}, with class 0 or 1; got {_shown(titles[row])}",
            "Write such headers, or give the labels with --labels FILE, or take them from the "
            f"files' names: {{label}} in --name-pattern; {DROP}.",
        )

    return replace(raw, without_protein=without_protein, without_label=without_label)


def _shown(title: str) -> str:
    """Return a header for a message, with its form if that is known."""
    form = next((form for form, pattern in _FORMS.items() if pattern.match(title)), None)
    return f"'>{title[:80]}'{f', which is {form}' if form else ''}"
