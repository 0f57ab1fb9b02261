"""The experiments that a trained model knows: those whose names had training windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rpbind.counted import counted
from rpbind.gathering.experiments import experiment_codes
from rpbind.naming.protein_table import short_list
from rpbind.recipe.model import Model
from rpbind.train.inputs import Inputs
from rpbind.use.trained import TrainedModel


def with_experiments(trained: TrainedModel, inputs: Inputs) -> Inputs:
    """Return inputs with the experiments that a model knows from its training.

    Parameters
    ----------
    trained
        The model.
    inputs
        Inputs of any windows.

    Returns
    -------
    Inputs
        The same, with the model's codes for the names of their proteins.
    """
    names = [protein.id for protein in inputs.proteins]
    return replace(inputs, experiments=experiment_codes(names, _known(trained)))


def unknown_experiments(trained: TrainedModel, names: Sequence[str]) -> tuple[str, ...]:
    """Return a sentence on the experiments that a model with `model.experiment` does not know.

    Parameters
    ----------
    trained
        The model.
    names
        Names of the proteins that are scored.

    Returns
    -------
    tuple[str, ...]
        One sentence, or none.
    """
    config = trained.recipe.model
    if not isinstance(config, Model) or config.experiment is None:
        return ()
    codes_PD = experiment_codes(names, _known(trained))[config.experiment]
    new = [name for name, code_D in zip(names, codes_PD, strict=True) if not code_D.any()]
    if not new:
        return ()
    return (
        f"{counted(len(new), 'experiment', len(names), 'were')} not in "
        f"training ({short_list(new)}): the model scores them by their protein alone",
    )


def _known(trained: TrainedModel) -> list[str]:
    return [known.id for known in trained.proteins if known.windows]
