"""Where a trained model lies: the names of the files in its folder, and how to find models."""

from __future__ import annotations

from pathlib import Path

from rpbind.errors import UserError
from rpbind.files.atomic import list_folder

DESCRIPTION, WEIGHTS = "model.json", "model.safetensors"
RECIPE, PROTEINS, CARD = "recipe.json", "proteins.json", "card.md"
PARTS = "parts"
"""Subfolder with the files of custom parts, if the model has any."""

EXPECTED_MODEL = (
    "Give the model folder that every finished run of a study writes: reports/STUDY/runs/RUN."
)
"""Advice of errors about models."""


SHOWN = 10
"""At most this many models of a study are in an error."""


def is_model(path: Path) -> bool:
    """Whether a path is a model: the folder of a run, or the file RUN.pt of version 0.1.0.

    Parameters
    ----------
    path
        Any path.

    Returns
    -------
    bool
        False also for a folder that holds something else.
    """
    if path.is_dir():
        return (path / DESCRIPTION).is_file() or (path / WEIGHTS).is_file()
    return path.is_file()


def check_model(path: Path) -> None:
    """Check that there is a model, before torch is imported to read it.

    Parameters
    ----------
    path
        Model folder, or model file of version 0.1.0.

    Raises
    ------
    UserError
        If there is none.
    """
    if path.name in (DESCRIPTION, WEIGHTS, RECIPE, PROTEINS, CARD) and is_model(path.parent):
        raise UserError(f"{path} is a file of a model. Give its folder, {path.parent}.")
    study = path.parent if path.name == "runs" else path
    models = models_of_study(study) if (study / "runs").is_dir() and not is_model(path) else []
    if models:
        names = ", ".join(str(each) for each in models[:SHOWN])
        more = f" and {len(models) - SHOWN} more" if len(models) > SHOWN else ""
        raise UserError(f"{path} is a study, not a model. Name one of its runs: {names}{more}.")
    if not is_model(path):
        raise UserError(f"There is no model {path}. {EXPECTED_MODEL}")


def damaged_model(path: Path, why: str) -> UserError:
    """Return the error of a model that cannot be used.

    Parameters
    ----------
    path
        The model, or one of its files.
    why
        What is wrong with it.

    Returns
    -------
    UserError
        With the advice to take another model.
    """
    return UserError(f"{path} is damaged: {why}. {EXPECTED_MODEL}")


def models_of_study(study: Path) -> list[Path]:
    """List the models of a study.

    Parameters
    ----------
    study
        The study's folder.

    Returns
    -------
    list of Path
        Model folders, and model files of version 0.1.0, sorted by name.
    """
    runs = study / "runs"
    old = [file for file in list_folder(runs, "*.pt") if ".unfinished" not in file.name]
    return sorted([*(f.parent for f in runs.glob(f"[!.]*/{DESCRIPTION}")), *old])


def run_of_model(path: Path) -> str:
    """Return the name of the run that left a model.

    Parameters
    ----------
    path
        Its folder, or its file of version 0.1.0.

    Returns
    -------
    str
        The run's name in the ledger, if nobody has renamed the folder.
    """
    return path.name if path.is_dir() else path.stem
