"""What `import rpbind` offers on the price of a study."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rpbind.api.calls import face
from rpbind.design.estimate import Estimate as Estimate
from rpbind.errors import UserError
from rpbind.studyfile.given import plain, spec_of
from rpbind.studyfile.priced import Machine, priced
from rpbind.studyfile.read import read_study, with_options
from rpbind.studyfile.spec import StudySpec


@face
def price(
    study: StudySpec | str | Path,
    *,
    data: str | Path | None = None,
    split: str | None = None,
    proteins: str | None = None,
    seeds: int | None = None,
    epochs: int | None = None,
    windows: int | None = None,
    cores: int | None = None,
    gpus: int = 0,
    gpus_per_run: float | None = None,
    rate: float | None = None,
    measure: bool = False,
) -> Estimate:
    """Estimate what a study would cost: runs, windows, FLOPs, bytes, time.

    Nothing is trained. The time is known only with a `rate` or with `measure`.

    Parameters
    ----------
    study
        The study (`rb.define_study`), or its file.
    data
        Dataset folder; without it, the simulated world or, with `windows`, one with the windows
        and proteins of eclip91 (101 nt, 91 proteins).
    split, proteins, seeds, epochs, gpus_per_run
        As of `rb.ablate`, where the study does not say them.
    windows
        How many windows there would be; their shares of the parts are those of the split.
    cores, gpus
        CPU cores or GPUs that the study would have; without either, this machine's cores.
    rate
        Windows/s of one run in training.
    measure
        Time a few steps of each model on this machine's CPU, as a dry run does.

    Returns
    -------
    Estimate
        The estimate; `record()` has all of it, `lines()` is what `rpbind price` prints.

    Raises
    ------
    UserError
        If the study cannot be run, or options contradict each other.

    Examples
    --------
    >>> study = define_study(reference="fixed", changes={"old": {"model.residual": False}})
    >>> price(study, windows=1_000_000, seeds=5).runs.runs
    20
    """
    for name, value in (("windows", windows), ("cores", cores), ("rate", rate)):
        if value is not None and not 0 < value < float("inf"):
            raise UserError(f"--{name} is a number above 0; got {value:g}.")
    if gpus_per_run is not None and not gpus:
        raise UserError("--gpus-per-run has no effect without --gpus. Add --gpus N.")
    machine = Machine(cores=cores, gpus=gpus, rate=rate, measure=measure)
    given: dict[str, Any] = {
        "data": data, "split": split, "proteins": proteins, "seeds": seeds, "epochs": epochs,
        "gpus_per_run": gpus_per_run,
    }  # fmt: skip
    given = {name: value for name, value in given.items() if value is not None}
    if isinstance(study, StudySpec):
        return priced(spec_of(plain(study), given), machine, windows)
    file = read_study(Path(study))
    return priced(with_options(file, given), machine, windows, file.source.place)
