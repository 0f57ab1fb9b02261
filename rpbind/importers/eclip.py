"""Reads a folder of eCLIP windows: a file per protein and cell line, `RNA<TAB>label` per line.

Shapes: N windows, L letters per window, P files.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rpbind.data.alphabet import BAD, TOKEN_OF_BYTE
from rpbind.data.clusters import Progress
from rpbind.data.growing import GrowingWindows
from rpbind.data.manifest import FileHash
from rpbind.data.writer import Origin
from rpbind.errors import UserError
from rpbind.files.spill import Growing
from rpbind.importers.collect import rows_of
from rpbind.importers.rows import DROP, RawRows, RowRules
from rpbind.importers.sources import Rows
from rpbind.names import matching
from rpbind.naming.protein_names import Entry, why_no_match
from rpbind.reading.files import one_file, read_file
from rpbind.reading.formats import check_not_foreign
from rpbind.reading.refuse import and_more, shortened

_TAB, _LF, _ZERO = b"\t"[0], b"\n"[0], b"0"[0]


def read_eclip(
    folder: Path,
    clusters: Path | None,
    progress: Progress,
    rules: RowRules,
) -> Rows:
    """Read every file `<GENE>_<CELL>` (or .gz) of a folder, except hidden files.

    `clusters` is a folder with the same file names, whose files have the overlap cluster (a whole
    number) of the window on each line; `rules` say how labels are read, and what happens to lines
    that cannot be read. Raises `UserError` with file and line.
    """
    files = _files(folder)
    sources: dict[str, FileHash] = {}
    rna, label, cluster, file, row = GrowingWindows(), *(Growing() for _ in range(4))
    remarks: list[str] = []
    dropped: Counter[str] = Counter()
    length: int | None = None
    for number, path in enumerate(files):
        text, sources[path.name] = read_file(path)
        lines = text.rstrip(b"\n").count(b"\n") + 1
        rna_NL, label_N, slow = parse_windows(path, text, length, rules)
        row_N = np.arange(1, lines + 1, dtype=np.int32)
        if slow is not None:
            row_N = slow.origin.row_N
            dropped.update(slow.decisions)
            remarks += [f"{path.name}: {remark}" for remark in slow.remarks]
        length = rna_NL.shape[1]
        rna.add(rna_NL)
        label.add(label_N)
        file.add(np.full(len(label_N), number, dtype=np.int32))
        row.add(row_N)
        if clusters is not None:
            cluster_N, file_hash = _read_clusters(_cluster_file(clusters, path), lines)
            cluster.add(cluster_N[row_N - 1])
            sources[f"clusters/{path.name}"] = file_hash
        progress(number + 1, len(files))
    file_N = file.array()
    return Rows(
        rna_NL=rna.array(),
        label_N=label.array(),
        protein_N=file_N,
        names=tuple(path.name.removesuffix(".gz") for path in files),
        cluster_N=None if clusters is None else cluster.array(),
        origin=Origin([path.name for path in files], file_N, row.array()),
        sources=sources,
        decisions=dict(dropped),
        remarks=(f"{remarks[0]}{and_more(len(remarks))}",) if remarks else (),
    )


def _files(folder: Path) -> list[Path]:
    expected = "expected a folder with a file GENE_CELL per protein"
    if folder.is_file():
        check_not_foreign(folder, read_file(folder)[0], "eCLIP")
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder; {expected}. Check the path.")
    visible = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    files = [path for path in visible if path.is_file()]
    if not files:
        within = f", only folders such as {visible[0].name}" if visible else ""
        raise UserError(
            f"{folder} has no files{within}; {expected}. Each line of a file has letters, a "
            "tab, and 0 or 1."
        )
    for path in files:
        if path.with_name(f"{path.name}.gz") in files:
            raise UserError(f"{path} exists twice, packed and unpacked. Remove one of them.")
    return files


def parse_windows(
    path: Path, text: bytes, length: int | None, rules: RowRules
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], Rows | None]:
    """Read a whole file as one matrix of bytes; if that fails, line by line, which is slower.

    The last value has the rows that were read line by line, and None if all were read at once.
    """
    text = text.rstrip(b"\n") + b"\n"
    width = length or text.find(b"\t")
    if rules.label_map is not None or width < 1 or len(text) % (width + 3):
        return _by_line(path, text, rules)
    byte_NC = np.frombuffer(text, dtype=np.uint8).reshape(-1, width + 3)
    rna_NL = TOKEN_OF_BYTE[byte_NC[:, :width]]
    label_N = byte_NC[:, width + 1] - _ZERO  # a byte below "0" wraps around to more than 1
    tabs, ends = byte_NC[:, width] == _TAB, byte_NC[:, width + 2] == _LF
    if not (tabs.all() and ends.all()) or label_N.max() > 1 or (rna_NL == BAD).any():
        return _by_line(path, text, rules)
    return rna_NL, label_N, None


def _by_line(
    path: Path, text: bytes, rules: RowRules
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], Rows]:
    """Read a file with longer labels, such as 1.0; `UserError` names the first wrong line."""
    check_not_foreign(path, text, "eCLIP")
    lines = text.decode().rstrip("\n").split("\n")
    pairs = [line.partition("\t")[::2] for line in lines]
    raw = RawRows(
        letters=[rna.strip() for rna, _ in pairs],
        labels=[label.strip() for _, label in pairs],
        proteins=[path.name] * len(lines),
        origin=one_file(path, np.arange(1, len(lines) + 1, dtype=np.int32)),
        sources={},
        without_label=lambda row: (
            "the label is missing; expected RNA, a tab, and 0 or 1; got " + shortened(lines[row]),
            f"Correct it; if this file has no windows, move it to another folder; {DROP}.",
        ),
    )
    rows = rows_of(raw, rules)
    return rows.rna_NL, rows.label_N, rows


def _cluster_file(clusters: Path, path: Path) -> Path:
    name = path.name.removesuffix(".gz")
    files = [p for p in clusters.iterdir() if p.is_file()] if clusters.is_dir() else []
    by_name = {file.name.removesuffix(".gz"): file for file in files}
    found = matching(name, by_name)
    if len(found) == 1:
        return by_name[found[0]]
    raise UserError(
        f"{clusters} has no clusters for {name} "
        f"({why_no_match(name, map(Entry.of_title, by_name))}); "
        "expected a file of that name, with one whole number for each window."
    )


def _read_clusters(path: Path, windows: int) -> tuple[NDArray[np.int32], FileHash]:
    text, file_hash = read_file(path)
    lines = text.rstrip(b"\n").split(b"\n")
    if len(lines) != windows:
        raise UserError(
            f"{path} has {len(lines)} lines, and its file of windows has {windows}. Write one "
            "whole number for each line of the file of windows."
        )
    for number, line in enumerate(lines, 1):
        if not line.strip().isdigit() or int(line) >= 2**31:
            raise UserError(
                f"{path}, line {number}: expected a cluster, a whole number from 0 to 2147483647; "
                f"got {line.decode(errors='replace')!r}."
            )
    return np.array(lines, dtype="S").astype(np.int32), file_hash
