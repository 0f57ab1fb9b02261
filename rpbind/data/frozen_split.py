"""Frozen splits: made once, kept in `splits/<id>/` of the dataset's folder, and read from there."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from rpbind.data.dataset import Dataset
from rpbind.data.splits import PartSummary, Rule, Split, SplitSpec, hash_parts, make_split
from rpbind.errors import UserError, reason
from rpbind.files.arrays import load_array, save_array
from rpbind.files.atomic import errors_name
from rpbind.files.draft import explain_denied_write
from rpbind.history import add_step


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    dataset: str
    rule: Rule
    ratio: tuple[int, int, int]
    seed: int
    sha256: str
    parts: dict[str, PartSummary]


def load_split(dataset: Dataset, spec: SplitSpec) -> Split:
    """Read the frozen split of a dataset; make and freeze it if it does not exist yet.

    Parameters
    ----------
    dataset
        The dataset.
    spec
        How to split it.

    Returns
    -------
    Split
        The split.

    Raises
    ------
    UserError
        If the frozen split was changed or belongs to another dataset; for a new split, also if
        the dataset was changed or cannot be split so.
    """
    folder = dataset.root / "splits" / spec.id_for(dataset.manifest.negatives)
    if not folder.exists():
        dataset.verify()
        command = f"rpbind split {dataset.root} --rule {spec.rule} --seed {spec.seed}"
        with explain_denied_write(dataset.root, f"The split {folder.name}", command):
            _freeze(make_split(dataset, spec), folder, dataset.root)
    return _read(folder, dataset, spec)


def _freeze(split: Split, folder: Path, root: Path) -> None:
    record = _Record(
        id=split.id,
        dataset=split.dataset_id,
        rule=split.spec.rule,
        ratio=split.spec.ratio,
        seed=split.spec.seed,
        sha256=split.sha256,
        parts=split.summary,
    )
    draft = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    try:
        with errors_name(folder, draft):
            draft.mkdir(parents=True)
            save_array(draft / "part.npy", split.part_N)
            (draft / "split.json").write_text(record.model_dump_json(indent=1))
            add_step(
                root, "split", {"data": root, "rule": split.spec.rule, "seed": split.spec.seed}
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
    )
