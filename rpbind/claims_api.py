"""What `import rpbind` offers on claim cards: verify one from its study's ledger."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rpbind.api.calls import face
from rpbind.api.study import Study, open_study
from rpbind.errors import UserError
from rpbind.findings.claim import Claim, Verification, parse_claim
from rpbind.ledger import Row

if TYPE_CHECKING:
    from rpbind.design.source import DataSource


@face
def verify(
    claim: str | Path,
    study: Study | str | Path | None = None,
    *,
    retrain: int = 0,
    data: str | Path | None = None,
) -> Verification:
    """Recompute a claim from the ledger of its study, and compare everything that the card says.

    Parameters
    ----------
    claim
        The card, such as `reports/STUDY/claims/conv-vs-fixed.json`.
    study
        The study, or its folder; without it, the study in whose folder `claims` the card is.
    retrain
        Number of seeds with which the arms of the claim are also trained again, outside the study,
        and compared bit for bit with the ledger.
    data
        The dataset's folder, where it is no longer where the study was run.

    Returns
    -------
    Verification
        `is_reproduced`, `differences` (a sentence each) and `notes`.

    Raises
    ------
    UserError
        If it is no card, there is no such study, or its runs cannot be trained again.

    Examples
    --------
    >>> rb.verify("reports/mine/claims/conv-vs-fixed.json").is_reproduced
    """
    path = Path(claim)
    card = parse_claim(_content(path), str(path))
    if retrain < 0:
        raise UserError(f"--retrain is a number of seeds, 0 or more; got {retrain}.")
    opened = open_study(path.absolute().parent.parent if study is None else study)
    from rpbind.findings.verify import recomputed

    differences = list(recomputed(card, opened.ledger))
    changed, notes = _data(card, opened, None if data is None else Path(data))
    found = Verification(card, (*differences, *changed), tuple(notes))
    if not retrain or found.differences:
        left = "" if not retrain else "nothing was trained again, because the card differs already"
        return replace(found, notes=(*found.notes, *([left] if left else [])))
    return _retrained(found, opened, retrain, None if data is None else Path(data))


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise UserError(
            f"There is no claim card {path}. A report writes cards to the folder claims/ of its "
            "study: rpbind report STUDY."
        )
    return path.read_bytes()


def _place(study: Study) -> Path | None:
    """Return the dataset folder that a study's file names; None for the simulated world."""
    from rpbind.studyfile.read import read_study

    spec = read_study(study.folder / "study.toml").spec
    return None if spec.data is None else Path(spec.data)


def _data(card: Claim, study: Study, data: Path | None) -> tuple[list[str], list[str]]:
    """Return what is wrong with the dataset on this machine, and what could not be examined."""
    from rpbind.data.dataset import Dataset

    given = data is not None
    try:
        folder = data or _place(study)
    except UserError:
        return [], ["the data were not examined, because the study has no study.toml"]
    if folder is None or not (given or folder.exists()):
        where = f"{folder} is not here" if folder else "they are simulated"
        return [], [f"the data were not examined: {where}"]
    dataset = Dataset.open(folder)
    if (there := f"{dataset.manifest.name} {dataset.id}") != card.dataset:
        return [f"the data: {folder} is {there}, and the card says {card.dataset}"], []
    try:
        dataset.verify()
    except UserError as error:
        return [f"the data: {error}"], []
    return [], []


def _retrained(found: Verification, study: Study, seeds: int, data: Path | None) -> Verification:
    """Train one or more seeds of the claim's arms again, in a folder that is removed then."""
    rows = list(_rows(found.card, study, seeds))
    source = _source(study, data)
    from rpbind.study.retrain import retrain
    from rpbind.terminal import phase

    training = phase(f"training {len(rows)} runs again")
    with training, tempfile.TemporaryDirectory(prefix="rpbind-verify-") as scratch:
        again = retrain(rows, study.plan, source, Path(scratch))
    return replace(
        found,
        differences=again.differences,
        notes=(*found.notes, *again.notes),
        retrained=again.equal,
    )


def _rows(card: Claim, study: Study, seeds: int) -> Iterator[Row]:
    """Yield the rows of the first seeds with which all arms of a claim are done."""
    mine = [row for row in study.ledger.rows("ablation") if row.run in card.rows]
    arms = {row.arm for row in mine}
    done = [row for row in mine if row.state == "done"]
    whole = sorted(
        s for s in {r.seed for r in done} if {r.arm for r in done if r.seed == s} == arms
    )
    if len(whole) < seeds:
        raise UserError(
            f"--retrain {seeds} needs {seeds} seeds with which every arm of the claim is done; "
            f"there are {len(whole)}."
        )
    for row in done:
        if row.seed in whole[:seeds]:
            if row.provenance.get("workers", "1") != "1":
                raise UserError(
                    f"The run {row.run} was trained by {row.provenance['workers']} workers, and "
                    "--retrain trains in one process. Verify without --retrain."
                )
            yield row


def _source(study: Study, data: Path | None) -> DataSource:
    """Return the data of a study, with its split."""
    from rpbind.design.source import open_source
    from rpbind.parts.contents import FOLDER, seek_in
    from rpbind.studyfile.read import read_study

    seek_in(study.folder / FOLDER)  # the study's copies of the user's own classes
    file = study.folder / "study.toml"
    if not file.exists():
        raise UserError(
            f"{study.folder} has no study.toml, which says on which data its runs were trained. "
            "Run its command again: it writes the file and keeps the rows."
        )
    spec = read_study(file).spec
    found = open_source(data or (None if spec.data is None else Path(spec.data)), spec.split)
    if found.split_name != study.plan.split:
        raise UserError(
            f"The split here is {found.split_name}, and the runs had {study.plan.split}. Give "
            "the folder of the same dataset with --data."
        )
    return found
