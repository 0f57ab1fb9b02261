"""Frozen splits: made once, kept in `splits/<id>/` of the dataset's folder, and read from there."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from rpbind.data.dataset import Dataset
from rpbind.data.split_advice import NEEDS_BOTH, ONE_CLASS
from rpbind.data.splits import PartSummary, Split, SplitSpec, hash_parts, make_split
from rpbind.errors import UserError, reason
from rpbind.files.arrays import load_array, save_array
from rpbind.files.atomic import errors_name
from rpbind.files.draft import explain_denied_write
from rpbind.history import add_step


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    dataset: str
    rule: str
    ratio: tuple[int, int, int]
    seed: int
    sha256: str
    parts: dict[str, PartSummary]
    name: str = ""
    folds: int = 0
    fold: int | None = None
    note: str = ""


def load_split(dataset: Dataset, spec: SplitSpec, *, one_class: bool = False) -> Split:
    """Read the frozen split of a dataset; make and freeze it if it does not exist yet.

    Parameters
    ----------
    dataset
        The dataset.
    spec
        How to split it. For all folds, the first one is returned.
    one_class
        Whether a saved split is read even where every window is bound, so that none can train.

    Returns
    -------
    Split
        The split.

    Raises
    ------
    UserError
        If the frozen split was changed or belongs to another dataset, or if there is no saved
        split of that name; for a new split, also if the dataset was changed or cannot be split so.
    """
    spec = spec.of_run(0)
    folder = folder_of(dataset, spec)
    if not folder.exists():
        if spec.rule == "given":
            raise UserError(
                f"{dataset.root} has no saved split '{spec.name}'. Save it with `rpbind split "
                f"{dataset.root} --from FILE --name {spec.name}`."
            )
        dataset.verify()
        command = f"rpbind split {dataset.root} --rule {spec.text} --seed {spec.seed}"
        with explain_denied_write(dataset.root, f"The split {folder.name}", command):
            freeze(make_split(dataset, spec), folder, dataset.root)
    if spec.rule == "given" and not one_class and dataset.manifest.positives == len(dataset):
        raise UserError(f"{ONE_CLASS[1]} in {dataset.root}: {NEEDS_BOTH}")
    return _read(folder, dataset, spec)


def folder_of(dataset: Dataset, spec: SplitSpec) -> Path:
    """Return the folder of a frozen split, which need not exist.

    Parameters
    ----------
    dataset
        The dataset.
    spec
        One split of it, not all folds.

    Returns
    -------
    Path
        The folder.
    """
    if spec.rule == "given":
        return named_folder(dataset.root, spec.name)
    return dataset.root / "splits" / spec.id_for(dataset.manifest.negatives)


def named_folder(root: Path, name: str) -> Path:
    """Return the folder of a saved split of the dataset in folder `root`; it need not exist."""
    return root / "splits" / f"given-{name}"


def freeze(split: Split, folder: Path, root: Path) -> None:
    """Write a split to its folder, whole or not at all; does nothing if another process has.

    Parameters
    ----------
    split
        The split.
    folder
        See `folder_of`.
    root
        Folder of the dataset, whose history gets a line.
    """
    record = _Record(
        id=split.id,
        dataset=split.dataset_id,
        rule=split.spec.rule,
        ratio=split.spec.ratio,
        seed=split.spec.seed,
        sha256=split.sha256,
        parts=split.summary,
        name=split.spec.name,
        folds=split.spec.folds,
        fold=split.spec.fold,
        note=split.note,
    )
    draft = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    try:
        with errors_name(folder, draft):
            draft.mkdir(parents=True)
            save_array(draft / "part.npy", split.part_N)
            (draft / "split.json").write_text(
                record.model_dump_json(indent=1, exclude_defaults=True)
            )
            if split.spec.rule != "given":  # whose command knows its file
                add_step(
                    root, "split", {"data": root, "rule": split.spec.text, "seed": split.spec.seed}
                )
            draft.rename(folder)
    except OSError:
        if not folder.exists():  # otherwise another process has frozen the same split
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _read(folder: Path, dataset: Dataset, spec: SplitSpec) -> Split:
    try:
        record = _Record.model_validate_json((folder / "split.json").read_bytes())
        part_N = load_array(folder / "part.npy")
    except (OSError, ValueError, EOFError) as error:
        raise UserError(
            f"{folder} is not a readable split ({reason(error)}). Delete it to make it again."
        ) from None
    if record.dataset != dataset.id:
        raise UserError(
            f"{folder} was made for dataset {record.dataset}, and this is {dataset.id}. Delete it "
            "to make it again."
        )
    if hash_parts(part_N) != record.sha256 or len(part_N) != len(dataset):
        raise UserError(f"{folder} has changed since it was frozen. Delete it to make it again.")
    part_N.flags.writeable = False
    return Split(
        id=record.id,
        dataset_id=record.dataset,
        spec=spec,
        sha256=record.sha256,
        summary=record.parts,
        part_N=part_N,
        note=record.note,
    )
