"""Readers of files with protein vectors: HDF5, .npz, .pt and Parquet.

- **HDF5**: one dataset per protein, as UniProt and bio_embeddings write them; an attribute
  `original_id` is a name too. Datasets may be in groups.
- **.npz** and **.pt**: a dictionary from names to arrays or tensors; also a file of fair-esm's
  `extract.py`.
- **Parquet**: a column of names and a column of lists; a column `sequence` may be there too.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rpbind.errors import UserError, check_not_url
from rpbind.vectors.file import VectorFile, convert_pickle, unreadable
from rpbind.vectors.parquet import open_parquet

_PICKLES = (".pkl", ".pickle", ".p", ".joblib", ".npy")


def open_vectors(path: Path) -> VectorFile:
    """Open a file with protein vectors.

    Parameters
    ----------
    path
        The file, whose ending says the format, or a folder of fair-esm's `extract.py`.

    Returns
    -------
    VectorFile
        The open file.

    Raises
    ------
    UserError
        If it is missing, damaged, of another format, or would run code when it is read.
    """
    check_not_url("--from", path)
    if path.is_dir():
        return _open_folder(path)
    if not path.is_file():
        raise UserError(f"No file {path}. Expected a file with protein vectors: {KNOWN}.")
    ending = path.suffix.lower()
    if ending in _PICKLES:
        raise convert_pickle(path)
    if ending not in FORMATS:
        raise UserError(
            f"{path} has the ending {ending!r}; vectors are read from {KNOWN}. Convert it, or "
            "correct its name."
        )
    file = FORMATS[ending](path)
    if not file.names:
        raise UserError(f"{path} has no vectors. Expected one entry per protein.")
    return file


def _open_hdf5(path: Path) -> VectorFile:
    try:
        import h5py
    except ImportError:
        raise UserError(
            f"{path} is an HDF5 file, and the package h5py is not installed: pip install "
            "'rpbind[plm]'"
        ) from None
    names: dict[str, tuple[str, ...]] = {}

    def visit(key: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            original = item.attrs.get("original_id")
            if isinstance(original, bytes):
                original = original.decode(errors="replace")
            own = (key, key.rpartition("/")[2])  # a dataset in a group is named by its last part
            names[key] = tuple(dict.fromkeys(own if original is None else (str(original), *own)))

    try:
        file = h5py.File(path, "r")
        file.visititems(visit)
    except (OSError, RuntimeError, KeyError) as error:
        raise unreadable(path, "an HDF5 file", error) from None

    def load(key: str) -> NDArray[Any]:
        try:
            return np.asarray(file[key][()])
        except (OSError, RuntimeError, KeyError, TypeError) as error:
            raise unreadable(path, "an HDF5 file", f"{key}: {error}") from None

    return VectorFile(path, names, load)


def _open_npz(path: Path) -> VectorFile:
    try:
        file = np.load(path)
        if not isinstance(file, np.lib.npyio.NpzFile):
            raise ValueError("it holds a single array")
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise unreadable(path, "an .npz file", error) from None

    def load(key: str) -> NDArray[Any]:
        try:
            return np.asarray(file[key])
        except ValueError as error:
            if "Object arrays" in str(error):
                raise UserError(
                    f"{path}: '{key}' holds Python objects, and reading them runs whatever code is "
                    "in them. Save it with numpy.savez(file, **vectors), one array of numbers per "
                    "name."
                ) from None
            raise unreadable(path, "an .npz file", f"{key}: {error}") from None
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise unreadable(path, "an .npz file", f"{key}: {error}") from None

    return VectorFile(path, {key: (key,) for key in file.files}, load)


def _open_torch(path: Path) -> VectorFile:
    entries = _tensors(path)
    return VectorFile(path, {key: (key,) for key in entries}, lambda key: _array(entries[key]))


def _open_folder(path: Path) -> VectorFile:
    """Open what fair-esm's `extract.py` writes: a file per protein, named after it."""
    files = {str(file.relative_to(path)): file for file in sorted(path.rglob("*.pt"))}
    if not files:
        raise UserError(
            f"{path} is a folder without files .pt. Expected what extract.py of fair-esm writes, "
            f"or a file: {KNOWN}."
        )

    def load(key: str) -> NDArray[Any]:
        found = list(_tensors(files[key]).values())
        if len(found) != 1:
            raise UserError(
                f"{files[key]} has {len(found):,} tensors. In a folder, expected one protein per "
                "file, as extract.py of fair-esm writes it; give this file alone with --from."
            )
        return _array(found[0])

    return VectorFile(path, {key: (file.stem,) for key, file in files.items()}, load)


def _array(value: Any) -> NDArray[Any]:
    """Return a tensor of torch, or an array, as an array; numpy has no bfloat16."""
    if isinstance(value, np.ndarray):
        return value
    kept = value.detach()
    return np.asarray((kept.float() if str(kept.dtype) == "torch.bfloat16" else kept).numpy())


def _tensors(path: Path) -> dict[str, Any]:
    """Return the tensors or arrays in a file of torch by their names."""
    import torch

    numpy_types = [
        np.ndarray, np.dtype, np._core.multiarray._reconstruct,  # type: ignore[attr-defined]
        *(type(np.dtype(kind)) for kind in ("float16", "float32", "float64")),
    ]  # fmt: skip
    try:
        with torch.serialization.safe_globals(numpy_types):
            tree = torch.load(
                path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path)
            )
    except UnpicklingError as error:
        *_, why = (str(error).strip() or "no reason given").splitlines()
        raise UserError(
            f"{path} holds more than tensors, and reading it would run code, or it is damaged "
            f"({why[:200]}). Save a dictionary from names to tensors: torch.save({{name: tensor, "
            "...}, file)."
        ) from None
    except (RuntimeError, EOFError, LookupError, TypeError, ValueError, OSError) as error:
        raise unreadable(path, "a file of torch", error) from None
    entries = _of_extract(tree) if isinstance(tree, dict) else {}
    entries = entries or (tree if isinstance(tree, dict) else {})
    kinds = (torch.Tensor, np.ndarray)
    bad = [name for name, value in entries.items()
           if not isinstance(name, str) or not isinstance(value, kinds)]  # fmt: skip
    if not entries or bad:
        found = f"a {type(tree).__name__}"
        if bad:
            found = f"{bad[0]!r} with a {type(entries[bad[0]]).__name__}"
        raise UserError(
            f"{path} must hold a dictionary from names to tensors; it has {found}. Save it with "
            "torch.save({name: tensor, ...}, file)."
        )

    return dict(entries)


def _of_extract(tree: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the vectors in a file of fair-esm's `extract.py`, of its last layer."""
    for kind in ("representations", "mean_representations"):
        layers = tree.get(kind)
        if isinstance(layers, dict) and layers and isinstance(tree.get("label"), str):
            return {tree["label"]: layers[max(layers)]}
    return {}


FORMATS: dict[str, Callable[[Path], VectorFile]] = {
    ".h5": _open_hdf5,
    ".hdf5": _open_hdf5,
    ".npz": _open_npz,
    ".pt": _open_torch,
    ".pth": _open_torch,
    ".parquet": open_parquet,
}
"""The reader of each ending."""

KNOWN = f"{', '.join(list(FORMATS)[:-1])} or {list(FORMATS)[-1]}"
