"""The doctor: is a model alive? Of a recipe, a trained model, or every model of a study."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import is_zipfile

from rpbind.api.calls import face
from rpbind.api.dataset import Dataset, load_dataset
from rpbind.api.model import Model
from rpbind.api.study import Study
from rpbind.errors import UserError, check_no_yaml
from rpbind.ledger import Finding, Ledger, Row
from rpbind.recipe import Recipe
from rpbind.recipe.files import read_recipe
from rpbind.recipe.presets import PRESETS
from rpbind.saved.places import is_model, models_of_study, run_of_model
from rpbind.terminal import loading, progress

if TYPE_CHECKING:
    import pandas as pd

    from rpbind.data.world import World
    from rpbind.doctor.diagnosis import Diagnosis as Diagnosis
    from rpbind.train.opened import OpenData


@dataclass(frozen=True)
class Checkup:
    """What the doctor found.

    Parameters
    ----------
    models
        A diagnosis per model.
    """

    models: tuple[Diagnosis, ...]

    @property
    def has_error(self) -> bool:
        """Whether a finding is an error."""
        return any(one.has_error for one in self.models)

    def findings(self) -> pd.DataFrame:
        """Return the findings.

        Returns
        -------
        pandas.DataFrame
            A row per model and finding: `severity`, `name`, what was `measured`, the `threshold`
            and its `reason`, and `advice`; empty if every model is alive.
        """
        import pandas as pd

        columns = ["model", *Finding.model_fields]
        rows = [{"model": m.model} | one.model_dump() for m in self.models for one in m.findings]
        return pd.DataFrame(rows, columns=columns)

    def measures(self) -> pd.DataFrame:
        """Return the measures.

        Returns
        -------
        pandas.DataFrame
            A row per measure, in words, and a column per model.
        """
        import pandas as pd

        return pd.DataFrame({model.model: model.measures() for model in self.models})

    def _repr_html_(self) -> str:
        """Show findings and measures in a notebook."""
        found = self.findings()
        shown = "<p>No findings.</p>" if found.empty else found.to_html(index=False)
        return str(shown + self.measures().to_html(float_format="{:.3g}".format, na_rep="–"))


@face
def doctor(
    subject: Recipe | Model | Study | str | Path,
    data: Dataset | str | Path | None = None,
    *,
    trust: bool = False,
) -> Checkup:
    """Test whether a model's logits react to each input, gradients arrive and it can fit a batch.

    Parameters
    ----------
    subject
        A recipe, a preset's name or a recipe's file, which is examined before training; a trained
        model or its folder; or a study or its folder, of which every model is examined.
    data
        Dataset to examine on; without it, a simulated world.
    trust
        Whether classes that a trained model's author has brought may be imported, which runs their
        code.

    Returns
    -------
    Checkup
        `findings()` and `measures()` are tables; `has_error` says whether a model is dead.

    Raises
    ------
    UserError
        If `subject` is none of these, a trained model is examined on other data than its own, or
        it has code that is not trusted.

    Examples
    --------
    >>> rb.doctor("old").findings()
    """
    return Checkup(tuple(diagnoses(subject, data, trust=trust)))


def diagnoses(
    subject: Recipe | Model | Study | str | Path,
    data: Dataset | str | Path | None = None,
    *,
    trust: bool = False,
) -> Iterator[Diagnosis]:
    """Examine one model after another; arguments and errors as of `doctor`.

    Yields
    ------
    Diagnosis
        As soon as a model is examined.
    """
    opens = cache(lambda: _open_data(data))
    named = data is not None
    if isinstance(subject, Recipe):
        yield _examine_recipe(subject, f"recipe {subject.id}", data)
        return
    if isinstance(subject, str) and subject in PRESETS:
        yield _examine_recipe(PRESETS[subject], subject, data)
        return
    path = {Model: "path", Study: "folder"}.get(type(subject), "")
    place = Path(getattr(subject, path) if path else str(subject))
    if place.suffix in (".json", ".toml"):
        yield _examine_recipe(read_recipe(place), place.name, data)
    elif place.is_dir() and not is_model(place):
        Ledger(place).plan  # noqa: B018 - raises UserError if the folder holds no study
        runs = models_of_study(place)
        if not runs:
            raise UserError(
                f"{place} has no model in runs/: none of its runs is done. Let a run finish, then "
                "examine the study."
            )
        for run in runs:
            yield _examine_model(run, opens, named=named, trust=trust)
    else:
        _check_kind(place)
        yield _examine_model(place, opens, named=named, trust=trust)


def _open_data(data: Dataset | str | Path | None, world: World | None = None) -> OpenData:
    from rpbind.design.source import MAIN, simulated

    return simulated(world=world or MAIN) if data is None else load_dataset(data).opened


def _check_kind(subject: Path) -> None:
    """Raise `UserError` if a file is neither a recipe nor a model by its name and content."""
    check_no_yaml("A recipe", subject)
    if subject.is_file() and subject.suffix != ".pt" and not is_zipfile(subject):
        raise UserError(
            f"{subject} is not a recipe (.toml, .json), a model folder or a study folder. If "
            "it is a recipe, give the file the ending of its format."
        )


def _examine_recipe(recipe: Recipe, name: str, data: Dataset | str | Path | None) -> Diagnosis:
    from rpbind.data.splits import SplitSpec
    from rpbind.data.world import World

    with loading("torch"):
        from rpbind.doctor.diagnosis import diagnose_recipe

    # without data, a simulated world with windows of 101 nt, as the original model's
    world = World(proteins=12, sites=24, length=101)
    inputs = _open_data(data, world).inputs(SplitSpec(), recipe.proteins)
    with progress(f"examining {name}"):
        return diagnose_recipe(recipe, name, inputs)


def _examine_model(
    file: Path, opens: Callable[[], OpenData], *, named: bool, trust: bool
) -> Diagnosis:
    """Examine a trained model; `named` is whether the user gave the dataset."""
    with loading("torch"):
        from rpbind.doctor.diagnosis import Diagnosis as Diagnosis
    from rpbind.doctor.examine import add_curve, examine_trained
    from rpbind.train.loop import Training
    from rpbind.train.machine import Machine
    from rpbind.use.compatibility import EvaluationTarget, matching_inputs
    from rpbind.use.trained import TrainedModel

    trained = TrainedModel.open(file, trust=trust)
    its = trained.provenance["dataset"]
    if not named and opens().dataset.id != its.split()[-1]:
        raise UserError(
            f"{file.name} was trained on {its}, and a model is examined on the dataset it was "
            "trained on. Give that dataset's folder with --data."
        )
    advice = f"A model is examined on the dataset it was trained on, {its}: give it with --data."
    inputs, _ = matching_inputs(trained, EvaluationTarget(opens()), advice)
    training = Training(trained.recipe, trained.seed, inputs, Machine(threads=trained.threads))
    training.model.load_state_dict(trained.model.state_dict())
    with progress(f"examining {file.name}"):
        examined = add_curve(examine_trained(training), _row_of(file))
    return Diagnosis(f"{file.name}, after training", dict(examined.measured), examined.findings)


def _row_of(file: Path) -> Row | None:
    """Return the ledger row of a model, or None if it no longer lies in its study's runs/."""
    study = file.absolute().parent.parent
    if not (study / "plan.json").exists():
        return None
    ledger = Ledger(study)
    rows = (*ledger.rows("ablation"), *ledger.rows("control"))
    return next((row for row in rows if row.run == run_of_model(file)), None)
