"""Writes a dataset folder, whole or not at all.

Shapes: N windows, L letters per window.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rpbind.data.alphabet import PAD, check_padding, lengths, trimmed
from rpbind.data.coordinates import FIELDS
from rpbind.data.dataset import Dataset, Protein
from rpbind.data.manifest import ARRAYS, MANIFEST, PROTEINS, WINDOWS, MadeBy, Manifest, hash_file
from rpbind.data.windows import Origin as Origin
from rpbind.data.windows import Windows as Windows
from rpbind.errors import UserError
from rpbind.files.arrays import save_array
from rpbind.files.draft import check_new, draft_folder
from rpbind.files.spill import blocks
from rpbind.history import Step, making_step
from rpbind.ledger import write_atomic
from rpbind.recipe import canonical

_ROWS_PER_GROUP = 131_072


def write_dataset(
    out: Path,
    windows: Windows,
    proteins: Sequence[Protein],
    made_by: MadeBy,
    *,
    name: str | None = None,
    negatives: str = "as-given",
    origin: Origin | None = None,
    headers: Mapping[str, tuple[str, ...]] | None = None,
    parent: Manifest | None = None,
) -> Dataset:
    """Write a new dataset, whole or not at all.

    Everything is written to a hidden folder beside `out`, which is renamed at the end.

    Parameters
    ----------
    out
        Folder of the new dataset.
    windows
        Its windows, at least one.
    proteins
        Its proteins, in the order of `windows.protein_N`.
    made_by
        How it was made.
    name
        Its name; without it, the folder's name.
    negatives
        The method that made the negative windows.
    origin
        Where each window comes from, if known.
    headers
        First words of the FASTA headers of proteins that are named otherwise; None for `parent`'s.
    parent
        The manifest of the dataset that it was made from, if any; its history goes on.

    Returns
    -------
    Dataset
        The new dataset, opened.

    Raises
    ------
    UserError
        If `out` exists or cannot be made, or there is no window.
    """
    check_new(out)
    _check_windows(windows, proteins)
    windows = replace(windows, rna_NL=trimmed(windows.rna_NL))
    with draft_folder(out) as draft:
        (draft / "arrays").mkdir()
        _write_arrays(draft, windows)
        _write_proteins(draft, proteins)
        _write_parquet(draft / WINDOWS, windows, proteins, origin)
        manifest = _describe(draft, windows, proteins, made_by, (name or out.name, negatives))
        if headers is None:
            headers = parent.headers if parent else {}
        more = {"headers": dict(headers), "history": _history(made_by, parent)}
        manifest = manifest.model_copy(update=more)
        write_atomic(draft / MANIFEST, manifest.model_dump_json(indent=1).encode())
    return Dataset.open(out)


def _history(made_by: MadeBy, parent: Manifest | None) -> tuple[Step, ...]:
    before = [step for step in parent.history if step.is_inherited] if parent else []
    now = making_step({name: source.sha256 for name, source in made_by.sources.items()})
    return (*before, *([now] if now else []))


def _check_windows(windows: Windows, proteins: Sequence[Protein]) -> None:
    n = len(windows.rna_NL)
    others = (windows.label_N, windows.protein_N, windows.cluster_N)
    if windows.rna_NL.ndim != 2 or any(array.shape != (n,) for array in others):
        raise ValueError(f"the windows' arrays disagree: {[a.shape for a in others]} for {n} rows")
    if windows.coordinates is not None and windows.coordinates.start_N.shape != (n,):
        raise ValueError(f"{len(windows.coordinates.start_N)} coordinates for {n} rows")
    if n == 0:
        raise UserError("A dataset needs at least one window; got none.")
    if windows.rna_NL.max() > PAD or windows.label_N.max() > 1:
        raise ValueError("a token or a label is out of range")
    check_padding(windows.rna_NL)
    if windows.protein_N.min() < 0 or windows.protein_N.max() >= len(proteins):
        raise ValueError(f"a protein index is outside 0..{len(proteins) - 1}")
    if len({protein.id for protein in proteins}) != len(proteins):
        raise ValueError("two proteins have one id")
    if len({(p.gene, p.cluster) for p in proteins}) != len({p.gene for p in proteins}):
        raise ValueError("one gene is in two protein clusters")


def _write_arrays(draft: Path, windows: Windows) -> None:
    save_array(draft / ARRAYS["rna"], np.ascontiguousarray(windows.rna_NL, dtype=np.uint8))
    save_array(draft / ARRAYS["label"], np.ascontiguousarray(windows.label_N, dtype=np.uint8))
    save_array(draft / ARRAYS["protein"], np.ascontiguousarray(windows.protein_N, dtype="<i4"))
    save_array(draft / ARRAYS["cluster"], np.ascontiguousarray(windows.cluster_N, dtype="<i4"))


def _write_proteins(draft: Path, proteins: Sequence[Protein]) -> None:
    rows = [
        asdict(p) | {"sequence_sha256": hashlib.sha256(p.sequence.encode()).hexdigest()}
        for p in proteins
    ]
    pq.write_table(pa.Table.from_pylist(rows), draft / PROTEINS)


def _write_parquet(
    path: Path, windows: Windows, proteins: Sequence[Protein], origin: Origin | None
) -> None:
    length = windows.rna_NL.shape[1]
    names = pa.array([protein.id for protein in proteins], pa.string())
    text = pa.dictionary(pa.int32(), pa.string())
    places = windows.coordinates
    schema = pa.schema(
        [
            ("rna", pa.binary(length)),
            ("protein", text),
            ("label", pa.uint8()),
            ("cluster", pa.int32()),
            ("source_file", text),
            ("source_row", pa.int32()),
            *(FIELDS if places else ()),
        ]
    )
    with pq.ParquetWriter(path, schema, compression="zstd") as file:
        for start in range(0, len(windows.rna_NL), _ROWS_PER_GROUP):
            part = slice(start, start + _ROWS_PER_GROUP)
            rna_NL = np.ascontiguousarray(windows.rna_NL[part])
            columns = [
                pa.Array.from_buffers(
                    pa.binary(length), len(rna_NL), [None, pa.py_buffer(rna_NL.tobytes())]
                ),
                pa.DictionaryArray.from_arrays(pa.array(windows.protein_N[part]), names),
                pa.array(windows.label_N[part]),
                pa.array(windows.cluster_N[part]),
                *_origin_columns(origin, part, len(rna_NL)),
                *(places.columns(part) if places else ()),
            ]
            file.write_table(pa.Table.from_arrays(columns, schema=schema))


def _origin_columns(origin: Origin | None, part: slice, n: int) -> list[Any]:
    if origin is None:
        return [pa.nulls(n, pa.dictionary(pa.int32(), pa.string())), pa.nulls(n, pa.int32())]
    files = pa.array(list(origin.files), pa.string())
    return [
        pa.DictionaryArray.from_arrays(pa.array(origin.file_N[part]), files),
        pa.array(origin.row_N[part]),
    ]


def _describe(
    draft: Path,
    windows: Windows,
    proteins: Sequence[Protein],
    made_by: MadeBy,
    labels: tuple[str, str],
) -> Manifest:
    name, negatives = labels
    rna_NL = windows.rna_NL
    shortest = min(int(lengths(rna_NL[part]).min()) for part in blocks(len(rna_NL)))
    table = canonical([asdict(protein) for protein in proteins])
    return Manifest(
        name=name,
        negatives=negatives,
        window_length=windows.rna_NL.shape[1],
        shortest_window=shortest if shortest < windows.rna_NL.shape[1] else None,
        windows=len(windows.rna_NL),
        positives=int(windows.label_N.sum(dtype=np.int64)),
        clusters=len(np.unique(windows.cluster_N)),
        proteins=len(proteins),
        protein_clusters=len({protein.cluster for protein in proteins}),
        coordinates_sha256=windows.coordinates.sha256() if windows.coordinates else None,
        proteins_sha256=hashlib.sha256(table.encode()).hexdigest(),
        parts={part: hash_file(draft / part) for part in (WINDOWS, PROTEINS, *ARRAYS.values())},
        made_by=made_by,
    )
